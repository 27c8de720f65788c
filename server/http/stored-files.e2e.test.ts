import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '../database/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { startTcpProxy, type TcpProxy } from '../outages/testing.js';
import { imageKey } from '../storage/keys.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// HTTP responses when a stored file is missing or damaged, and when the object store or the database is unavailable.

let test: TestDatabase;
let proxy: TcpProxy;
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  test = await createTestDatabase();
  proxy = await startTcpProxy(test.url);
  server = await startServer({ databaseUrl: proxy.through(test.url) });
  client = createTestClient(server.url);
  await client.signIn(server.admin);
});
afterAll(async () => {
  await proxy.heal();
  await server.stop();
  await proxy.close();
  await test.drop();
});

const CLASSIFY = `mutation ($image: Upload!) {
  classify(image: $image) {
    prediction { image { sha256 url thumbnailUrl } evidenceMapUrl modelVersion { version model { name } files { name url } } }
    userErrors { code }
  }
}`;

let images = 0;
const newImage = () => drawSmear({ seed: ++images }).png().toBuffer();

async function classified() {
  const bytes = await newImage();
  const { data } = await client.upload(CLASSIFY, bytes);
  const { prediction } = data.classify;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(prediction.image.sha256).toBe(sha256);
  return { bytes, sha256, prediction, file: stored(imageKey(sha256)) };
}

const objects = () => path.join(server.dataDir, 'objects');
const stored = (key: string) => path.join(objects(), key);

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

async function answerOf(response: Response) {
  const { code, error }: any = await response.json();
  const { headers, status } = response;
  return {
    status,
    code,
    error,
    caching: headers.get('Cache-Control'),
    tag: headers.get('ETag')?.startsWith('"') ?? false,
    retryAfter: headers.get('Retry-After'),
  };
}

const failed = { status: 500, caching: 'no-store', tag: false, retryAfter: null };

describe('a stored image', () => {
  it.each([
    ['damaged', flipByte, 'STORED_IMAGE_DAMAGED'],
    ['missing', (file: string) => rm(file), 'STORED_IMAGE_MISSING'],
  ] as const)('that is %s is named and not cached, until it is sent again', async (fault, breakIt, code) => {
    const { bytes, sha256, prediction, file } = await classified();
    await breakIt(file);
    const { url, thumbnailUrl } = prediction.image;
    for (const address of [url, thumbnailUrl, `${thumbnailUrl}?size=32`]) {
      const conditional = { headers: { 'If-None-Match': `"${sha256}"`, 'Cache-Control': 'max-age=0' } };
      for (const request of [{}, conditional]) {
        const answer = await answerOf(await client.fetch(address, request));
        expect(answer).toMatchObject({ ...failed, code });
        expect(answer.error).toMatch(
          new RegExp(`^The image with the SHA-256 ${sha256} is ${fault}.* send the same image again`),
        );
      }
    }
    const evidence = await client.fetch(prediction.evidenceMapUrl); // it is in the database
    expect([evidence.status, evidence.headers.get('Content-Type')]).toEqual([200, 'image/png']);

    await client.upload(CLASSIFY, bytes);
    const restored = await client.fetch(`${url}/original`);
    expect(Buffer.from(await restored.arrayBuffer())).toEqual(bytes);
    expect(restored.headers.get('Cache-Control')).toContain('immutable');
  });
});

describe('a model file', () => {
  it.each([
    ['damaged', flipByte, 'MODEL_FILE_DAMAGED'],
    ['missing', (file: string) => rm(file), 'MODEL_FILE_MISSING'],
  ] as const)(
    'that is %s is named and not cached, and served again once it is put back',
    async (fault, breakIt, code) => {
      const { modelVersion } = (await classified()).prediction;
      const { version, model, files } = modelVersion;
      for (const { name, url } of files) {
        const file = stored(`models/${model.name}/${version}/${name}`);
        const bytes = await readFile(file);
        await breakIt(file);
        const answer = await answerOf(await client.fetch(url));
        expect(answer).toMatchObject({ ...failed, code });
        expect(answer.error).toContain(
          `The file ${name} of version ${version} of the model '${model.name}' is ${fault}`,
        );
        expect(answer.error).toContain('Restore it from a backup');
        await writeFile(file, bytes);
        expect((await client.fetch(url)).status).toBe(200);
      }
    },
  );
});

const unavailable = { status: 503, code: 'UNAVAILABLE', caching: 'no-store', tag: false, retryAfter: '1' };

async function predict(): Promise<Response> {
  return client.fetch('/predict', { method: 'POST', body: Uint8Array.from(await newImage()) });
}

describe('while the object store is unavailable', () => {
  it('/predict and /files answer 503 with Retry-After, GraphQL the code; then all work again', async () => {
    const { prediction } = await classified();
    const files = [prediction.image.url, prediction.image.thumbnailUrl, prediction.modelVersion.files[0].url];
    await rename(objects(), `${objects()}-away`);
    expect(await answerOf(await predict())).toMatchObject(unavailable);
    for (const url of files) expect(await answerOf(await client.fetch(url))).toMatchObject(unavailable);
    const { errors } = await client.upload(CLASSIFY, await newImage());
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect(JSON.stringify(errors)).not.toContain(server.dataDir);

    await rename(`${objects()}-away`, objects());
    expect((await predict()).status).toBe(200);
    for (const url of files) expect((await client.fetch(url)).status).toBe(200);
  });
});

describe('while the database is unavailable', () => {
  it('/predict, /files and GraphQL answer 503 with Retry-After', async () => {
    const { prediction } = await classified();
    const { image, evidenceMapUrl, modelVersion } = prediction;
    await proxy.set({ kind: 'refuse' });
    expect(await answerOf(await predict())).toMatchObject(unavailable);
    for (const url of [image.url, image.thumbnailUrl, evidenceMapUrl, modelVersion.files[0].url])
      expect(await answerOf(await client.fetch(url))).toMatchObject(unavailable);
    const response = await client.fetch('/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: '{ viewer { id } }' }),
    });
    const { errors }: any = await response.clone().json();
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect(await answerOf(response)).toMatchObject({ ...unavailable, code: undefined });
    await proxy.heal();
  });
});
