import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createDatabase } from '../database/client.js';
import { createTestDatabase, type TestDatabase } from '../database/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { createTestClient, type TestClient } from './testing.js';

// Sends malformed forms to the whole server in a separate process, which must survive them all.

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };
/** To use another seed: FUZZ_SEED=123 node scripts/test.mjs e2e forms */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_128);
/** For each of the two routes. */
const FUZZ_RUNS = 1_050;
const LONGEST_ANSWER_MS = 60_000;

let database: TestDatabase;
let folder: string;
let child: ChildProcess;
let output = '';
let client: TestClient;
let url: URL;
let cell: Buffer;
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-forms-'));
  database = await createTestDatabase();
  child = spawn(process.execPath, [PROGRAM], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: folder,
      DATABASE_URL: database.url,
      PORT: '0',
      WORKER: 'external',
      INFERENCE_THREADS: '1',
      LOG_LEVEL: 'warn',
      MAX_UPLOAD_BYTES: '50000',
      MAX_ARTIFACT_BYTES: '60000',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  let address: string | undefined;
  while (!address) {
    expectAlive();
    await sleep(20);
    address = /answers at (\S+)/.exec(output)?.[1];
  }
  url = new URL(address);
  client = createTestClient(address);
  await client.signIn(ADMIN);
  cell = await drawSmear({ width: 96, height: 96 }).png().toBuffer();
});
afterAll(async () => {
  agent.destroy();
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

function expectAlive(): void {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`The server ended (${child.exitCode ?? child.signalCode}):\n${output}`);
  }
}

interface Answer {
  status: number;
  body: string;
}

/** Sends one request with this body. Rejects if the connection closes without a response, or none comes in time. */
function post(route: string, contentType: string, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      new URL(route, url),
      {
        method: 'POST',
        agent,
        headers: {
          ...client.headers,
          'Apollo-Require-Preflight': 'true',
          'Content-Type': contentType,
          'Content-Length': body.length,
        },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on('error', reject);
      },
    );
    sent.setTimeout(LONGEST_ANSWER_MS, () => sent.destroy(new Error('No answer came.')));
    sent.on('error', reject);
    sent.end(body);
  });
}

// ---- forms ----------------------------------------------------------------------------------------------------------

interface Part {
  headers: readonly string[];
  content: string | Buffer;
}

interface Form {
  parts: readonly Part[];
  boundary?: string;
  newline?: string;
  ending?: string;
}

function encode({ parts, boundary = 'b', newline = '\r\n', ending = `--${newline}` }: Form): Buffer {
  const pieces: (string | Buffer)[] = [];
  for (const { headers, content } of parts) {
    pieces.push(`--${boundary}${newline}`, headers.map((header) => header + newline).join(''), newline);
    pieces.push(content, newline);
  }
  pieces.push(`--${boundary}${ending}`);
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

const disposition = (name: string, fileName?: string) =>
  `Content-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}`;
const field = (name: string, content: string): Part => ({ headers: [disposition(name)], content });
const file = (name: string, content: string | Buffer, fileName = 'cell.png'): Part => ({
  headers: [disposition(name, fileName), 'Content-Type: image/png'],
  content,
});
const OPERATIONS = JSON.stringify({
  query: `mutation ($image: Upload!) {
    classify(image: $image) { prediction { id } userErrors { code } }
  }`,
  variables: { image: null },
});
const operations = field('operations', OPERATIONS);
const map = field('map', '{"0":["variables.image"]}');
const TYPE = 'multipart/form-data; boundary=b';

/** The parts that come before the file, and the name of its field. */
const ROUTES = [
  { route: '/graphql', before: [operations, map], name: '0' },
  { route: '/predict', before: [field('caseReference', 'first')], name: 'image' },
] as const;

describe.each(ROUTES)('$route', ({ route, before, name }) => {
  const bad = (header: string) => ({ headers: [header], content: 'x' });
  const whole = () => encode({ parts: [...before, file(name, cell)] });

  test('answers a form that is whole', async () => {
    const answer = await post(route, TYPE, whole());
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"pred_') });
  });

  test.each<[string, RegExp, () => Buffer | [string, Buffer]]>([
    ['a header without a colon', /malformed header/, () => encode({ parts: [bad('no colon'), ...before] })],
    [
      'one after the file',
      /malformed header/,
      () => encode({ parts: [...before, file(name, cell), bad('x')] }),
    ],
    ['one in the file itself', /malformed header/, () => encode({ parts: [...before, bad('no colon')] })],
    ['a header without a name', /malformed header/, () => encode({ parts: [...before, bad(': x')] })],
    [
      'DEL in the name of the file',
      /malformed header/,
      () => encode({ parts: [...before, file(name, cell, 'cell\x7f.jpg')] }),
    ],
    [
      'NUL in the name of the file',
      /malformed header/,
      () => encode({ parts: [...before, file(name, cell, 'cell\0.jpg')] }),
    ],
    [
      'a header of 17 KB',
      /malformed header/,
      () => encode({ parts: [...before, bad(`X: ${'x'.repeat(17_000)}`)] }),
    ],
    [
      '2,001 headers',
      /malformed header/,
      () =>
        encode({
          parts: [
            ...before,
            { headers: Array.from({ length: 2001 }, (_, index) => `X-${index}: x`), content: 'x' },
          ],
        }),
    ],
    ['another boundary', /No part/, () => ['multipart/form-data; boundary=other', whole()]],
    ['no boundary', /boundary/, () => ['multipart/form-data', whole()]],
    ['an empty boundary', /boundary|No part/, () => ['multipart/form-data; boundary=', whole()]],
    ['LF alone', /No part/, () => encode({ parts: [...before, file(name, cell)], newline: '\n' })],
    ['no body', /No part/, () => Buffer.alloc(0)],
    ['no part', /field/, () => Buffer.from('--b--\r\n')],
    ['text', /No part/, () => Buffer.from('hello')],
    ['half of the file', /incomplete/, () => whole().subarray(0, -cell.length / 2)],
    ['no closing boundary', /incomplete/, () => whole().subarray(0, -6)],
    ['half a closing boundary', /incomplete/, () => whole().subarray(0, -4)],
    ['an end within a header', /malformed header|incomplete/, () => whole().subarray(0, -cell.length - 30)],
    ['an end within the first header', /malformed header|No part|incomplete/, () => whole().subarray(0, 15)],
  ])('refuses %s, and says why', async (_what, reason, make) => {
    const made = make();
    const [type, body] = Array.isArray(made) ? made : [TYPE, made];
    const answer = await post(route, type, body);
    expect(answer).toEqual({ status: 400, body: expect.stringMatching(reason) });
    expect(answer.body).toContain('BAD_USER_INPUT');
    expectAlive();
  });

  test('96 uploads that are cut off at different places, of different forms, leave nothing behind', async () => {
    const other = Buffer.concat([cell, Buffer.alloc(200_000)]);
    const forms = [
      whole(),
      encode({ parts: [...before, file('picture', other)] }),
      encode({ parts: [...before, file(name, other), file('second', other)] }),
      encode({ parts: [...before, file('first', other), file(name, cell)] }),
    ];
    for (let index = 0; index < 96; index++) {
      const body = forms[index % forms.length] ?? cell;
      await sendPart(route, body, Math.floor((body.length * (index + 1)) / 98), index % 3 === 0);
    }
    await expectNothingLeft();
    expect((await post(route, TYPE, whole())).status).toBe(200);
  });

  test(`answers or refuses ${FUZZ_RUNS} forms that chance has made (FUZZ_SEED=${SEED})`, async () => {
    const statuses = new Map<number, number>();
    const answersOrRefuses = fc.asyncProperty(anyForm(before, name), async ({ type, body }) => {
      const { status, body: text } = await post(route, type, body).finally(expectAlive);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const isWell = status < 500 || (status === 503 && /OVERLOADED|UNAVAILABLE/.test(text));
      if (!isWell || text.includes('INTERNAL_SERVER_ERROR')) throw new Error(`${status} ${text}`);
    });
    await fc.assert(answersOrRefuses, { numRuns: FUZZ_RUNS, seed: SEED });
    await expectNothingLeft();
    // All kinds of responses must occur, otherwise the test proves little.
    expect(statuses.get(200)).toBeGreaterThan(FUZZ_RUNS / 50);
    expect(statuses.get(400)).toBeGreaterThan(FUZZ_RUNS / 50);
    console.log(`${route}: seed ${SEED}, ${JSON.stringify(Object.fromEntries(statuses))}`);
  });
});

test('a map can only set variables, and none of its files waits for a file that nothing reads', async () => {
  const large = Buffer.alloc(59_000, 'x');
  const send = (places: Record<string, string[]>, variables: object, files: Part[]) =>
    post(
      '/graphql',
      TYPE,
      encode({
        parts: [
          field('operations', JSON.stringify({ ...JSON.parse(OPERATIONS), variables })),
          field('map', JSON.stringify(places)),
          ...files,
        ],
      }),
    );
  const two = [file('0', large), file('1', large), file('2', cell)];
  for (const [places, variables] of [
    [{ 0: ['toString.call'] }, { image: null }],
    [{ 0: ['variables.toString.0'] }, { image: null }],
    [{ 0: ['variables.hasOwnProperty'] }, { image: null }],
    [{ 0: ['variables.image.4294967294'] }, { image: [] }],
    [{ 0: [], 2: ['variables.image'] }, { image: null }],
    [{ 0: ['variables.image'], 2: ['variables.image'] }, { image: null }],
    [{ 0: ['variables.image', 'variables.other'] }, { image: null }],
    [
      { 0: ['variables.other.a'], 2: ['variables.image'] },
      { image: null, other: { a: null } },
    ],
    [{ 0: ['extensions.a'], 2: ['variables.image'] }, { image: null }],
    [{ 0: ['variables.image'], 1: ['variables.image.0'] }, { image: null }],
  ] as const) {
    const answer = await send(places as unknown as Record<string, string[]>, variables, two);
    expect([places, answer.status]).toEqual([places, 400]);
    expect(answer.body).toMatch(/map|one variable/);
  }
  // Files that the map does not name are dropped, and a second one of a name is refused.
  expect((await send({ 2: ['variables.image'] }, { image: null }, two)).body).toContain('"pred_');
  const twice = await send({ 0: ['variables.image'] }, { image: null }, [file('0', cell), file('0', large)]);
  expect(twice).toEqual({ status: 400, body: expect.stringContaining("two files called '0'") });
  expectAlive();
});

/** Sends the first bytes of a request and then closes the connection, with a reset or without. */
async function sendPart(route: string, body: Buffer, length: number, reset: boolean): Promise<void> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const headers = [
    `POST ${route} HTTP/1.1`,
    'Host: x',
    `Cookie: ${client.headers.cookie}`,
    'Apollo-Require-Preflight: 1',
    `Content-Type: ${TYPE}`,
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${headers.join('\r\n')}\r\n\r\n`);
  socket.write(body.subarray(0, length));
  await sleep(length % 20);
  if (reset) socket.resetAndDestroy();
  else socket.destroy();
  expectAlive();
}

/** No draft of an object, no object without a row, no row without its object, and no request in progress. */
async function expectNothingLeft(): Promise<void> {
  const objects = path.join(folder, 'objects');
  const filesBelow = async (name: string) =>
    (await readdir(path.join(objects, name), { recursive: true }).catch((): string[] => [])).map((entry) =>
      path.basename(entry),
    );
  const prisma = createDatabase(database.url, 1);
  try {
    const deadline = Date.now() + LONGEST_ANSWER_MS;
    for (;;) {
      const drafts = await filesBelow('.drafts');
      const stored = (await filesBelow('images')).filter((entry) => entry.length === 64).sort();
      const known = (await prisma.image.findMany()).map(({ sha256 }) => sha256).sort();
      const waiting = /^cytograph_images_waiting (\d+)$/m.exec(await (await client.fetch('/metrics')).text());
      const left = { drafts, stored, waiting: waiting?.[1] };
      const nothing = { drafts: [], stored: known, waiting: '0' };
      if (JSON.stringify(left) === JSON.stringify(nothing)) break;
      if (Date.now() > deadline) expect(left).toEqual(nothing);
      await sleep(100);
    }
  } finally {
    await prisma.$disconnect();
  }
  expectAlive();
}

// ---- random forms ---------------------------------------------------------------------------------------------------

function anyForm(before: readonly Part[], name: string): fc.Arbitrary<{ type: string; body: Buffer }> {
  const usual = [...before, file(name, cell)];
  const oddText = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom('\x7f', '\0', '\r', '\n', '"', '\\', 'ä', '\u202e', '../../x', 'x'.repeat(17_000), ''),
  );
  const headerOf = (partName: string) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(disposition(partName), disposition(partName, 'cell.png')) },
      { weight: 2, arbitrary: oddText.map((text) => disposition(partName, text)) },
      { weight: 2, arbitrary: oddText.map((text) => `Content-Disposition: form-data; ${text}`) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'Content-Disposition: attachment; name="0"',
          'Content-Disposition: form-data',
          `Content-Disposition: form-data; name*=utf-8''${partName}; filename*=iso-8859-99''%zz`,
          'Content-Disposition:',
        ),
      },
    );
  const otherHeader = fc.oneof(
    oddText.map((text) => `X: ${text}`),
    oddText,
    fc.constantFrom(
      'Content-Type: text/plain; charset=nonsense',
      'Content-Type: application/octet-stream',
      'Content-Type: multipart/mixed; boundary=b',
      'Content-Type: /',
      'Content-Transfer-Encoding: base64',
      'X: folded\r\n over lines',
      `${'X: x\r\n'.repeat(2_100)}X: x`,
      ': x',
      'no colon',
    ),
  );
  const content = fc.oneof(
    fc.constantFrom<string | Buffer>(cell, OPERATIONS, '{"0":["variables.image"]}', '', '{', 'null', '[]'),
    fc.constantFrom(
      '{"0":[]}',
      '{"0":["variables.image"],"1":["variables.image"]}',
      '{"0":["__proto__.x"]}',
      '{"0":["variables.toString.x"]}',
      '{"0":["variables.image.99999999"]}',
      '{"0":[1]}',
      '{"0":{}}',
      '[[[[',
      '\r\n--b',
      '\r\n--b\r\n\r\n',
      '\r\n--b-',
    ),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.integer({ min: 1, max: 140_000 }).map((length) => Buffer.alloc(length, 'x')),
  );
  const anyPart = fc
    .constantFrom('operations', 'map', '0', '1', 'image', 'file', 'comment', '')
    .chain((partName) =>
      fc.record({
        headers: fc
          .tuple(fc.option(headerOf(partName), { freq: 8 }), fc.array(otherHeader, { maxLength: 2 }))
          .map(([first, others]) => (first === null ? others : [first, ...others])),
        content,
      }),
    );
  const parts = fc.oneof(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 3, arbitrary: fc.shuffledSubarray(usual) },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.nat(usual.length), anyPart).map(([at, part]) => usual.toSpliced(at, 0, part)),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.nat(usual.length - 1), anyPart)
        .map(([at, part]) => usual.toSpliced(at, 1, part)),
    },
    { weight: 3, arbitrary: fc.array(anyPart, { maxLength: 6 }) },
  );
  const rarely = <T>(common: T, others: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 8, arbitrary: fc.constant(common) }, { weight: 1, arbitrary: others });
  return fc
    .record({
      parts,
      boundary: rarely('b', fc.constantFrom('bb', 'B', '', 'c', 'x'.repeat(70), 'a b', "'()+_,-./:=?")),
      newline: rarely('\r\n', fc.constantFrom('\n', '\r', '\r\n\r\n')),
      ending: rarely('--\r\n', fc.constantFrom('', '-', '--', '\r\n', '--x', '--\r\n--b\r\n\r\n')),
      type: rarely(
        TYPE,
        fc.constantFrom(
          'multipart/form-data',
          'multipart/form-data; boundary=',
          'multipart/form-data; boundary="b"',
          `multipart/form-data; boundary=${'x'.repeat(70)}`,
          'multipart/form-data; boundary=b; charset=x',
          'multipart/mixed; boundary=b',
          'Multipart/Form-Data; Boundary=b',
        ),
      ),
      cut: rarely(1, fc.double({ min: 0, max: 1, noNaN: true })),
    })
    .map(({ type, cut, ...form }) => {
      const body = encode(form);
      return { type, body: body.subarray(0, Math.round(cut * body.length)) };
    });
}
