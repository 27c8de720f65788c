import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withLock } from './lock.mjs';

let folder;
let file;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'));
  file = path.join(folder, 'deep', 'lock');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const otherProcess = `
  import { withLock } from ${JSON.stringify(path.resolve('scripts/lock.mjs'))};
  await withLock(process.argv[1], async () => {
    console.log('held');
    await new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve));
  });
  process.exit();
`;

/** Another process that holds the lock until it is released. */
async function holder() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', otherProcess, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { child, ended };
}

test('waits for the process that holds it, and says so once', async () => {
  const { child, ended } = await holder();
  const events = [];
  const waiting = withLock(
    file,
    () => events.push('in'),
    () => {
      events.push('waits');
      setTimeout(() => {
        events.push('released');
        child.stdin.end();
      }, 500);
    },
  );
  await waiting;
  await ended;
  expect(events).toEqual(['waits', 'released', 'in']);
});

test('continues when the holder was killed', async () => {
  const { child, ended } = await holder();
  child.kill('SIGKILL');
  await ended;
  expect(fs.existsSync(file)).toBe(true);
  const unexpected = () => {
    throw new Error('waits');
  };
  await expect(withLock(file, () => 'in', unexpected)).resolves.toBe('in');
  expect(fs.existsSync(file)).toBe(false);
});

test('continues when the process id of the holder now belongs to another program', async () => {
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, '1');
  fs.utimesSync(file, new Date(0), new Date(0));
  await expect(withLock(file, () => 'in')).resolves.toBe('in');
});

test('is released when the work fails', async () => {
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withLock(file, () => 'in')).resolves.toBe('in');
});
