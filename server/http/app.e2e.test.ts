import { createClient as createSocketClient } from 'graphql-ws';
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import WebSocket from 'ws';
import { createDatabase } from '../database/client.js';
import { newId } from '../database/ids.js';
import { hashPassword } from '../features/accounts/passwords.js';
import { flipAlias, registerRandomVersion } from '../features/models/testing.js';
import { loadConfig } from '../config.js';
import { drawSmear } from '../imaging/testing.js';
import { openObjectStore } from '../storage/open-object-store.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

const MAX_UPLOAD_BYTES = 200_000;

let server: TestServer;
let admin: TestClient;
let nobody: TestClient;
let cell: Buffer;

beforeAll(async () => {
  server = await startServer({ env: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES), DEFAULT_MODEL: 'test' } });
  nobody = createTestClient(server.url);
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
  await promoteRandomVersion();
  cell = await drawSmear().png().toBuffer();
});
afterAll(() => server.stop());

/** A version with random weights, registered directly in the database and promoted through the server. */
async function promoteRandomVersion(): Promise<void> {
  const database = createDatabase(server.databaseUrl, 1);
  const { objectStore, s3 } = loadConfig({ DATA_DIR: server.dataDir });
  const version = await registerRandomVersion(
    { database, store: openObjectStore(objectStore, s3) },
    { modelName: 'test' },
  );
  await database.$disconnect();
  const { data } = await admin.graphql(
    `mutation ($input: PromoteModelVersionInput!) {
      promoteModelVersion(input: $input) { promotion { id } userErrors { message } }
    }`,
    { input: { modelVersionId: version.id, alias: 'CHAMPION', reason: 'A test needs a champion.' } },
  );
  expect(data.promoteModelVersion).toMatchObject({ promotion: { id: expect.any(String) }, userErrors: [] });
}

const CLASSIFY = `mutation ($image: Upload!) {
  classify(image: $image) {
    prediction { id label confidence image { sha256 url thumbnailUrl mediaType } evidenceMapUrl modelVersion { id files { url sha256 } } }
    userErrors { code field message }
  }
}`;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const jsonOf = async (response: Response): Promise<any> => JSON.parse(await response.text());

describe('health', () => {
  test('/healthz says that it is alive, /readyz that all parts are ready, to anybody', async () => {
    expect(await jsonOf(await nobody.fetch('/healthz'))).toEqual({ alive: true });
    const ready = await nobody.fetch('/readyz');
    expect(ready.status).toBe(200);
    expect(await jsonOf(ready)).toMatchObject({
      ready: true,
      checks: {
        database: { ready: true, state: 'ready' },
        store: { ready: true, state: 'ready' },
        champion: { ready: true, state: 'ready' },
      },
    });
  });

  test('without a champion, /readyz and /predict answer 503', async () => {
    const empty = await startServer();
    const database = createDatabase(empty.databaseUrl, 1);
    try {
      const { id: modelId } = await database.model.findFirstOrThrow();
      await flipAlias(database, { modelId, alias: 'CHAMPION', toVersionId: null });
      const client = createTestClient(empty.url);
      await client.signIn(empty.admin);
      let ready = await client.fetch('/readyz');
      while (ready.status === 200) ready = await client.fetch('/readyz');
      expect(ready.status).toBe(503);
      expect((await jsonOf(ready)).checks).toMatchObject({
        store: { ready: true },
        champion: { ready: false, state: 'none', models: [] },
      });
      const predicted = await client.fetch('/predict', { method: 'POST', body: Uint8Array.from(cell) });
      expect(predicted.status).toBe(503);
      expect(predicted.headers.get('Retry-After')).toBe('1');
      expect(await jsonOf(predicted)).toEqual({ code: 'NO_ACTIVE_MODEL', error: expect.any(String) });
    } finally {
      await database.$disconnect();
      await empty.stop();
    }
  });

  test('with a champion whose artifact has been changed, /readyz answers 503 and says nothing of why', async () => {
    const first = await startServer();
    try {
      const [onnx = ''] = await readdir(first.dataDir, { recursive: true }).then((files) =>
        files.filter((file) => file.endsWith('model.onnx')),
      );
      await appendFile(path.join(first.dataDir, onnx), 'x');
      const second = await startServer({ databaseUrl: first.databaseUrl, dataDir: first.dataDir });
      try {
        const ready = await createTestClient(second.url).fetch('/readyz');
        const answer = await jsonOf(ready);
        expect([ready.status, answer.checks.champion.state]).toEqual([503, 'not loaded']);
        expect(JSON.stringify(answer)).not.toContain('onnx');
      } finally {
        await second.stop();
      }
    } finally {
      await first.stop();
    }
  });
});

describe('sessions', () => {
  test('signing in sets a cookie that scripts cannot read, Secure only over HTTPS', async () => {
    const signIn = (proxied: Record<string, string>) =>
      nobody.fetch('/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...proxied },
        body: JSON.stringify({
          query: 'mutation ($e: String!, $p: String!) { signIn(email: $e, password: $p) { viewer { id } } }',
          variables: { e: server.admin.email, p: server.admin.password },
        }),
      });
    const [cookie, device] = (await signIn({ 'X-Forwarded-Proto': 'https' })).headers.getSetCookie();
    expect(cookie).toMatch(
      /^cytograph_session=[\w-]{43}; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    expect(device).toMatch(
      /^cytograph_device=[\w-]{43}; Max-Age=31536000; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
    delete nobody.headers.cookie;
  });

  test('behind a trusted proxy that speaks HTTPS the cookie is Secure', async () => {
    const proxied = await startServer({ env: { TRUST_PROXY: '1' } });
    try {
      const client = createTestClient(proxied.url);
      client.headers['X-Forwarded-Proto'] = 'https';
      const response = await client.fetch('/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          query: `mutation { signIn(email: "${proxied.admin.email}", password: "${proxied.admin.password}") { viewer { id } } }`,
        }),
      });
      expect(response.headers.get('Set-Cookie')).toMatch(/; Secure/);
    } finally {
      await proxied.stop();
    }
  });

  test('signing out ends the session and clears the cookie', async () => {
    const client = createTestClient(server.url);
    await client.signIn(server.admin);
    const cookie = client.headers.cookie ?? '';
    expect((await client.graphql('{ viewer { email } }')).data).toEqual({
      viewer: { email: server.admin.email },
    });
    expect((await client.graphql('mutation { signOut }')).data).toEqual({ signOut: true });
    expect(client.headers.cookie).toMatch(/(^|; )cytograph_session=$/);
    client.headers.cookie = cookie;
    expect((await client.graphql('{ viewer { email } }')).data).toEqual({ viewer: null });
  });

  test('a Bearer token acts for its owner; an invalid token is refused everywhere, even with a valid cookie', async () => {
    const { data } = await admin.graphql(
      'mutation { createApiToken(input: { name: "robot" }) { secret userErrors { message } } }',
    );
    const robot = createTestClient(server.url);
    robot.headers.Authorization = `Bearer ${data.createApiToken.secret}`;
    expect((await robot.graphql('{ viewer { email } }')).data.viewer).toEqual({ email: server.admin.email });
    Object.assign(robot.headers, admin.headers, { Authorization: 'Bearer cyto_wrong' });
    const refusal = {
      message: expect.stringMatching(/^The token was refused: it is not a token of this server/),
      extensions: { code: 'UNAUTHENTICATED' },
    };
    expect(await robot.graphql('{ viewer { email } }')).toMatchObject({ errors: [refusal] });
    await expect(robot.subscribe('{ viewer { email } }').next()).rejects.toMatchObject([refusal]);
    const predicted = await robot.fetch('/predict', { method: 'POST', body: Uint8Array.from(cell) });
    expect([predicted.status, await jsonOf(predicted)]).toEqual([
      401,
      { error: refusal.message, code: 'UNAUTHENTICATED' },
    ]);
  });

  test('with a Bearer token, queries by GET and uploads need no further header, and a WebSocket takes it as a parameter', async () => {
    const { data } = await admin.graphql(
      'mutation { createApiToken(input: { name: "client" }) { secret userErrors { message } } }',
    );
    const Authorization = `Bearer ${data.createApiToken.secret}`;
    const viewer = { email: server.admin.email };
    const query = '{ viewer { email } }';

    const got = await nobody.fetch(`/graphql?query=${encodeURIComponent(query)}`, {
      headers: { Authorization },
    });
    expect(await jsonOf(got)).toMatchObject({ data: { viewer } });
    const form = new FormData();
    form.append('operations', JSON.stringify({ query: CLASSIFY, variables: { image: null } }));
    form.append('map', JSON.stringify({ 0: ['variables.image'] }));
    form.append('0', new Blob([Uint8Array.from(cell)]), 'cell.png');
    const sent = await nobody.fetch('/graphql', { method: 'POST', body: form, headers: { Authorization } });
    expect((await jsonOf(sent)).data.classify).toMatchObject({ userErrors: [] });
    const basic = { Authorization: 'Basic YTpi', cookie: admin.headers.cookie ?? '' };
    const forged = await nobody.fetch(`/graphql?query=${encodeURIComponent(query)}`, { headers: basic });
    expect(forged.status).toBe(400); // browsers send such a header to a site that requested it, also from other pages

    for (const connectionParams of [{ Authorization }, { headers: { authorization: Authorization } }]) {
      const url = `${server.url.replace('http', 'ws')}/graphql`;
      const client = createSocketClient({
        url,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams,
      });
      expect((await client.iterate({ query }).next()).value).toMatchObject({ data: { viewer } });
      await client.dispose();
    }
  });
});

describe('GraphQL', () => {
  test('answers users without a session with UNAUTHENTICATED, also when they send files', async () => {
    const { errors } = await nobody.graphql('{ models { id } }');
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'UNAUTHENTICATED' }]);
    const upload = await nobody.upload(CLASSIFY, cell);
    expect(upload.errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'UNAUTHENTICATED' }]);
  });

  test('refuses what a page of another site could send: forms, files and simple requests', async () => {
    const query = JSON.stringify({ query: '{ viewer { id } }' });
    const plain = await admin.fetch('/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: query,
    });
    expect(plain.status).toBe(400);
    const form = new FormData();
    form.append('operations', JSON.stringify({ query: CLASSIFY, variables: { image: null } }));
    form.append('map', JSON.stringify({ 0: ['variables.image'] }));
    form.append('0', new Blob([Uint8Array.from(cell)]), 'cell.png');
    const multipart = await admin.fetch('/graphql', { method: 'POST', body: form });
    expect(multipart.status).toBe(400);
    expect((await jsonOf(multipart)).errors[0].extensions).toEqual({ code: 'BAD_REQUEST' });
  });

  test.each([
    [
      'nested too deeply',
      `{ models ${'{ versions { edges { node { model '.repeat(4)} { id } ${'} } } }'.repeat(4)} }`,
    ],
    [
      'full of aliases',
      `{ ${Array.from({ length: 40 }, (_, index) => `a${index}: models { id }`).join(' ')} }`,
    ],
    ['endless', `{ models { ${'id '.repeat(3000)} } }`],
    ['not GraphQL', '{ models { '],
    ['unknown to the schema', '{ nonsense }'],
  ])('refuses a query that is %s', async (_what, query) => {
    const { data, errors } = await admin.graphql(query);
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions.code).toMatch(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/);
    expect(JSON.stringify(errors)).not.toMatch(/node_modules|stack/);
  });

  test('answers a body that is not JSON, or too long, in GraphQL’s form', async () => {
    const send = (body: string) =>
      admin.fetch('/graphql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    const broken = await send('{"query": ');
    expect([broken.status, (await jsonOf(broken)).errors[0].extensions]).toEqual([
      400,
      { code: 'BAD_USER_INPUT' },
    ]);
    const long = await send(JSON.stringify({ query: `{ viewer { id } } #${'x'.repeat(2_000_000)}` }));
    expect([long.status, (await jsonOf(long)).errors[0].extensions]).toEqual([413, { code: 'TOO_LARGE' }]);
  });

  test('shows only an id for an internal error', async () => {
    const database = createDatabase(server.databaseUrl, 1);
    await database.$executeRaw`ALTER TABLE "Model" RENAME TO "Hidden"`;
    try {
      const { errors } = await admin.graphql('{ models { id } }');
      const id = errors?.[0]?.extensions.id ?? '';
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(errors).toMatchObject([
        {
          message: `Something went wrong. The server's log has details under ${id}.`,
          extensions: { code: 'INTERNAL_SERVER_ERROR', id },
        },
      ]);
      expect(JSON.stringify(errors)).not.toMatch(/prisma|Model"|relation/i);
    } finally {
      await database.$executeRaw`ALTER TABLE "Hidden" RENAME TO "Model"`;
      await database.$disconnect();
    }
  });
});

describe('uploads', () => {
  const codeOf = async (image: Uint8Array) => {
    const answer = await admin.upload(CLASSIFY, image);
    return answer.data?.classify.userErrors[0]?.code ?? answer.errors?.[0]?.extensions.code ?? 'answered';
  };

  test('a cell is classified, and all files of the prediction can be fetched', async () => {
    const { data } = await admin.upload(CLASSIFY, cell);
    const { prediction, userErrors } = data.classify;
    expect(userErrors).toEqual([]);
    expect(prediction.image.sha256).toBe(sha256(cell));

    const image = await admin.fetch(`${prediction.image.url}/original`);
    expect(await bytesOf(image)).toEqual(cell);
    expect(Object.fromEntries(image.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${sha256(cell)}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    const again = await admin.fetch(`${prediction.image.url}/original`, {
      // Without the second header, `fetch` adds a header that requests the bytes anyway.
      headers: { 'If-None-Match': `"${sha256(cell)}"`, 'Cache-Control': 'max-age=0' },
    });
    expect(again.status).toBe(304);

    const thumbnail = await admin.fetch(`${prediction.image.thumbnailUrl}?size=64`);
    expect(await sharp(await bytesOf(thumbnail)).metadata()).toMatchObject({
      format: 'jpeg',
      width: 64,
      height: 64,
    });
    const evidence = await admin.fetch(prediction.evidenceMapUrl);
    expect(await sharp(await bytesOf(evidence)).metadata()).toMatchObject({
      format: 'png',
      width: 240,
      height: 240,
    });
    for (const file of prediction.modelVersion.files) {
      expect(sha256(await bytesOf(await admin.fetch(file.url)))).toBe(file.sha256);
    }
  });

  test.each([
    '/files/images/{sha}',
    '/files/images/{sha}/thumbnail',
    '/files/predictions/{id}/evidence.png',
    '/files/predictions/{id}/cell.jpg',
    '/files/models/{version}/model.onnx',
  ])('%s is for those who may see it', async (path) => {
    const { prediction } = (await admin.upload(CLASSIFY, cell)).data.classify;
    const address = path
      .replace('{sha}', prediction.image.sha256)
      .replace('{id}', prediction.id)
      .replace('{version}', prediction.modelVersion.id);
    expect((await admin.fetch(address)).status).toBe(200);
    const refused = await nobody.fetch(address);
    expect([refused.status, (await jsonOf(refused)).code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(refused.headers.get('Cache-Control')).toBe('no-store');
  });

  test.each([
    '/files/images/' + '0'.repeat(64),
    '/files/images/..%2f..%2fetc%2fpasswd',
    '/files/images/x/thumbnail',
    '/files/predictions/pred_0/evidence.png',
    '/files/predictions/pred_0/cell.jpg',
    '/files/models/mver_0/model.onnx',
    '/files/nothing',
  ])('%s is not there', async (path) => {
    const response = await admin.fetch(path);
    expect([response.status, (await jsonOf(response)).code]).toEqual([404, 'NOT_FOUND']);
  });

  test.each([
    ['GET', '/predict', 'POST'],
    ['DELETE', '/predict', 'POST'],
    ['POST', '/readyz', 'GET, HEAD'],
    ['PUT', '/audit/events.csv', 'GET, HEAD'],
  ])('%s %s is refused with the methods that are possible', async (method, path, allowed) => {
    const response = await admin.fetch(path, { method });
    expect([response.status, response.headers.get('Allow')]).toEqual([405, allowed]);
    expect((await jsonOf(response)).code).toBe('BAD_USER_INPUT');
  });

  test.each(['0', '1e9', 'large', '-5', '12.5'])('a thumbnail of size %s is refused', async (size) => {
    const response = await admin.fetch(`/files/images/${sha256(cell)}/thumbnail?size=${size}`);
    expect([response.status, (await jsonOf(response)).code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  test('a file that is not an image is refused as UNREADABLE_IMAGE', async () => {
    expect(await codeOf(Buffer.alloc(0))).toBe('UNREADABLE_IMAGE');
    expect(await codeOf(randomBytes(5000))).toBe('UNREADABLE_IMAGE');
    expect(await codeOf(cell.subarray(0, cell.length / 2))).toBe('UNREADABLE_IMAGE');
    expect(await codeOf(Buffer.from('%PDF-1.7 a report named .jpg'))).toBe('UNREADABLE_IMAGE');
    expect(await codeOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'))).toBe(
      'UNREADABLE_IMAGE',
    );
  });

  test('a file larger than the limit is refused as TOO_LARGE, a file of exactly the limit is not', async () => {
    expect(await codeOf(Buffer.alloc(MAX_UPLOAD_BYTES))).toBe('UNREADABLE_IMAGE');
    expect(await codeOf(Buffer.alloc(MAX_UPLOAD_BYTES + 1))).toBe('TOO_LARGE');
    expect(await codeOf(Buffer.alloc(20 * MAX_UPLOAD_BYTES))).toBe('TOO_LARGE');
  });

  test('a user who may not classify gets an error, even with a large file that is not read', async () => {
    const auditor = { email: 'auditor@example.org', password: 'four eyes see more' };
    const database = createDatabase(server.databaseUrl, 1);
    const passwordHash = await hashPassword(auditor.password);
    await database.user.create({
      data: {
        id: newId('user'),
        email: auditor.email,
        displayName: 'Auditor',
        roles: ['AUDITOR'],
        passwordHash,
      },
    });
    await database.$disconnect();
    const client = createTestClient(server.url);
    await client.signIn(auditor);
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await client.upload(CLASSIFY, Buffer.alloc(20_000_000));
      expect(answer.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN' });
      const predicted = await client.fetch('/predict', { method: 'POST', body: new Uint8Array(20_000_000) });
      expect([predicted.status, (await jsonOf(predicted)).code]).toEqual([403, 'FORBIDDEN']);
    }
  });

  test.each<[string, [string, string | Blob][]]>([
    ['without operations', [['map', '{}']]],
    [
      'with operations that are not JSON',
      [
        ['operations', '{'],
        ['map', '{}'],
      ],
    ],
    ['without a map', [['operations', JSON.stringify({ query: CLASSIFY })]]],
    [
      'in the wrong order',
      [
        ['map', '{}'],
        ['operations', JSON.stringify({ query: CLASSIFY })],
      ],
    ],
    [
      'without the file that the map names',
      [
        ['operations', JSON.stringify({ query: CLASSIFY, variables: { image: null } })],
        ['map', '{"0":["variables.image"]}'],
      ],
    ],
    [
      'with a map into nowhere',
      [
        ['operations', JSON.stringify({ query: CLASSIFY, variables: { image: null } })],
        ['map', '{"0":["variables.__proto__.image"]}'],
        ['0', new Blob(['x'])],
      ],
    ],
    [
      'with more files than any operation takes',
      [
        ['operations', JSON.stringify({ query: CLASSIFY, variables: { image: null } })],
        ['map', JSON.stringify(Object.fromEntries([0, 1, 2, 3, 4].map((n) => [n, ['variables.image']])))],
        ...[0, 1, 2, 3, 4].map((n): [string, Blob] => [String(n), new Blob(['x'])]),
      ],
    ],
    [
      'with one file for two fields',
      [
        [
          'operations',
          JSON.stringify({
            query: `mutation ($image: Upload!) {
              one: classify(image: $image) { userErrors { code } }
              other: classify(image: $image) { userErrors { code } }
            }`,
            variables: { image: null },
          }),
        ],
        ['map', '{"0":["variables.image"]}'],
        ['0', new Blob(['x'])],
      ],
    ],
    [
      'with a large file, before the file that is read, for a variable that nothing reads',
      [
        ['operations', JSON.stringify({ query: CLASSIFY, variables: { other: [null], image: null } })],
        ['map', '{"0":["variables.other.0"],"1":["variables.image"]}'],
        ['0', new Blob([Buffer.alloc(MAX_UPLOAD_BYTES)])],
        ['1', new Blob(['x'])],
      ],
    ],
    [
      'with text where the file should be',
      [
        ['operations', JSON.stringify({ query: CLASSIFY, variables: { image: 'cell.png' } })],
        ['map', '{}'],
      ],
    ],
  ])('a multipart request %s is refused, and the server answers on', async (_what, parts) => {
    const form = new FormData();
    for (const [name, value] of parts) form.append(name, value);
    const response = await admin.fetch('/graphql', {
      method: 'POST',
      headers: { 'Apollo-Require-Preflight': 'true' },
      body: form,
    });
    const { errors } = await jsonOf(response);
    expect(errors[0].extensions.code).toMatch(/^(BAD_USER_INPUT|BAD_REQUEST|TOO_LARGE)$/);
    expect((await nobody.fetch('/healthz')).status).toBe(200);
  });

  test.each(['/graphql', '/predict'])(
    'the server survives a client that disconnects in the middle of a file: %s',
    async (path) => {
      const { hostname, port } = new URL(server.url);
      for (let attempt = 0; attempt < 5; attempt++) {
        await new Promise<void>((resolve) => {
          const socket = connect(Number(port), hostname, () => {
            const operations = JSON.stringify({ query: CLASSIFY, variables: { image: null } });
            const part = (name: string, content: string) =>
              `--b\r\nContent-Disposition: form-data; name="${name}"${content}`;
            socket.write(
              `POST ${path} HTTP/1.1\r\nHost: x\r\nCookie: ${admin.headers.cookie}\r\nApollo-Require-Preflight: 1\r\n` +
                'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 150000\r\n\r\n' +
                part('operations', `\r\n\r\n${operations}\r\n`) +
                part('map', '\r\n\r\n{"image":["variables.image"]}\r\n') +
                part('image', `; filename="a.png"\r\n\r\n${'x'.repeat(1000 * attempt)}`),
            );
            setTimeout(() => socket.destroy(), 20 * attempt);
          });
          socket.on('close', () => resolve());
          socket.on('error', () => {});
        });
      }
      expect(await codeOf(cell)).toBe('answered');
    },
  );
});

describe('/predict', () => {
  const send = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
    admin.fetch('/predict', { method: 'POST', body, headers });
  const form = (field: string, bytes: Uint8Array) => {
    const data = new FormData();
    data.append(field, new Blob([Uint8Array.from(bytes)]), 'cell.png');
    return data;
  };

  test.each([
    ['the field image of a form', () => form('image', cell)],
    ['the field file of a form', () => form('file', cell)],
    ['the body', () => Uint8Array.from(cell)],
  ])('answers an image in %s', async (_where, body) => {
    const response = await send(body());
    expect(response.status).toBe(200);
    const answer = await jsonOf(response);
    expect(answer).toEqual({
      id: expect.stringMatching(/^pred_/),
      outcome: expect.stringMatching(/^(CLASSIFIED|INDETERMINATE|OUT_OF_DISTRIBUTION)$/),
      prediction: expect.stringMatching(/^((not )?blast|indeterminate|unrecognised)$/),
      label: expect.stringMatching(/^(not )?blast$/),
      probability: expect.any(Number),
      confidence: expect.any(Number),
      processingTime: expect.any(Number),
      warnings: expect.any(Array),
      cellType: null,
    });
    const { data } = await admin.graphql(
      'query ($id: ID!) { prediction(id: $id) { outcome label confidence qualityWarnings } }',
      answer,
    );
    expect(data.prediction).toEqual({
      outcome: answer.outcome,
      label: answer.label,
      confidence: answer.confidence,
      qualityWarnings: answer.warnings,
    });
  });

  test.each<[string, () => RequestInit['body'], Record<string, string>, number, string]>([
    ['no image', () => 'hello', { 'Content-Type': 'image/png' }, 422, 'UNREADABLE_IMAGE'],
    ['nothing', () => '', { 'Content-Type': 'application/octet-stream' }, 422, 'UNREADABLE_IMAGE'],
    ['text', () => 'hello', {}, 415, 'BAD_USER_INPUT'],
    ['JSON', () => '{}', { 'Content-Type': 'application/json' }, 415, 'BAD_USER_INPUT'],
    ['a form of addresses', () => new URLSearchParams({ image: 'x' }), {}, 415, 'BAD_USER_INPUT'],
    ['a form without an image', () => formOf({ caseReference: 'C-1' }), {}, 400, 'BAD_USER_INPUT'],
    [
      'half a form',
      () => '--b\r\nContent',
      { 'Content-Type': 'multipart/form-data; boundary=b' },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a form without a boundary',
      () => 'x',
      { 'Content-Type': 'multipart/form-data' },
      400,
      'BAD_USER_INPUT',
    ],
    ['too large a body', () => new Uint8Array(MAX_UPLOAD_BYTES + 1), {}, 413, 'TOO_LARGE'],
    ['too large a file', () => form('image', new Uint8Array(MAX_UPLOAD_BYTES + 1)), {}, 413, 'TOO_LARGE'],
    [
      'far too large a file',
      () => form('image', new Uint8Array(30 * MAX_UPLOAD_BYTES)),
      {},
      413,
      'TOO_LARGE',
    ],
    [
      'an image of another site’s page',
      () => form('image', cell),
      { Origin: 'https://evil.example' },
      403,
      'FORBIDDEN',
    ],
  ])('refuses %s', async (_what, body, headers, status, code) => {
    const response = await send(body(), headers);
    expect([response.status, (await jsonOf(response)).code]).toEqual([status, code]);
  });

  const formOf = (...fields: Record<string, string | Blob>[]) => {
    const data = new FormData();
    for (const [name, value] of fields.flatMap((some) => Object.entries(some))) data.append(name, value);
    return data;
  };
  const file = () => new Blob([Uint8Array.from(cell)]);

  test.each(['form', 'query'])(
    'honours case, model, version and site as parameters of the %s',
    async (place) => {
      const { data } = await admin.graphql(
        `mutation { createSite(input: { name: "Ward of the ${place}" }) { site { id } } }`,
      );
      const siteId = data.createSite.site.id as string;
      const models = await admin.graphql('{ models { name champion { id } } }');
      const { id: modelVersionId } = models.data.models.find(
        ({ name }: any) => name === 'reference',
      ).champion;
      const parameters = { caseReference: ` Case ${place} `, modelName: 'reference', modelVersionId, siteId };
      const response =
        place === 'form'
          ? await send(formOf(parameters, { image: file() }))
          : await admin.fetch(`/predict?${String(new URLSearchParams(parameters))}`, {
              ...{ method: 'POST', body: Uint8Array.from(cell) },
            });
      const { id } = await jsonOf(response);
      const answer = await admin.graphql(
        'query ($id: ID!) { prediction(id: $id) { caseReference site { id } modelVersion { id } } }',
        { id },
      );
      expect(answer.data.prediction).toEqual({
        caseReference: `Case ${place}`,
        site: { id: siteId },
        modelVersion: { id: modelVersionId },
      });
    },
  );

  test.each<[string, number, string, () => FormData, string, string?]>([
    [
      'an unknown field',
      400,
      'BAD_USER_INPUT',
      () => formOf({ patient: 'x', image: file() }),
      "'patient' is not",
    ],
    ['an unknown file', 400, 'BAD_USER_INPUT', () => formOf({ picture: file() }), "'picture' is not"],
    [
      'an unknown parameter',
      400,
      'BAD_USER_INPUT',
      () => formOf({ image: file() }),
      "'model' is not",
      '?model=x',
    ],
    [
      'a repeated field',
      ...([400, 'BAD_USER_INPUT'] as const),
      () => formOf({ caseReference: '1' }, { caseReference: '1', image: file() }),
      "Send 'caseReference' only once",
    ],
    [
      'a parameter of the query and of the form',
      ...([400, 'BAD_USER_INPUT'] as const),
      () => formOf({ siteId: '1', image: file() }),
      "Send 'siteId' only once",
      '?siteId=1',
    ],
    ['two images', 400, 'BAD_USER_INPUT', () => formOf({ image: file() }, { image: file() }), 'two files'],
    [
      'two fields with images',
      400,
      'BAD_USER_INPUT',
      () => formOf({ image: file(), file: file() }),
      'two files',
    ],
    ['an image as text', 400, 'BAD_USER_INPUT', () => formOf({ image: 'x' }), 'as a file'],
    [
      'a parameter as a file',
      400,
      'BAD_USER_INPUT',
      () => formOf({ siteId: file(), image: file() }),
      'as text',
    ],
    [
      'a field that is far too long',
      ...([400, 'BAD_USER_INPUT'] as const),
      () => formOf({ modelName: 'x'.repeat(5_000), image: file() }),
      'longer than',
    ],
    [
      'more fields than a form may have',
      ...([400, 'BAD_USER_INPUT'] as const),
      () => formOf(...Array.from({ length: 21 }, (_, field) => ({ [`field${field}`]: 'x' }))),
      'more than 20 fields',
    ],
    [
      'a long reference',
      400,
      'BAD_USER_INPUT',
      () => formOf({ caseReference: 'x'.repeat(201), image: file() }),
      '200',
    ],
    [
      'an unknown model',
      404,
      'NOT_FOUND',
      () => formOf({ modelName: 'none', image: file() }),
      "model 'none'",
    ],
    [
      'an unknown version',
      404,
      'NOT_FOUND',
      () => formOf({ modelVersionId: `mver_${'0'.repeat(32)}`, image: file() }),
      'version',
    ],
    [
      'the id of another type',
      400,
      'BAD_USER_INPUT',
      () => formOf({ modelVersionId: `site_${'0'.repeat(32)}`, image: file() }),
      'the id of a model version',
    ],
    [
      'an unknown site',
      404,
      'NOT_FOUND',
      () => formOf({ siteId: `site_${'0'.repeat(32)}`, image: file() }),
      'site',
    ],
  ])('refuses %s, and says what would be right', async (_what, status, code, body, reason, query = '') => {
    const response = await admin.fetch(`/predict${query}`, { method: 'POST', body: body() });
    const problem = await jsonOf(response);
    expect({ status: response.status, ...problem }).toEqual({
      status,
      code,
      error: expect.stringContaining(reason),
    });
    if (reason.endsWith('is not'))
      expect(problem.error).toContain('caseReference, modelName, modelVersionId, siteId');
  });

  test('gives a repeat with the same Idempotency-Key the first prediction, over REST and over GraphQL', async () => {
    const image = await drawSmear({ seed: 4_321 }).png().toBuffer();
    const predict = async (key: string, bytes: Uint8Array = image) => {
      const headers = { 'Idempotency-Key': key };
      const response = await admin.fetch('/predict', {
        method: 'POST',
        body: Uint8Array.from(bytes),
        headers,
      });
      return { status: response.status, body: await jsonOf(response) };
    };
    const first = await predict('"8e03978e"');
    expect(first.status).toBe(200);
    expect((await predict('8e03978e')).body.id).toBe(first.body.id);
    expect(await predict('8e03978e', cell)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });

    const keyed = createTestClient(server.url);
    Object.assign(keyed.headers, admin.headers, { 'Idempotency-Key': 'over-graphql' });
    const ids = [await keyed.upload(CLASSIFY, image), await keyed.upload(CLASSIFY, image)].map(
      ({ data }) => data.classify.prediction.id,
    );
    expect(ids[1]).toBe(ids[0]);
    expect(ids[0]).not.toBe(first.body.id);
  });

  test('refuses images beyond the queue limit immediately, with Retry-After', async () => {
    const small = await startServer({
      databaseUrl: server.databaseUrl,
      dataDir: server.dataDir,
      env: { INFERENCE_QUEUE_LIMIT: '1', DEFAULT_MODEL: 'test' },
    });
    try {
      const client = createTestClient(small.url);
      await client.signIn(server.admin);
      const images = await Promise.all(
        Array.from({ length: 16 }, (_, seed) =>
          drawSmear({ seed: 100 + seed })
            .png()
            .toBuffer(),
        ),
      );
      const [answers, mutations] = await Promise.all([
        Promise.all(
          images.slice(0, 8).map(async (image) => {
            const response = await client.fetch('/predict', { method: 'POST', body: Uint8Array.from(image) });
            return {
              status: response.status,
              again: response.headers.get('Retry-After'),
              body: await jsonOf(response),
            };
          }),
        ),
        Promise.all(images.slice(8).map((image) => client.upload(CLASSIFY, image))),
      ]);
      const refused = answers.filter(({ status }) => status !== 200);
      const codes = mutations.flatMap(({ data }) => data.classify.userErrors.map(({ code }: any) => code));
      expect(refused.length + codes.length).toBeGreaterThan(0);
      for (const answer of refused)
        expect(answer).toEqual({
          status: 503,
          again: '1',
          body: { code: 'OVERLOADED', error: expect.any(String) },
        });
      expect(codes).toEqual(codes.map(() => 'OVERLOADED'));
    } finally {
      await small.stop();
    }
  });

  test('is for those who may classify', async () => {
    const response = await nobody.fetch('/predict', { method: 'POST', body: Uint8Array.from(cell) });
    expect([response.status, (await jsonOf(response)).code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
  });
});

describe('subscriptions', () => {
  test('report each prediction, with its relations', async () => {
    const events = admin.subscribe(
      'subscription { predictionCreated { id modelVersion { model { name } } } }',
    );
    // The subscription is active once the server has seen it. Predictions from just before it may be reported, too.
    const reported: { id: string; modelVersion: { model: { name: string } } }[] = [];
    const ended = (async () => {
      for await (const { data } of events) reported.push(data.predictionCreated);
    })();
    const ids: string[] = [];
    const own = () => reported.find(({ id }) => ids.includes(id));
    do {
      const { data } = await admin.upload(CLASSIFY, cell);
      ids.push(data.classify.prediction.id);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))]);
    } while (!own());
    expect(own()?.modelVersion).toEqual({ model: { name: 'test' } });
    await events.return?.();
  });

  test('are refused to strangers, with the errors of HTTP', async () => {
    const events = nobody.subscribe('subscription { predictionCreated { id } }');
    const { value } = await events.next();
    expect(value.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    await events.return?.();
  });

  test('end with the session that they began in', async () => {
    const leaver = createTestClient(server.url);
    await leaver.signIn(server.admin);
    const events = leaver.subscribe('subscription { predictionCreated { id } }');
    const seen: unknown[] = [];
    const untilItEnds = async () => {
      for await (const event of events) seen.push(event);
    };
    const ended = expect(untilItEnds()).rejects.toMatchObject({
      code: 4403,
      reason: 'The session has ended.',
    });
    while (seen.length === 0) {
      await admin.upload(CLASSIFY, cell);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await leaver.graphql('mutation { signOut }');
    await admin.upload(CLASSIFY, cell);
    await ended;
  });

  test('keep to the limits of HTTP', async () => {
    const deep = `subscription { predictionCreated ${'{ modelVersion { model { champion '.repeat(6)} { id } ${'} } }'.repeat(6)} }`;
    await expect(admin.subscribe(deep.replace('champion { id }', 'id')).next()).rejects.toBeDefined();
  });

  test('are refused to pages of other sites', async () => {
    const status = await new Promise((resolve, reject) => {
      const upgrade = httpRequest(`${server.url}/graphql`, {
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
          Cookie: admin.headers.cookie,
          Origin: 'https://evil.example',
        },
      });
      upgrade.on('response', (response) => resolve(response.statusCode));
      upgrade.on('upgrade', () => resolve('upgraded'));
      upgrade.on('error', reject);
      upgrade.end();
    });
    expect(status).toBe(403);
  });
});

describe('everything else', () => {
  test('unknown addresses answer as JSON, and no response reveals which software runs here', async () => {
    const response = await nobody.fetch('/nothing.json', { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await jsonOf(response)).toEqual({ code: 'NOT_FOUND', error: 'Nothing is at POST /nothing.json.' });
    expect(response.headers.get('X-Powered-By')).toBeNull();
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'self'");
  });

  test('a broken address is refused', async () => {
    const response = await nobody.fetch('/files/images/%E0%A4%A');
    expect([response.status, (await jsonOf(response)).code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  test('exactly the scripts that use WebAssembly may compile it', async () => {
    const folder = fileURLToPath(new URL('../../app/assets/', import.meta.url));
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(20);
    for (const name of scripts) {
      const response = await nobody.fetch(`/assets/${name}`);
      const policy = response.headers.get('Content-Security-Policy');
      const mayCompile = policy?.includes("'wasm-unsafe-eval'") ?? false;
      const uses = (await response.text()).includes('WebAssembly.');
      expect({ name, mayCompile }).toEqual({ name, mayCompile: uses });
    }
  });

  test('pages of the app are not cached; its assets are cached permanently', async () => {
    for (const path of ['/', '/predictions', '/models/reference']) {
      const page = await nobody.fetch(path, { headers: { Accept: 'text/html' } });
      expect(page.status).toBe(200);
      expect(page.headers.get('Cache-Control')).toBe('no-cache');
      const html = await page.text();
      expect(html).toContain('<div id="root">');
      const asset = /src="(\/assets\/[^"]+)"/.exec(html)?.[1] ?? '';
      expect((await nobody.fetch(asset)).headers.get('Cache-Control')).toBe(
        'public, max-age=31536000, immutable',
      );
    }
    expect((await nobody.fetch('/assets/missing.js')).status).toBe(404);
  });
});
