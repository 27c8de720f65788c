import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { drawSmear } from '../../imaging/testing.js';
import { startServer, type TestServer } from '../../testing.js';
import { createTestClient, type TestClient } from '../testing.js';

let server: TestServer;
let admin: TestClient;

beforeAll(async () => {
  server = await startServer();
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
});
afterAll(() => server.stop());

const CLASSIFY = `mutation ($image: Upload!, $input: ClassifyInput) {
  classify(image: $image, input: $input) { prediction { id outcome label confidence image { sha256 url thumbnailUrl } } userErrors { message } }
}`;
const EVENTS = `query ($action: String, $filter: AuditEventFilter) {
  auditEvents(action: $action, filter: $filter) {
    edges { node { action outcome entityId detail requestId credentialId casePseudonym actor { id } answer { outcome label confidence } } }
  }
}`;

async function events(action: string, filter?: object): Promise<any[]> {
  const { data } = await admin.graphql(EVENTS, { action, filter });
  return data.auditEvents.edges.map(({ node }: any) => node);
}

/** Accesses are written a few seconds after they happened. */
async function eventually(action: string, filter?: object, areAll = (found: any[]) => found.length > 0) {
  for (let attempt = 0; attempt < 2_000; attempt++) {
    const found = await events(action, filter);
    if (areAll(found)) return found;
    await sleep(250);
  }
  throw new Error(`No event ${action} was recorded.`);
}

async function classify(seed: number, caseReference: string) {
  const image = await drawSmear({ seed }).png().toBuffer();
  const { data } = await admin.upload(CLASSIFY, image, { input: { caseReference } });
  return data.classify.prediction;
}

test('a page of images is one event; the answer of a classification is recorded', async () => {
  const predictions = [await classify(1, 'case-1'), await classify(2, 'case-1'), await classify(3, 'case-1')];
  const images = predictions.map(({ image }) => image.sha256).sort();
  const imagesOf = (found: any[]) =>
    found.flatMap(({ entityId, detail }) => entityId ?? detail.match(/[0-9a-f]{64}/g)).sort();
  const begun = performance.now();
  await Promise.all(predictions.map(({ image }) => admin.fetch(image.thumbnailUrl)));
  const seconds = (performance.now() - begun) / 1_000;
  const viewed = await eventually('IMAGES_VIEWED', {}, (found) => imagesOf(found).length === images.length);
  expect(imagesOf(viewed)).toEqual(images);
  expect(viewed.length).toBeLessThanOrEqual(1 + Math.floor(seconds / 3)); // what is viewed within 3 s is one event
  for (const { outcome, detail } of viewed) {
    expect(outcome).toBe('success');
    expect(viewed.length > 1 || detail.startsWith('3: ')).toBe(true);
  }

  const classified = await events('IMAGE_CLASSIFIED');
  for (const { id, outcome, label, confidence } of predictions)
    expect(classified).toContainEqual(
      expect.objectContaining({
        entityId: id,
        answer: { outcome, label, confidence },
        requestId: expect.any(String),
        credentialId: expect.stringMatching(/^sess_/),
      }),
    );
});

test('a search for a case is recorded under a pseudonym, and found by the case', async () => {
  const caseReference = 'Müller, 1961';
  await classify(4, caseReference);
  await admin.graphql(`query ($filter: PredictionFilter) { predictions(filter: $filter) { totalCount } }`, {
    filter: { caseReference },
  });
  const [search] = await eventually('CASE_SEARCHED', { caseReference });
  expect(search.casePseudonym).toMatch(/^[0-9a-f]{32}$/);
  const everything = await (await admin.fetch('/audit/events.jsonl')).text();
  expect(everything).toContain(search.casePseudonym);
  expect(everything).not.toContain('Müller');
});

test('the trail is exported as JSON lines and as CSV, and by filter', async () => {
  const lines = await admin.fetch('/audit/events.jsonl?action=SIGNED_IN');
  expect(lines.headers.get('Content-Disposition')).toBe('attachment; filename="audit-events.jsonl"');
  const parsed = (await lines.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(parsed.map(({ action }) => action)).toEqual(['SIGNED_IN']);

  const client = new pg.Client(server.databaseUrl);
  await client.connect();
  await client.query(
    `INSERT INTO "AuditEvent" (id, action, outcome, detail) VALUES ('aud_${'0'.repeat(32)}', 'SIGNED_OUT', 'success', $1)`,
    ['=HYPERLINK("http://evil.example","x"), "quoted"'],
  );
  await client.end();
  const csv = await (await admin.fetch('/audit/events.csv?action=SIGNED_OUT')).text();
  expect(csv.split('\r\n')).toEqual([
    expect.stringMatching(/^\uFEFF?chainPosition,id,createdAt,actorId,action/),
    expect.stringMatching(/SIGNED_OUT.*"'=HYPERLINK\(""http:\/\/evil\.example"",""x""\), ""quoted"""$/),
    '',
  ]);
  expect((await events('AUDIT_TRAIL_EXPORTED')).length).toBeGreaterThanOrEqual(2);
});

test('those who may not read the trail cannot export it, and the refusal is recorded', async () => {
  expect((await createTestClient(server.url).fetch('/audit/events.csv')).status).toBe(401);
  const wrong = await admin.fetch('/audit/events.csv?createdAfter=yesterday');
  expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'BAD_USER_INPUT' }]);

  const { data } = await admin.graphql(`{ viewer { id } }`);
  const client = new pg.Client(server.databaseUrl);
  await client.connect();
  await client.query(`UPDATE "User" SET roles = '{CLINICIAN}'`);
  expect((await admin.fetch('/audit/events.csv')).status).toBe(403);
  await client.query(`UPDATE "User" SET roles = '{ADMIN}'`);
  await client.end();
  const [refused] = await eventually('ACCESS_REFUSED');
  expect(refused).toMatchObject({
    outcome: 'failure',
    entityId: 'GET /audit/events.csv',
    actor: { id: data.viewer.id },
  });
});
