// npm start: set up what is stale, run the server and start it again when it fails, install the training engine meanwhile.
import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { explain } from './progress.mjs';
import { setUp } from './setup.mjs';
import { supervise } from './supervise.mjs';

const SERVER = fileURLToPath(new URL('../dist/server/main.js', import.meta.url));

process.setSourceMapsEnabled(true);
try {
  await setUp();
} catch (error) {
  explain(error);
  process.exit(1);
}

stopWithNpm();
process.exit(await supervise(SERVER, { onReady: installTensorFlowMeanwhile }));

/** An npm that is killed outright takes nothing with it, and a server that went on would hold the port against the next start. */
function stopWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) process.kill(process.pid, 'SIGTERM');
  }, 250).unref();
}

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
