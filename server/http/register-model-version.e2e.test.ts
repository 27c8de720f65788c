import { sha256 } from '../artifact/artifact.js';
import { manifestBytes } from '../artifact/manifest.js';
import { randomArtifact } from '../artifact/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient } from './testing.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ env: { MAX_UPLOAD_BYTES: '5000', MAX_ARTIFACT_BYTES: '1000000' } });
});
afterAll(() => server.stop());

test('a version that was trained elsewhere is registered over HTTP from its files, which may be larger than images', async () => {
  const client = createTestClient(server.url);
  await client.signIn(server.admin);
  const { manifest, modelJson, weights, onnx } = randomArtifact();
  const query = `mutation ($files: [Upload!]!, $input: RegisterModelVersionInput!) {
    registerModelVersion(files: $files, input: $input) { modelVersion { id digest status } userErrors { message } }
  }`;
  const files: [string, Uint8Array][] = [
    ['weights.bin', weights],
    ['manifest.json', manifestBytes(manifest)],
    ['model.onnx', onnx],
    ['model.json', modelJson],
  ];
  expect(weights.byteLength).toBeGreaterThan(5000);
  const form = new FormData();
  const variables = { files: files.map(() => null), input: { modelName: 'from-elsewhere' } };
  form.append('operations', JSON.stringify({ query, variables }));
  form.append(
    'map',
    JSON.stringify(Object.fromEntries(files.map((_, index) => [index, [`variables.files.${index}`]]))),
  );
  files.forEach(([name, bytes], index) => {
    form.append(String(index), new Blob([Uint8Array.from(bytes)]), name);
  });
  const response = await client.fetch('/graphql', {
    method: 'POST',
    headers: { 'Apollo-Require-Preflight': 'true' },
    body: form,
  });
  const { data } = JSON.parse(await response.text());
  expect(data.registerModelVersion).toMatchObject({ modelVersion: { status: 'READY' }, userErrors: [] });

  // It is the manifest that was sent, with reference images, which it lacked.
  const { id, digest } = data.registerModelVersion.modelVersion;
  const stored = Buffer.from(await (await client.fetch(`/files/models/${id}/manifest.json`)).arrayBuffer());
  expect(sha256(stored)).toBe(digest);
  const { references, ...others } = JSON.parse(stored.toString());
  expect(others).toEqual(JSON.parse(Buffer.from(manifestBytes(manifest)).toString()));
  expect(references).toHaveLength(4);
});

test('an image is still limited to the size of images', async () => {
  const client = createTestClient(server.url);
  await client.signIn(server.admin);
  const { data } = await client.upload(
    'mutation ($image: Upload!) { classify(image: $image) { userErrors { code } } }',
    Buffer.alloc(6000),
  );
  expect(data.classify.userErrors).toEqual([{ code: 'TOO_LARGE' }]);
});
