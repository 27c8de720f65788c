// npm start: sets up what is out of date, runs the server, restarts it when it fails, and installs the training engine in
// parallel.
import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { explain } from './progress.mjs';
import { setUp } from './setup.mjs';
import { supervise } from './supervise.mjs';

const SERVER = fileURLToPath(new URL('../dist/server/main.js', import.meta.url));

process.setSourceMapsEnabled(true);
// From Node 22.1, the server and its worker keep their compiled code there, and start faster.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../.cache/compiled', import.meta.url));
try {
  await setUp();
} catch (error) {
  explain(error);
  process.exit(1);
}

stopWithNpm();
process.exit(await supervise(SERVER, { onReady: installTensorFlowMeanwhile }));

/** If npm is killed, its child processes keep running, and a running server would block the port for the next start. */
function stopWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) process.kill(process.pid, 'SIGTERM');
  }, 250).unref();
}

/** Runs in a separate process that does not keep this one alive and exits with it. The server runs even if it fails. */
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
