import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { CLASSIFY, CREATED, PAGE } from './documents.js';
import { type ServerForPrograms, startServerForPrograms } from './testing.js';

const root = path.resolve(import.meta.dirname, '../../..');

let folder: string;
let server: ServerForPrograms;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-tools-'));
  server = await startServerForPrograms();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('graphql-codegen reads the schema from the server, and generates the types of operations', async () => {
  await writeFile(path.join(folder, 'program.graphql'), [PAGE, CLASSIFY, CREATED].join('\n'));
  const config = {
    schema: [{ [server.url]: { headers: { Authorization: `Bearer ${server.token}` } } }],
    documents: path.join(folder, 'program.graphql'),
    generates: { [`${folder}/generated/`]: { preset: 'client', config: { useTypeImports: true } } },
  };
  await writeFile(path.join(folder, 'codegen.json'), JSON.stringify(config));
  const run = (program: string, ...args: string[]) =>
    promisify(execFile)(process.execPath, [path.join(root, 'node_modules', program), ...args], { cwd: root });
  await run('@graphql-codegen/cli/esm/bin.js', '--config', path.join(folder, 'codegen.json'));
  expect(await readFile(path.join(folder, 'generated/graphql.ts'), 'utf8')).toContain(
    'export type ClassifyMutation',
  );
});
