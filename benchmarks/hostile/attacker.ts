// A process that attacks the server, so that its own work does not delay the measurement. It runs at a low priority, because an
// attacker's processor is not the server's.
import { once } from 'node:events';
import os from 'node:os';
import { z } from 'zod';
import { createTestClient } from '../../server/http/testing.js';
import { loadImages, markedImage } from '../serving/images.js';
import { attacks } from './attacks.js';

const LOW_PRIORITY = 15;
const [url = '', email = '', password = '', largeId = ''] = process.argv.slice(2);
const Order = z.object({ attack: z.string() });

os.setPriority(LOW_PRIORITY);
process.once('disconnect', () => process.exit(1)); // the benchmark has exited
const attacker = createTestClient(url);
await attacker.signIn({ email, password });
const images = await loadImages(null);
const run = 1 + (Date.now() % 2 ** 40); // other marks than those of the benchmark
let counter = 0;
const newImage = () => markedImage(images[counter % images.length] ?? Buffer.alloc(0), run, counter++);

process.send?.('ready');
for (;;) {
  const [{ attack: name }] = z
    .tuple([Order])
    .rest(z.unknown())
    .parse(await once(process, 'message'));
  const attack = attacks[name];
  if (!attack) throw new Error('There is no such attack.');
  const stop = new AbortController();
  const stopping = once(process, 'message').then(() => stop.abort());
  await attack({ url, attacker, largeId, newImage }, stop.signal);
  await stopping;
  process.send?.('stopped');
}
