import { setTimeout as sleep } from 'node:timers/promises';
import { markedImage } from './images.js';
import { measuredArtifact } from './network.js';
import type { Part } from './report.js';
import { type ServerUnderLoad, startServerUnderLoad } from './server-under-load.js';
import { distributionOf } from './statistics.js';
import type { Workbench } from './workbench.js';

const VERSIONS = 50;
const ROUNDS = 5;
const MOST_SECONDS = { start: 2.5, afterKill: 3 };
const ASK_EVERY_MS = 20;

/** From the start of the server's process to its first answer, with many versions registered: after a stop, and after kill -9. */
export async function measureStart(bench: Workbench): Promise<Part> {
  const { site, options } = bench;
  for (let seed = 3; seed <= VERSIONS; seed++) await site.register(measuredArtifact(options.small, seed));
  const seconds = { start: [] as number[], afterKill: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    bench.say(`start ${round + 1}`);
    const first = await startUntilAnswer(bench, 2 * round);
    seconds.start.push(first.seconds);
    await first.server.kill();
    const second = await startUntilAnswer(bench, 2 * round + 1);
    seconds.afterKill.push(second.seconds);
    await second.server.stop();
  }
  const row = (figure: string, values: readonly number[], most: number) => {
    const { p50, max } = distributionOf(values);
    return {
      figure: `${figure}: from the start of the process to the first answer, median and most`,
      measured: `${p50.toFixed(2)} and ${max.toFixed(2)} s`,
      aim: `≤ ${most} s`,
      met: p50 <= most,
    };
  };
  return {
    rows: [
      row(`${VERSIONS} versions`, seconds.start, MOST_SECONDS.start),
      row('after kill -9', seconds.afterKill, MOST_SECONDS.afterKill),
    ],
    data: seconds,
  };
}

async function startUntilAnswer(
  { site, token, images }: Workbench,
  counter: number,
): Promise<{ server: ServerUnderLoad; seconds: number }> {
  const start = performance.now();
  const server = await startServerUnderLoad(site.settings);
  const image = new Uint8Array(markedImage(images[0] ?? Buffer.alloc(0), 1, counter));
  for (;;) {
    const form = new FormData();
    form.append('image', new Blob([image]), 'cell.jpg');
    const { ok } = await fetch(`${server.url}/predict`, {
      ...{ method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form },
    });
    if (ok) return { server, seconds: (performance.now() - start) / 1000 };
    await sleep(ASK_EVERY_MS);
  }
}
