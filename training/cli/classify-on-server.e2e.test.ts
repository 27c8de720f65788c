import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { createTestClient, type TestClient } from '../../server/http/testing.js';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { drawField, drawRedCells } from '../../server/features/predictions/fields/testing.js';
import { startTcpProxy, type TcpProxy } from '../../server/outages/testing.js';
import { startServer, type TestServer } from '../../server/testing.js';

const COUNT = 40;

let folder: string;
let server: TestServer;
let proxy: TcpProxy;
let admin: TestClient;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytograph-classify-on-server-'));
  await writeDemoCells(join(folder, 'cells'), { count: COUNT, seed: 1, size: 48 });
  await writeFile(join(folder, 'cells/broken.png'), 'no image');
  server = await startServer();
  proxy = await startTcpProxy(server.url);
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
  const { data } = await admin.graphql(
    'mutation { createApiToken(input: { name: "Command", scopes: [READ_HISTORY, CLASSIFY] }) { secret } }',
  );
  token = data.createApiToken.secret;
});
afterEach(() => proxy.heal());
afterAll(async () => {
  await proxy.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const program = join(import.meta.dirname, 'classify-files.js');
const model = join(import.meta.dirname, '../../../models/reference');
const rowsOf = async (name: string): Promise<Record<string, string>[]> =>
  parse(await readFile(join(folder, name), 'utf8'), { columns: true });
const sizeOf = (name: string) =>
  stat(join(folder, name)).then(
    ({ size }) => size,
    () => 0,
  );
const environment = (withToken: string) => ({
  ...{ PATH: process.env.PATH, LOG_LEVEL: 'error', INFERENCE_THREADS: '1' },
  ...(withToken ? { CYTOGRAPH_TOKEN: withToken } : {}),
});

function run(
  args: string[],
  withToken = token,
  images = 'cells',
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [program, images, ...args],
      { cwd: folder, env: environment(withToken) },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

async function countPredictions(): Promise<number> {
  return (await admin.graphql('{ predictions(first: 1) { totalCount } }')).data.predictions.totalCount;
}

test('writes what the command writes without a server, and the server keeps the predictions', async () => {
  const onServer = await run(['--out', 'server.csv', '--server', server.url]);
  expect(onServer).toMatchObject({ code: 2, stdout: expect.stringContaining('1 image could not be read') });
  const local = await run(['--out', 'local.csv', '--model', model]);
  expect(local.code).toBe(2);
  const answers = (rows: Record<string, string>[], toNumber: (text?: string) => unknown) =>
    rows.map(({ confidence, probability, outOfDistributionScore, error, ...row }) => ({
      ...row,
      hasError: error !== '',
      numbers: [confidence, probability, outOfDistributionScore].map(toNumber),
    }));
  const nearly = (text?: string) => expect.closeTo(Number(text), 3);
  expect(answers(await rowsOf('server.csv'), Number)).toEqual(answers(await rowsOf('local.csv'), nearly));
  expect(await countPredictions()).toBe(COUNT);
});

test('makes one prediction for each image, although the connection is lost and the command is killed', async () => {
  const before = await countPredictions();
  const args = ['--out', 'killed.csv', '--server', proxy.through(server.url)];
  const child = spawn(process.execPath, [program, 'cells', ...args], {
    ...{ cwd: folder, env: environment(token), stdio: 'ignore' },
  });
  const ended = once(child, 'exit');
  while ((await countPredictions()) === before && child.exitCode === null) await sleep(10);
  await proxy.set({ kind: 'reset' });
  await sleep(100);
  await proxy.set({ kind: 'delay', milliseconds: 300 }); // so that it is killed long before its end
  while ((await sizeOf('killed.csv')) < 1000 && child.exitCode === null) await sleep(5);
  expect(child.exitCode).toBeNull();
  child.kill('SIGKILL');
  await ended;
  await proxy.heal();
  expect(await run(args)).toMatchObject({ code: 2 });
  expect(await countPredictions()).toBe(before + COUNT);
  const files = async (name: string) => (await rowsOf(name)).map(({ file }) => file);
  expect(await files('killed.csv')).toEqual(await files('server.csv'));
});

describe('fields', () => {
  beforeAll(async () => {
    await mkdir(join(folder, 'pictures'));
    const cells: [number, number][] = [
      [120, 110],
      [330, 100],
      [230, 330],
    ];
    await writeFile(join(folder, 'pictures/field.png'), await drawField(cells));
    await writeFile(join(folder, 'pictures/one.png'), await drawField([[300, 240]]));
    await writeFile(join(folder, 'pictures/red.png'), await drawRedCells());
    await writeFile(join(folder, 'pictures/zz-broken.png'), 'no image');
  });
  const runFields = (...args: string[]) => run(args, token, 'pictures');
  const withoutNumbers = async (name: string) =>
    (await rowsOf(name)).map(({ confidence, probability, outOfDistributionScore, error, ...row }) => ({
      ...row,
      hasError: error !== '',
      hasNumbers: [confidence, probability, outOfDistributionScore].map(Boolean),
    }));

  test.each(['--fields', '--automatic'])(
    '%s: writes what the command writes without a server',
    async (kind) => {
      expect(await runFields(kind, '--out', 'fields-server.csv', '--server', server.url)).toMatchObject({
        code: 2,
      });
      expect(await runFields(kind, '--out', 'fields-local.csv', '--model', model)).toMatchObject({ code: 2 });
      expect(await withoutNumbers('fields-server.csv')).toEqual(await withoutNumbers('fields-local.csv'));
      await Promise.all(['fields-server.csv', 'fields-local.csv'].map((name) => rm(join(folder, name))));
    },
  );

  test('makes one field for each image, although the command is killed before it writes', async () => {
    const count = async () => (await countPredictions()) - before;
    const before = await countPredictions();
    const args = ['--fields', '--out', 'killed-fields.csv', '--server'];
    await proxy.set({ kind: 'delay', milliseconds: 300 });
    const child = spawn(process.execPath, [program, 'pictures', ...args, proxy.through(server.url)], {
      ...{ cwd: folder, env: environment(token), stdio: 'ignore' },
    });
    const ended = once(child, 'exit');
    while ((await count()) === 0 && child.exitCode === null) await sleep(5);
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await ended;
    await proxy.heal();
    expect(await runFields(...args, proxy.through(server.url))).toMatchObject({ code: 2 });
    expect(await count()).toBe(4); // three cells and one
  });
});

test('explains what is missing or refused', async () => {
  const at = (url: string, ...more: string[]) => ['--out', 'refused.csv', '--server', url, ...more];
  expect(await run(at(server.url), '')).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('Set CYTOGRAPH_TOKEN to an API token') },
  });
  expect(await run(at('localhost:4000'))).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('--server is the address of a server') },
  });
  expect(await run(at(server.url), 'cyto_invalid')).toMatchObject({
    ...{
      code: 1,
      stderr: expect.stringMatching(/^The token was refused: it is not a token of this server\..*\n$/),
    },
  });
  expect(await run(at(server.url, '--model', 'another'))).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining("The server has no model 'another' with a champion.") },
  });
});
