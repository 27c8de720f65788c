import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.js';
import { createTestClient } from '../../server/http/testing.js';
import { drawSmear } from '../../server/imaging/testing.js';
import { imageKey } from '../../server/storage/keys.js';
import { startServer, type TestServer } from '../../server/testing.js';

// A server whose objects are encrypted later, then with another key, as an operator does it.

const program = (name: string) => path.join(import.meta.dirname, `${name}.js`);
const [older, newer] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];

let dataDir: string;
let database: TestDatabase;
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'cytograph-rotate-'));
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

const CLASSIFY = `mutation ($image: Upload!) {
  classify(image: $image) { prediction { image { url thumbnailUrl } evidenceMapUrl } userErrors { message } }
}`;

function run(name: string, env: Record<string, string>) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const settings = { PATH: process.env.PATH, DATA_DIR: dataDir, DATABASE_URL: database.url, ...env };
    const child = execFile(
      process.execPath,
      [program(name)],
      { cwd: dataDir, env: settings },
      (_, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

async function withServer<T>(
  env: Record<string, string>,
  work: (server: TestServer) => Promise<T>,
): Promise<T> {
  const server = await startServer({ dataDir, databaseUrl: database.url, env });
  return work(server).finally(() => server.stop());
}

async function classify(server: TestServer, seed: number) {
  const bytes = await drawSmear({ seed }).png().toBuffer();
  const client = createTestClient(server.url);
  await client.signIn(server.admin);
  const { prediction, userErrors } = (await client.upload(CLASSIFY, bytes)).data.classify;
  expect(userErrors).toEqual([]);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), ...prediction };
}
type Classified = Awaited<ReturnType<typeof classify>>;

async function expectServed(server: TestServer, { bytes, image, evidenceMapUrl }: Classified): Promise<void> {
  const client = createTestClient(server.url);
  await client.signIn(server.admin);
  const original = await client.fetch(`${image.url}/original`);
  expect(Buffer.from(await original.arrayBuffer())).toEqual(bytes);
  for (const url of [image.url, image.thumbnailUrl, evidenceMapUrl])
    expect((await client.fetch(url)).status).toBe(200);
}

/** The object files that begin like a PNG or a JSON object, such as images, models and manifests that are not encrypted. */
async function readable(): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, 'objects'), { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((it) => it.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    if (/^(\x89PNG|\{)/.test(await readFile(file, 'latin1'))) found.push(file);
  }
  return found;
}

test('objects are encrypted later, with another key after that, and are served and checked all the time', async () => {
  const first = await withServer({}, (server) => classify(server, 1));
  expect((await readable()).length).toBeGreaterThan(1);

  const second = await withServer({ ENCRYPTION_KEYS: older }, async (server) => {
    await expectServed(server, first); // not encrypted yet
    const rotation = await run('rotate-objects', { ENCRYPTION_KEYS: older }); // while the server runs
    expect([rotation.code, rotation.stderr]).toEqual([0, expect.any(String)]);
    expect(rotation.stdout).toMatch(/^[1-9]\d* objects and 0 secrets .* 0 not readable\.$/m);
    await expectServed(server, first);
    return classify(server, 2);
  });
  expect(await readable()).toEqual([]);

  // Without the key nothing starts, and nothing is stored unencrypted beside it.
  const refusal = /objects that are encrypted with the key [0-9a-f]{16}, .*ENCRYPTION_KEYS/s;
  await expect(withServer({}, async () => {})).rejects.toThrow(refusal);
  await expect(withServer({ ENCRYPTION_KEYS: newer }, async () => {})).rejects.toThrow(refusal);
  expect(await run('rotate-objects', { ENCRYPTION_KEYS: newer })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(refusal),
  });

  const keysFile = path.join(dataDir, 'keys');
  await writeFile(keysFile, `${newer}\n${older}\n`, { mode: 0o600 });
  const rotation = await run('rotate-objects', { ENCRYPTION_KEYS_FILE: keysFile });
  expect(rotation).toMatchObject({ code: 0, stdout: expect.stringContaining(', 0 not readable.') });
  expect((await run('check-store', { ENCRYPTION_KEYS: newer })).stdout).toMatch(
    /^\d+ objects checked .*: 0 missing, 0 damaged, 0 not readable\. 0 objects have no row\.$/m,
  );
  await withServer({ ENCRYPTION_KEYS: newer }, async (server) => {
    await expectServed(server, first);
    await expectServed(server, second);

    const file = path.join(dataDir, 'objects/encrypted/objects', imageKey(second.sha256));
    const bytes = await readFile(file);
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const client = createTestClient(server.url);
    await client.signIn(server.admin);
    const damaged = await client.fetch(second.image.url);
    expect([damaged.status, await damaged.json()]).toEqual([
      500,
      expect.objectContaining({ code: 'STORED_IMAGE_DAMAGED' }),
    ]);
    await client.upload(CLASSIFY, second.bytes);
    await expectServed(server, second);
  });
});
