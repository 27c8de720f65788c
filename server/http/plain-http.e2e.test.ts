import { createHash, randomBytes } from 'node:crypto';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// What HTTP itself offers to clients: queries by hash and by GET, responses that are still valid, compression, and parts of files.

let server: TestServer;
let admin: TestClient;
let clinician: TestClient;
let stranger: TestClient;

beforeAll(async () => {
  server = await startServer({ env: { ENCRYPTION_KEYS: randomBytes(32).toString('base64') } });
  admin = createTestClient(server.url);
  clinician = createTestClient(server.url);
  stranger = createTestClient(server.url);
  await admin.signIn(server.admin);
  const { data } = await admin.graphql(
    `mutation {
      createUser(input: { email: "ward@example.org", displayName: "Ward", roles: [CLINICIAN] }) { oneTimePassword }
    }`,
  );
  const currentPassword = data.createUser.oneTimePassword;
  await clinician.signIn({ email: 'ward@example.org', password: currentPassword });
  await clinician.graphql(
    `mutation ($currentPassword: String!) {
      changePassword(currentPassword: $currentPassword, newPassword: "ward of seven beds") { userErrors { message } }
    }`,
    { currentPassword },
  );
});
afterAll(() => server.stop());

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const jsonOf = async (response: Response): Promise<any> => JSON.parse(await response.text());
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

const extensionsOf = (hash: string) => ({ persistedQuery: { version: 1, sha256Hash: hash } });
const post = (client: TestClient, body: object, headers: Record<string, string> = {}) =>
  client.fetch('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const get = (client: TestClient, parameters: Record<string, string>, headers: Record<string, string> = {}) =>
  client.fetch(`/graphql?${String(new URLSearchParams(parameters))}`, {
    headers: { 'Apollo-Require-Preflight': 'true', ...headers },
  });

describe('a query by hash', () => {
  test('is unknown until it was sent once with its text, then runs by POST and by GET', async () => {
    const query = 'query Me { viewer { email } }';
    const extensions = extensionsOf(sha256(query));
    const unknown = await post(admin, { extensions });
    expect([unknown.status, (await jsonOf(unknown)).errors]).toEqual([
      200,
      [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    ]);
    const byGet = await get(admin, { extensions: JSON.stringify(extensions) });
    expect((await jsonOf(byGet)).errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');

    const data = { viewer: { email: server.admin.email } };
    expect((await jsonOf(await post(admin, { query, extensions }))).data).toEqual(data);
    expect((await jsonOf(await post(admin, { extensions }))).data).toEqual(data);
    expect((await jsonOf(await get(admin, { extensions: JSON.stringify(extensions) }))).data).toEqual(data);
    // The text is shared, the rights are not.
    expect((await jsonOf(await post(stranger, { extensions }))).data).toEqual({ viewer: null });
  });

  test('is refused with the hash of another text, and for another version of the protocol', async () => {
    const extensions = extensionsOf(sha256('another'));
    const wrong = await post(admin, { query: '{ viewer { id } }', extensions });
    expect([wrong.status, (await jsonOf(wrong)).errors[0].message]).toEqual([
      400,
      expect.stringContaining('sha'),
    ]);
    const version = await post(admin, { extensions: { persistedQuery: { version: 2, sha256Hash: 'x' } } });
    expect([version.status, (await jsonOf(version)).errors[0].message]).toEqual([
      400,
      expect.stringContaining('version'),
    ]);
  });

  test('is not kept if the operation is invalid', async () => {
    const query = '{ nothing }';
    const extensions = extensionsOf(sha256(query));
    expect((await post(admin, { query, extensions })).status).toBe(400);
    const again = await jsonOf(await post(admin, { extensions }));
    expect(again.errors[0].extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });
});

describe('a query by GET', () => {
  const query = '{ viewer { id displayName } models { name } }';

  test('may be kept by its client alone, and is not sent again while it is the same', async () => {
    const first = await get(admin, { query });
    const tag = first.headers.get('ETag') ?? '';
    expect(first.status).toBe(200);
    expect(first.headers.get('Cache-Control')).toBe('private, no-cache');
    expect(first.headers.get('Vary')).toMatch(/Cookie, Authorization/);
    expect(tag).not.toBe('');

    const again = await get(admin, { query }, { 'If-None-Match': tag });
    expect([again.status, await again.text(), again.headers.get('Cache-Control')]).toEqual([
      ...[304, '', 'private, no-cache'],
    ]);
    const others = await get(clinician, { query }, { 'If-None-Match': tag });
    expect(others.status).toBe(200);
    expect(others.headers.get('ETag')).not.toBe(tag);
    const nobodys = await get(stranger, { query }, { 'If-None-Match': tag });
    expect([nobodys.status, (await jsonOf(nobodys)).data ?? null]).toEqual([401, null]);
  });

  test('is sent again when what it reads has changed', async () => {
    const sites = '{ sites { name } }';
    const first = await get(admin, { query: sites });
    await admin.graphql('mutation { createSite(input: { name: "Haematology" }) { site { id } } }');
    const again = await get(admin, { query: sites }, { 'If-None-Match': first.headers.get('ETag') ?? '' });
    expect([again.status, (await jsonOf(again)).data]).toEqual([200, { sites: [{ name: 'Haematology' }] }]);
  });

  test.each([
    ['an error', { query: '{ prediction(id: 1) { nothing } }' }, 400],
    ['an invalid argument', { query: '{ auditEvents(first: -1) { edges { cursor } } }' }, 400],
    ['a refused mutation', { query: 'mutation { signOut }' }, 405],
  ])('%s is not kept', async (_what, parameters, status) => {
    const response = await get(admin, parameters);
    expect([response.status, response.headers.get('Cache-Control')]).toEqual([
      status,
      expect.stringContaining('no-store'),
    ]);
  });

  test('only by GET: the result of a POST is not kept', async () => {
    expect((await post(admin, { query })).headers.get('Cache-Control')).toBe('no-store');
  });
});

describe('the page at /graphql', () => {
  const OF_A_BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

  test('is for browsers; programs get results', async () => {
    const page = await stranger.fetch('/graphql', { headers: { Accept: OF_A_BROWSER } });
    expect([page.status, page.headers.get('Content-Type'), page.headers.get('Vary')]).toEqual([
      ...[200, 'text/html; charset=utf-8', expect.stringContaining('Accept')],
    ]);
    for (const accept of ['*/*', 'application/json', 'application/graphql-response+json, application/json']) {
      const result = await get(admin, { query: '{ viewer { email } }' }, { Accept: accept });
      expect((await jsonOf(result)).data).toEqual({ viewer: { email: server.admin.email } });
    }
  });

  test('exists only if GRAPHIQL allows it', async () => {
    const without = await startServer({ env: { GRAPHIQL: 'false' } });
    try {
      const response = await fetch(`${without.url}/graphql`, { headers: { Accept: OF_A_BROWSER } });
      expect([response.status, response.headers.get('Content-Type')]).toEqual([
        ...[400, expect.stringContaining('json')],
      ]);
    } finally {
      await without.stop();
    }
  });
});

describe('compression', () => {
  const SCHEMA = '{ __schema { types { name description fields { name description } } } }';

  test.each(['br', 'gzip'])('a long result is sent as %s to a client that accepts it', async (encoding) => {
    const response = await post(admin, { query: SCHEMA }, { 'Accept-Encoding': encoding });
    expect(response.headers.get('Content-Encoding')).toBe(encoding);
    expect(response.headers.get('Vary')).toMatch(/Accept-Encoding/);
    const plain = await post(admin, { query: SCHEMA }, { 'Accept-Encoding': 'identity' });
    expect(plain.headers.get('Content-Encoding')).toBeNull();
    expect(await response.text()).toBe(await plain.text());
  });

  test('a compressed result by GET is not sent again while it is the same', async () => {
    const accepting = { 'Accept-Encoding': 'br, gzip' };
    const first = await get(admin, { query: SCHEMA }, accepting);
    expect(first.headers.get('Content-Encoding')).toBe('br');
    const tag = first.headers.get('ETag') ?? '';
    expect((await get(admin, { query: SCHEMA }, { ...accepting, 'If-None-Match': tag })).status).toBe(304);
  });

  test('an export of the audit trail is compressed', async () => {
    for (const kind of ['csv', 'jsonl']) {
      const response = await admin.fetch(`/audit/events.${kind}`, { headers: { 'Accept-Encoding': 'gzip' } });
      expect([kind, response.headers.get('Content-Encoding')]).toEqual([kind, 'gzip']);
      expect(await response.text()).toContain('SIGNED_IN');
    }
  });

  test('short results, mutations, classifications and files are sent as they are', async () => {
    const accepting = { 'Accept-Encoding': 'br, gzip' };
    const name = 'x'.repeat(80);
    const sites = Array.from(
      { length: 25 },
      (_, at) => `s${at}: createSite(input: { name: "${name}${at}" }) { site { name } }`,
    );
    const mutation = await post(admin, { query: `mutation { ${sites.join(' ')} }` }, accepting);
    const text = await mutation.text();
    expect([text.length > 2_048, text.includes(`${name}24`)]).toEqual([true, true]);
    const image = await drawSmear().png().toBuffer();
    const responses = {
      mutation,
      short: await post(admin, { query: '{ viewer { id } }' }, accepting),
      predict: await admin.fetch('/predict', {
        ...{ method: 'POST', headers: accepting },
        body: Uint8Array.from(image),
      }),
      file: await admin.fetch(`/files/images/${createHash('sha256').update(image).digest('hex')}/original`, {
        headers: accepting,
      }),
    };
    for (const [what, { status, headers }] of Object.entries(responses))
      expect([what, status, headers.get('Content-Encoding')]).toEqual([what, 200, null]);
  });
});

describe('a part of a stored file', () => {
  const url = () => `/files/images/${hash}/original`;
  let hash: string;
  let image: Buffer;
  const part = (range: string, headers: Record<string, string> = {}, method = 'GET') =>
    admin.fetch(url(), { method, headers: { Range: range, ...headers } });

  beforeAll(async () => {
    image = await drawSmear({ seed: 77 }).png().toBuffer();
    hash = createHash('sha256').update(image).digest('hex');
    const response = await admin.fetch('/predict', { method: 'POST', body: Uint8Array.from(image) });
    expect(response.status).toBe(200);
  });

  test.each<[string, () => [first: number, last: number]]>([
    ['bytes=0-0', () => [0, 0]],
    ['bytes=10-99', () => [10, 99]],
    ['bytes=100-', () => [100, image.length - 1]],
    ['bytes=-50', () => [image.length - 50, image.length - 1]],
    ['bytes=-99999999', () => [0, image.length - 1]],
    ['bytes=5-99999999', () => [5, image.length - 1]],
    ['Bytes=1-2', () => [1, 2]],
  ])('%s', async (range, expected) => {
    const [first, last] = expected();
    const response = await part(range);
    expect([response.status, response.headers.get('Content-Range')]).toEqual([
      206,
      `bytes ${first}-${last}/${image.length}`,
    ]);
    expect(await bytesOf(response)).toEqual(image.subarray(first, last + 1));
  });

  test.each(['bytes=99999999-', 'bytes=-0'])('%s is beyond the end', async (range) => {
    const response = await part(range);
    const { status, headers } = response;
    expect([status, headers.get('Content-Range'), headers.get('Cache-Control')]).toEqual([
      ...[416, `bytes */${image.length}`, 'no-store'],
    ]);
    expect(headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(await jsonOf(response)).toEqual({
      code: 'BAD_USER_INPUT',
      error: expect.stringContaining('Range'),
    });
  });

  test.each(['bytes=5-2', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=a-b', 'bytes', 'bytes=-'])(
    '%s is ignored: the whole file is sent',
    async (range) => {
      const response = await part(range);
      expect([response.status, response.headers.get('Content-Range')]).toEqual([200, null]);
      expect(response.headers.get('Accept-Ranges')).toBe('bytes');
      expect(await bytesOf(response)).toEqual(image);
    },
  );

  test('only of the content that the client has begun to read (If-Range)', async () => {
    const tag = (await part('bytes=0-9')).headers.get('ETag') ?? '';
    expect((await part('bytes=10-19', { 'If-Range': tag })).status).toBe(206);
    for (const other of ['"another"', `W/${tag}`, new Date().toUTCString()]) {
      const response = await part('bytes=10-19', { 'If-Range': other });
      expect([response.status, (await bytesOf(response)).length]).toEqual([200, image.length]);
    }
  });

  test('not of a HEAD request, and not of a file that the client has already', async () => {
    expect((await part('bytes=0-9', {}, 'HEAD')).status).toBe(200);
    const tag = (await part('bytes=0-9')).headers.get('ETag') ?? '';
    expect((await part('bytes=0-9', { 'If-None-Match': tag })).status).toBe(304);
  });

  test('of every kind of file', async () => {
    const { data } = await admin.graphql(
      '{ predictions(first: 1) { edges { node { evidenceMapUrl image { url thumbnailUrl } modelVersion { files { url } } } } } }',
    );
    const { evidenceMapUrl, image: shown, modelVersion } = data.predictions.edges[0].node;
    const urls: string[] = [
      evidenceMapUrl,
      shown.url,
      shown.thumbnailUrl,
      ...modelVersion.files.map(({ url }: any) => url),
    ];
    expect(urls.length).toBeGreaterThan(5);
    for (const address of urls) {
      const whole = await bytesOf(await admin.fetch(address));
      const response = await admin.fetch(address, { headers: { Range: 'bytes=20-39' } });
      expect([address, response.status]).toEqual([address, 206]);
      expect(await bytesOf(response)).toEqual(whole.subarray(20, 40));
    }
  });

  test('only for those who may read the file', async () => {
    const response = await stranger.fetch(url(), { headers: { Range: 'bytes=0-9' } });
    expect([response.status, response.headers.get('Content-Range')]).toEqual([401, null]);
  });
});
