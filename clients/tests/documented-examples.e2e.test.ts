import { transform } from '@swc/core';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createTestClient } from '../../server/http/testing.js';
import { CLASSIFY } from './documents.js';
import { type ServerForPrograms, startServerForPrograms } from './testing.js';

const root = path.resolve(import.meta.dirname, '../../..');
const python = path.join(root, '.cache/python-clients/bin/python');
const run = promisify(execFile);

/** A program of docs/api.md. */
interface Example {
  heading: string;
  language: string;
  code: string;
}

/** What each program prints, by its section and language, in the order of the page. */
const EXPECTED: [string, RegExp][] = [
  ['Sign-in and tokens, sh', /"roles":\["ADMIN"/],
  ['Classifying an image, sh', /"prediction":\{"id":"pred_/],
  ['Classifying an image, python', /'id': 'pred_/],
  ['Classifying an image, ts', /id: 'pred_/],
  ['Classifying an image, sh', /"label":"(not )?blast"/],
  ['Cases, python', /^(.+ \{'cells': \d+, 'blasts': \d+, .*\}\n)+$/],
  ['Reviews, ts', /finalLabel: '(not )?blast', finalVerdict: 'CANNOT_TELL'/],
  ['Reading cells one after the other, ts', /verdict: 'LABEL', label: '(not )?blast'/],
  ['Lists, python', /^pred_\S+ (not )?blast\n(pred_\S+ (not )?blast\n)*$|^$/],
  ['Following the history, sh', /"kind":"CREATED","predictionId":"pred_/],
  ['Following the history, ts', /^CREATED pred_\S+ (not )?blast\n$/],
  ['Subscriptions, python', /^\{'id': 'pred_/],
];

async function readExamples(): Promise<Example[]> {
  const page = await readFile(path.join(root, 'docs/api.md'), 'utf8');
  return page.split(/^## /m).flatMap((section) =>
    [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
      ...{ heading: section.split('\n', 1)[0] ?? '', language, code },
    })),
  );
}
const examples = await readExamples();

let folder: string;
let server: ServerForPrograms;

beforeAll(async () => {
  server = await startServerForPrograms();
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-examples-'));
  await writeFile(path.join(folder, 'cell.jpg'), await server.drawCell());
  // As if the client were installed as a package.
  const installed = path.join(folder, 'node_modules/@cytograph/client');
  await mkdir(installed, { recursive: true });
  const client = pathToFileURL(path.join(root, 'dist/clients/typescript/index.js')).href;
  await writeFile(path.join(installed, 'index.js'), `export * from '${client}';`);
  await writeFile(
    path.join(installed, 'package.json'),
    JSON.stringify({ type: 'module', exports: './index.js' }),
  );
  await symlink(path.join(root, 'node_modules/ws'), path.join(folder, 'node_modules/ws'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The command that runs a program. */
async function commandOf({ language, code }: Example): Promise<[string, string[]]> {
  if (language === 'sh') return ['sh', ['-euc', code]];
  if (language === 'python') return [python, ['-c', code]];
  const compiled = await transform(code, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  await writeFile(path.join(folder, 'program.mjs'), compiled.code);
  return [process.execPath, ['program.mjs']];
}

/** Classifies images until `program` has ended, for programs that wait for one. */
async function classifyDuring(program: Promise<unknown>): Promise<void> {
  const client = createTestClient(server.server.url);
  client.headers.authorization = `Bearer ${server.token}`;
  const ended = new AbortController();
  const end = () => ended.abort();
  program.then(end, end);
  while (!ended.signal.aborted) {
    await client.upload(CLASSIFY, await server.drawCell());
    await sleep(100);
  }
}

test('docs/api.md has these examples', () => {
  expect(examples.map(({ heading, language }) => `${heading}, ${language}`)).toEqual(
    EXPECTED.map(([name]) => name),
  );
});

const hasPython = existsSync(path.join(root, '.cache/python-clients/installed.txt'));

describe.each(examples.map((example, index) => ({ example, expected: EXPECTED[index] })))(
  '$expected.0',
  ({ example, expected }) => {
    const testThis = example.language === 'python' && !hasPython ? test.skip : test;
    testThis(`prints ${String(expected?.[1])}`, async () => {
      const [command, args] = await commandOf(example);
      const env = { PATH: process.env.PATH, CYTOGRAPH_URL: server.server.url, CYTOGRAPH_TOKEN: server.token };
      const program = run(command, args, { cwd: folder, env });
      await Promise.all([program, classifyDuring(program)]);
      expect((await program).stdout).toMatch(expected?.[1] ?? /never/);
    });
  },
);
