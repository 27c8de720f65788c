import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compile, compilePlan } from './compile.mjs';

const FOLDERS = ['server'];
let root;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'compile-'));
  fs.copyFileSync('.swcrc', path.join(root, '.swcrc'));
});
afterEach(() => fs.rmSync(root, { recursive: true }));

const write = (file, text) => {
  fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  fs.writeFileSync(path.join(root, file), text);
};
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const exists = (file) => fs.existsSync(path.join(root, file));
const staleSources = (plan) => plan.stale.map(({ source }) => source);

test('compiles TypeScript, copies other files, leaves documentation out', async () => {
  write('server/a.ts', 'export const answer: number = 42;');
  write('server/deep/b.graphql', 'type Query { b: Int }');
  write('server/README.md', '# Read me');
  await compile(root, compilePlan(root, FOLDERS, {}));
  expect(read('dist/server/a.js')).toContain('answer = 42');
  expect(JSON.parse(read('dist/server/a.js.map')).sources).toEqual(['../../server/a.ts']);
  expect(read('dist/server/deep/b.graphql')).toBe('type Query { b: Int }');
  expect(exists('dist/server/README.md')).toBe(false);
});

test('does only what has changed', async () => {
  write('server/a.ts', 'export const a = 1;');
  write('server/b.ts', 'export const b = 1;');
  const { hashes, ...plan } = compilePlan(root, FOLDERS, {});
  await compile(root, plan);
  expect(compilePlan(root, FOLDERS, hashes).stale).toEqual([]);

  write('server/b.ts', 'export const b = 2;');
  expect(staleSources(compilePlan(root, FOLDERS, hashes))).toEqual(['server/b.ts']);
  fs.rmSync(path.join(root, 'dist/server/a.js'));
  expect(staleSources(compilePlan(root, FOLDERS, hashes))).toEqual(['server/a.ts', 'server/b.ts']);
});

test('removes what a deleted source left', async () => {
  write('server/gone.ts', 'export const gone = 1;');
  await compile(root, compilePlan(root, FOLDERS, {}));
  fs.rmSync(path.join(root, 'server/gone.ts'));
  await compile(root, compilePlan(root, FOLDERS, {}));
  expect(exists('dist/server/gone.js')).toBe(false);
  expect(exists('dist/server/gone.js.map')).toBe(false);
});

test('names what does not compile, compiles the rest, and tries again next time', async () => {
  write('server/bad.ts', 'export const = ;');
  write('server/good.ts', 'export const good = 1;');
  const plan = compilePlan(root, FOLDERS, {});
  await expect(compile(root, plan)).rejects.toMatchObject({
    output: expect.stringContaining('server/bad.ts'),
  });
  expect(exists('dist/server/good.js')).toBe(true);
  expect(staleSources(compilePlan(root, FOLDERS, plan.hashes))).toEqual(['server/bad.ts']);
});
