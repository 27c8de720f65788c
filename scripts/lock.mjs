import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 1_000;
const ABANDONED_MS = 20_000;

/**
 * Runs `work` while no other process holds the lock file `file`; `onWait` is called once if it has to wait. The lock of a
 * killed process is ignored: the process no longer exists, or the file is no longer touched (process ids are reused, in
 * containers immediately).
 */
export async function withLock(file, work, onWait = () => {}) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let waited = false; !tryLock(file); await sleep(200)) {
    if (!waited) onWait();
    waited = true;
  }
  const heartbeat = setInterval(() => fs.utimes(file, new Date(), new Date(), () => {}), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    fs.rmSync(file, { force: true });
  }
}

function tryLock(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAbandoned(file)) return false;
  fs.rmSync(file, { force: true });
  return tryLock(file);
}

function isAbandoned(file) {
  try {
    const holder = Number(fs.readFileSync(file, 'utf8'));
    if (Date.now() - fs.statSync(file).mtimeMs > ABANDONED_MS) return true;
    if (!holder) return false; // it is being written now
    process.kill(holder, 0);
    return holder === process.pid;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
