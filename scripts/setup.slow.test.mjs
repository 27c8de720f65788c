import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NOBODY = 65534;
const isRoot = process.getuid() === 0;

let folder;
let undo = () => {};

/** A copy of this clone, set up, without the web app and the packages, which are not needed while they are up to date. */
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'set-up-'));
  const parts = [
    'scripts',
    'server',
    'evaluation',
    'training',
    'worker',
    'benchmarks',
    'clients',
    'prisma',
    'prisma.config.ts',
    '.swcrc',
  ];
  const made = [
    'dist/server',
    'dist/evaluation',
    'dist/training',
    'dist/worker',
    'dist/benchmarks',
    'dist/clients',
    '.cache/setup.json',
    'node_modules/.package-lock.json',
  ];
  for (const part of [...parts, ...made, 'package.json', 'package-lock.json']) {
    fs.cpSync(path.join(ROOT, part), path.join(folder, part), { recursive: true });
  }
});
afterEach(async () => {
  await allow('u+rwX');
  undo();
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const allow = (mode) => promisify(execFile)('chmod', ['-R', mode, folder]);

/** Sets up as a user who may only read the folder. */
async function setUpReadOnly() {
  await allow(isRoot ? 'go+rX,go-w' : 'a-w');
  const program = `import(${JSON.stringify(path.join(folder, 'scripts/setup.mjs'))}).then(async ({ setUp }) => {
    const { explain } = await import(${JSON.stringify(path.join(folder, 'scripts/progress.mjs'))});
    await setUp({ web: 'none' }).catch((error) => { explain(error); process.exitCode = 1; });
  });`;
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  return promisify(execFile)(process.execPath, ['-e', program], { cwd: '/', ...user }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, said: stdout + stderr }),
  );
}

/** Changes a file's text, or removes the file, until the test has ended. */
function change(file, to) {
  const location = path.join(folder, file);
  const text = fs.readFileSync(location, 'utf8');
  undo = () => fs.writeFileSync(location, text);
  if (to) fs.writeFileSync(location, to(text));
  else fs.rmSync(location);
}

test('a folder that may not be written is ready where nothing is stale', async () => {
  expect(await setUpReadOnly()).toEqual({ code: 0, said: '' });
});

test.each([
  ['Compiling the server', () => change('server/log.ts', (text) => `${text}\n`)],
  ['Generating the database client', () => change('prisma/schema.prisma', (text) => `${text}\n`)],
  [
    'Installing packages',
    () =>
      change('node_modules/.package-lock.json', (text) =>
        text.replace(/("node_modules\/zod": \{\s+"version": )"[^"]+"/, '$1"0.0.1"'),
      ),
  ],
  ['Compiling the server', () => change('dist/server/main.js')],
])('a folder that may not be written says that "%s" is needed, and by whom', async (title, makeStale) => {
  makeStale();
  const { code, said } = await setUpReadOnly();
  expect(code).toBe(1);
  expect(said).toContain(`"${title}" is needed, but nothing can be written in ${folder}`);
  expect(said).toContain('What to do: run "npm run build" there as a user who may write in that folder');
  expect(said).not.toMatch(/^\s+at /m);
});
