import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SUPERVISE = new URL('supervise.mjs', import.meta.url);

let folder;
const children = [];
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cytograph-supervise-'))));
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Supervises the program `lines`, which finds in `starts` how often it has been started, from 1. */
function supervised(lines, flags = []) {
  const program = path.join(folder, 'program.mjs');
  const count = JSON.stringify(path.join(folder, 'count'));
  fs.writeFileSync(
    program,
    `import fs from 'node:fs'; fs.appendFileSync(${count}, 'x'); const starts = fs.readFileSync(${count}, 'utf8').length;\n` +
      `console.log('start ' + starts);\n${lines}`,
  );
  const source =
    `import { supervise } from ${JSON.stringify(SUPERVISE)};\n` +
    `process.exit(await supervise(${JSON.stringify(program)}, { onReady: () => console.log('ready') }));`;
  const main = path.join(folder, 'main.mjs');
  fs.writeFileSync(main, source);
  const child = spawn(process.execPath, [...flags, main]);
  children.push(child);
  const run = { child, output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (run.output += chunk));
  run.exit = once(child, 'exit').then(([code, signal]) => code ?? signal);
  run.says = async (pattern) => {
    while (!pattern.test(run.output)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  run.starts = () => fs.readFileSync(path.join(folder, 'count'), 'utf8').length;
  return run;
}

test.each([
  ['killed', `process.kill(process.pid, 'SIGKILL')`, 'killed by SIGKILL'],
  ['stopped by an error', 'process.exit(70)', 'exit code 70'],
])('a program that is %s is restarted, and reports ready once', async (_what, end, how) => {
  const run = supervised(`process.send('ready', () => { if (starts < 3) ${end}; else process.exit(0); });`);
  expect(await run.exit).toBe(0);
  expect(run.starts()).toBe(3);
  expect(run.output).toContain(how);
  expect(run.output.match(/^ready$/gm)).toHaveLength(1);
});

test('a program that cannot start is not restarted', async () => {
  const run = supervised('process.exit(1);');
  expect(await run.exit).toBe(1);
  expect(run.starts()).toBe(1);
});

test('a program that keeps failing is given up after five restarts, with a message', async () => {
  const run = supervised('process.exit(70);');
  expect(await run.exit).toBe(70);
  expect(run.starts()).toBe(6);
  expect(run.output).toMatch(/after 5 restarts within a minute, and is not restarted/);
});

test.each(['SIGINT', 'SIGTERM'])('%s reaches the program, whose exit code counts', async (signal) => {
  const run = supervised(
    `process.on('${signal}', () => process.exit(5)); setInterval(() => {}, 1000); console.log('waits');`,
  );
  await run.says(/waits/);
  run.child.kill(signal);
  expect(await run.exit).toBe(5);
  expect(run.starts()).toBe(1);
});

test('the program runs with the flags of its supervisor', async () => {
  const run = supervised('console.log(process.execArgv.join(" ")); process.exit(0);', [
    '--max-semi-space-size=4',
  ]);
  expect(await run.exit).toBe(0);
  expect(run.output).toContain('--max-semi-space-size=4');
});

test('a program is notified when its supervisor is killed', async () => {
  const gone = path.join(folder, 'gone');
  const run = supervised(
    `process.on('disconnect', () => { fs.writeFileSync(${JSON.stringify(gone)}, ''); process.exit(0); }); console.log('waits');`,
  );
  await run.says(/waits/);
  run.child.kill('SIGKILL');
  while (!fs.existsSync(gone)) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fileURLToPath(SUPERVISE)).toMatch(/supervise/);
});
