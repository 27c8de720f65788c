// npm start: set up what is stale, run the server in this process, install the training engine meanwhile.
import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { explain } from './progress.mjs';
import { setUp } from './setup.mjs';

process.setSourceMapsEnabled(true);
try {
  await setUp();
} catch (error) {
  explain(error);
  process.exit(1);
}

const { main } = await import('../dist/server/main.js');
await main();
installTensorFlowMeanwhile();

/** In a process of its own, which does not keep this one alive and ends with it. Serving goes on whether or not it succeeds. */
function installTensorFlowMeanwhile() {
  const script = fileURLToPath(new URL('install-tensorflow.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    readline.createInterface({ input: stream }).on('line', (line) => console.log(line));
    stream.unref();
  }
  child.unref();
  process.once('exit', () => child.kill());
}
