import {
  buildSchema,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
} from 'graphql';
import { createClient } from 'graphql-ws';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type GraphqlAnswer, type TestClient } from './testing.js';

const schema = buildSchema(readFileSync('server/graphql/schema.graphql', 'utf8'));
const BAD = { NUL: 'a\0b', surrogate: 'a\ud800b', long: 'a'.repeat(300_000) };

let server: TestServer;
let admin: TestClient;
let image: Buffer;

beforeAll(async () => {
  server = await startServer({ env: { TRUST_PROXY: '1' } });
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
  image = await drawSmear().png().toBuffer();
});
afterAll(() => server.stop());

/** An operation with one invalid text; all other required arguments have a value of their type. */
interface Attack {
  kind: string;
  name: string;
  path: string[];
  query: string;
  variables: Record<string, unknown>;
  hasUpload: boolean;
}

function attacks(bad: string): Attack[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.values(type?.getFields() ?? {}).flatMap((field) =>
      attacksOn(type?.name.toLowerCase() ?? '', field, bad),
    ),
  );
}

function attacksOn(kind: string, field: GraphQLField<unknown, unknown>, bad: string): Attack[] {
  const declared = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  const query = `${kind} (${declared}) { ${field.name}(${passed}) ${selection(getNamedType(field.type))} }`;
  const good = Object.fromEntries(field.args.map(({ name, type }) => [name, sample(type)]));
  const hasUpload = field.args.some(({ type }) => getNamedType(type).name === 'Upload');
  return field.args.flatMap(({ name, type }) =>
    spoilt(type, bad).map(({ path, value }) => ({
      kind,
      name: field.name,
      path: [name, ...path],
      query,
      variables: { ...good, [name]: value },
      hasUpload,
    })),
  );
}

function selection(type: GraphQLNamedType): string {
  if (!isObjectType(type)) return 'getFields' in type ? '{ __typename }' : '';
  return 'userErrors' in type.getFields() ? '{ userErrors { code field message } }' : '{ __typename }';
}

/** A value of the type with all required fields. */
function sample(type: GraphQLInputType): unknown {
  if (!isNonNullType(type)) return undefined;
  const { ofType } = type;
  if (isListType(ofType)) return [];
  if (isEnumType(ofType)) return ofType.getValues()[0]?.name;
  if (isInputObjectType(ofType)) {
    return Object.fromEntries(
      Object.values(ofType.getFields()).map((field) => [field.name, sample(field.type)]),
    );
  }
  const samples: Record<string, unknown> = {
    Int: 1,
    Float: 0.5,
    Boolean: true,
    DateTime: '2026-01-01T00:00:00Z',
    Upload: null,
  };
  return ofType.name in samples ? samples[ofType.name] : 'sample-text';
}

/** The values of the type with the invalid text in one place: every place for a text, an enum or a date. */
function spoilt(type: GraphQLInputType, bad: string): { path: string[]; value: unknown }[] {
  if (isNonNullType(type)) return spoilt(type.ofType, bad);
  if (isListType(type))
    return spoilt(type.ofType, bad).map(({ path, value }) => ({ path: ['0', ...path], value: [value] }));
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const good = Object.fromEntries(fields.map((field) => [field.name, sample(field.type)]));
    return fields.flatMap((field) =>
      spoilt(field.type, bad).map(({ path, value }) => ({
        path: [field.name, ...path],
        value: { ...good, [field.name]: value },
      })),
    );
  }
  return type.name === 'Upload' ? [] : [{ path: [], value: bad }];
}

/** Sends it again while the account has used up what it may request in ten seconds: some operations cost much. */
async function afterLimits(send: () => Promise<GraphqlAnswer>): Promise<GraphqlAnswer> {
  for (;;) {
    const answer = await send();
    const isOverLimit = answer.errors?.some(({ message }) =>
      message.startsWith('Your requests of the last 10 s'),
    );
    if (!isOverLimit) return answer;
    await sleep(1_000);
  }
}

/** Checks that the response to an invalid text is an error of the caller that names the argument. */
function expectRefusal({ name, path, kind }: Attack, { data, errors = [] }: GraphqlAnswer) {
  const userErrors: { code: string; field: string[] | null; message: string }[] =
    data?.[name]?.userErrors ?? [];
  const codes = [...errors.map(({ extensions }) => extensions.code), ...userErrors.map(({ code }) => code)];
  const label = `${kind} ${name}(${path.join('.')})`;
  expect([label, codes]).toEqual([
    label,
    expect.arrayContaining([expect.stringMatching(/^(INVALID|BAD_USER_INPUT)$/)]),
  ]);
  const said = [...errors, ...userErrors].map((error) => JSON.stringify(error)).join(' ');
  expect(said).toContain(path.filter((part) => !/^\d+$/.test(part)).at(-1));
}

test('ten thousand operations at once on one WebSocket leave the server free for others', async () => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: admin.headers,
  });
  const allowed = 50; // of an account, on all connections
  const heard: { id?: string; type: string; payload?: { message: string }[] }[] = [];
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  let done = () => {};
  const allAnswered = new Promise<void>((resolve) => (done = resolve));
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  socket.on('message', (text: Buffer) => {
    const message = JSON.parse(text.toString('utf8'));
    if (message.type === 'connection_ack') return open();
    heard.push(message);
    if (heard.filter(({ type }) => type === 'error').length === 10_000 - allowed) done();
  });
  await opened;
  const query = 'subscription { predictionCreated { id } }'; // stays active
  for (let id = 0; id < 10_000; id++)
    socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload: { query } }));
  await allAnswered;
  const refusals = heard.map(({ payload }) => payload?.[0]?.message ?? '');
  expect(refusals.filter((text) => text.startsWith('A connection has at most 100 operations'))).not.toEqual(
    [],
  );
  expect(refusals.filter((text) => text.startsWith('Your account has 50 operations'))).not.toEqual([]);
  expect((await admin.graphql('{ viewer { id } }')).data?.viewer).toBeTruthy();
  socket.terminate();
});

/** Operations that need an image before they look at their other arguments. */
const UPLOADS_OF_IMAGES = ['classify', 'classifyField'];

describe.each(Object.entries(BAD))('%s', (_title, bad) => {
  test('in any argument of any operation over HTTP', async () => {
    const all = attacks(bad).filter(({ kind }) => kind !== 'subscription');
    expect(all.length).toBeGreaterThan(60);
    for (const attack of all) {
      const { query, variables, hasUpload } = attack;
      const answer = await afterLimits(() =>
        UPLOADS_OF_IMAGES.includes(attack.name)
          ? admin.upload(query, image, variables)
          : admin.graphql(query, hasUpload ? { ...variables, files: [] } : variables),
      );
      expectRefusal(attack, answer);
    }
  });

  test('in any argument of any operation over WebSocket', async () => {
    class SignedInSocket extends WebSocket {
      constructor(address: string | URL, protocols?: string | string[]) {
        super(address, protocols, { headers: admin.headers });
      }
    }
    const client = createClient({
      url: `${server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: SignedInSocket,
      retryAttempts: 0,
    });
    for (const attack of attacks(bad).filter(({ hasUpload }) => !hasUpload)) {
      const { query, variables } = attack;
      const answer = await afterLimits(() =>
        client
          .iterate({ query, variables })
          .next()
          .then(({ value }) => value as GraphqlAnswer)
          // Errors before an operation starts arrive as a separate list.
          .catch((errors: unknown): GraphqlAnswer => JSON.parse(JSON.stringify({ errors }))),
      );
      expectRefusal(attack, answer);
    }
    await client.dispose();
  });

  test('in the address, a header or a file name is never a fault of the server', async () => {
    const url = (text: string) =>
      [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const short = url(bad.slice(0, 3_000));
    const addresses = [
      `/files/images/${short}`,
      `/files/images/${short}/thumbnail`,
      `/files/images/${'a'.repeat(64)}/thumbnail?size=${short}`,
      `/files/predictions/${short}/evidence.png`,
      `/files/models/${short}/${short}`,
      `/predictions/${short}`,
      `/graphql?query=${url('{ viewer { id } }')}&operationName=${short}`,
      `/graphql?query=${short}`,
      `/graphql?query=${url('{ viewer { id } }')}&variables=${short}`,
      `/graphql?query=${url('query ($id: ID!) { node(id: $id) { id } }')}&variables=${url(JSON.stringify({ id: bad.slice(0, 3_000) }))}`,
    ];
    for (const address of addresses) {
      const response = await admin.fetch(address, {
        headers: { 'Apollo-Require-Preflight': 'true', Accept: 'application/json' },
      });
      expect([address.slice(0, 40), response.status < 500]).toEqual([address.slice(0, 40), true]);
      expect(await response.text()).not.toContain('INTERNAL_SERVER_ERROR');
    }

    for (const header of [
      'Authorization: Bearer ',
      'Cookie: cytograph_session=',
      'X-Forwarded-For: ',
      'X-Forwarded-Host: ',
      'User-Agent: ',
    ])
      expect([header, await statusOf(header + bad.slice(0, 3_000))]).toEqual([
        header,
        expect.stringMatching(/^[234]/),
      ]);

    const named = [`filename="${bad.slice(0, 3_000)}"`, `filename*=UTF-8''${short}`];
    for (const name of named) {
      expect([name.slice(0, 20), await predictStatus(name)]).toEqual([
        name.slice(0, 20),
        expect.stringMatching(/^[24]/),
      ]);
    }
  });
});

/** The status of a signed-out query with one more header line, sent as it is; a closed connection counts as 400. */
function statusOf(headerLine: string): Promise<string> {
  const body = '{"query":"{ viewer { id } }"}';
  return rawStatus(
    `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headerLine}\r\n\r\n${body}`,
  );
}

/** The status of /predict for a form whose file part has this parameter in its header. */
function predictStatus(parameter: string): Promise<string> {
  const head = `--b\r\nContent-Disposition: form-data; name="image"; ${parameter}\r\nContent-Type: image/png\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), image, Buffer.from('\r\n--b--\r\n')]);
  return rawStatus(
    Buffer.concat([
      Buffer.from(
        `POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${admin.headers.cookie}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]),
  );
}

function rawStatus(request: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? '400'));
    socket.write(request);
  });
}
