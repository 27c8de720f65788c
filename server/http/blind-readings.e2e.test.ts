import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type Database } from '../database/client.js';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// What the reader of an open blind reading sees in files, exports and live updates is recorded, so that their reviews do not count as blind.

const CELLS = 2;

let server: TestServer;
let reader: TestClient;
let database: Database;
let caseId: string;
let predictionIds: string[];
let reportId: string;

beforeAll(async () => {
  server = await startServer();
  reader = createTestClient(server.url);
  await reader.signIn(server.admin);
  database = createDatabase(server.databaseUrl, 1);
  predictionIds = [];
  for (let seed = 1; seed <= CELLS; seed++) {
    const { data } = await reader.upload(
      `mutation ($image: Upload!, $input: ClassifyInput) {
        classify(image: $image, input: $input) { prediction { id case { id } } userErrors { message } } }`,
      await drawSmear({ seed }).png().toBuffer(),
      { input: { caseReference: 'read blind' } },
    );
    predictionIds.push(data.classify.prediction.id);
    caseId = data.classify.prediction.case.id;
    await review(data.classify.prediction.id);
  }
  const { saveReportDraft } = await call(
    `mutation ($input: SaveReportDraftInput!) { saveReportDraft(input: $input) { case { reportDraft { digest } } userErrors { message } } }`,
    {
      input: {
        ...{ caseId, revision: 0, conclusion: 'Blasts.', fewCellsReason: 'Leukopenia.' },
        supportingPredictionIds: [],
      },
    },
  );
  const { signReport } = await call(
    'mutation ($input: SignReportInput!) { signReport(input: $input) { report { id } userErrors { message } } }',
    {
      input: {
        ...{ caseId, password: server.admin.password },
        digest: saveReportDraft.case.reportDraft.digest,
      },
    },
  );
  reportId = signReport.report.id;
});
afterAll(async () => {
  await database.$disconnect();
  await server.stop();
});

async function call(text: string, variables: Record<string, unknown>): Promise<any> {
  const { data, errors } = await reader.graphql(text, variables);
  expect(errors ?? []).toEqual([]);
  return data;
}

let reviewCount = 0;
/** Adds a review that says something else than those before. */
async function review(predictionId: string): Promise<void> {
  const { reviewPrediction } = await call(
    'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
    { input: { predictionId, label: 'blast', comment: `Review ${++reviewCount}` } },
  );
  expect(reviewPrediction.userErrors).toEqual([]);
}

/** How many cells of a new blind reading count as seen after `see`. */
async function seenAfter(see: () => Promise<void>): Promise<number> {
  const { startReading } = await call(
    'mutation ($input: StartReadingInput!) { startReading(input: $input) { reading { id } userErrors { message } } }',
    { input: { filter: { caseId }, order: 'RANDOM_SAMPLE', blind: true } },
  );
  const readingId = startReading.reading.id;
  expect(await database.readingCell.count({ where: { readingId, answerSeenAt: null } })).toBe(CELLS);
  await see();
  return database.readingCell.count({ where: { readingId, answerSeenAt: { not: null } } });
}

async function download(path: string): Promise<void> {
  const response = await reader.fetch(path);
  await response.arrayBuffer();
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
}

test.each([
  ['the draft of the report as a PDF', () => `/files/cases/${caseId}/draft-report.pdf`],
  ['the draft of the report as FHIR', () => `/files/cases/${caseId}/draft-report.json`],
  ['the signed report as a PDF', () => `/files/reports/${reportId}/report.pdf`],
  ['the signed report as FHIR', () => `/files/reports/${reportId}/bundle.json`],
  ['an export as CSV', () => `/export/predictions?caseId=${caseId}`],
  ['an export as JSON lines', () => `/export/predictions?caseId=${caseId}&format=jsonl`],
  ['an export as Parquet', () => `/export/predictions?caseId=${caseId}&format=parquet`],
])('%s shows the answers of all its cells', async (_what, path) => {
  expect(await seenAfter(() => download(path()))).toBe(CELLS);
});

test('the picture of the evidence shows the answer of its cell', async () => {
  expect(await seenAfter(() => download(`/files/predictions/${predictionIds[0] ?? ''}/evidence.png`))).toBe(
    1,
  );
});

test('pictures of the cells show no answer', async () => {
  expect(await seenAfter(() => download(`/files/predictions/${predictionIds[0] ?? ''}/cell.jpg`))).toBe(0);
});

test('live updates show the reviews of others, also in a page that was opened before the reading', async () => {
  const [first = '', second = ''] = predictionIds;
  const events = reader.subscribe('subscription { predictionChanged { kind prediction { id finalLabel } } }');
  const next = async (id: string) => {
    for (;;) {
      const { value } = await events.next();
      if (value.data.predictionChanged.prediction?.id === id) return;
    }
  };
  // It is not known when the subscription begins, so the other cell is reviewed until an event comes.
  const live = { hasBegun: false };
  const beginning = next(second).then(() => (live.hasBegun = true));
  while (!live.hasBegun) {
    await review(second);
    await sleep(100);
  }
  await beginning;
  // The subscription has answered for this cell before.
  const firstEvent = next(first);
  await review(first);
  await firstEvent;
  const seen = await seenAfter(async () => {
    const event = next(first);
    await review(first);
    await event;
  });
  expect(seen).toBe(1);
  const third = next(second);
  await review(second);
  await third;
  await events.return?.();
});
