import { drawSmear } from '../imaging/testing.js';
import { readPdf } from '../features/reports/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

const REFERENCE = 'Παπαδόπουλος & Łęcka';

let server: TestServer;
let admin: TestClient;

beforeAll(async () => {
  server = await startServer();
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
});
afterAll(() => server.stop());

async function call(text: string, variables: Record<string, unknown> = {}): Promise<any> {
  const { data, errors } = await admin.graphql(text, variables);
  expect(errors ?? []).toEqual([]);
  return data;
}

const REPORT = 'id pdfUrl fhirUrl digest';

/** A case with a reviewed cell and a signed report. */
async function signedCase() {
  const image = await drawSmear({ seed: 5 }).png().toBuffer();
  const { data } = await admin.upload(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classify(image: $image, input: $input) { prediction { id case { id } } userErrors { message } } }`,
    image,
    { input: { caseReference: REFERENCE } },
  );
  const { prediction } = data.classify;
  const caseId = prediction.case.id;
  await call(
    'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
    { input: { predictionId: prediction.id, label: 'blast', cellType: 'MYELOBLAST' } },
  );
  const { saveReportDraft: saved } = await call(
    `mutation ($input: SaveReportDraftInput!) { saveReportDraft(input: $input) {
      case { signingObstacles reportDraft { digest pdfUrl fhirUrl } } userErrors { message } } }`,
    {
      input: {
        ...{ caseId, revision: 0, conclusion: 'Myeloblasts are present.', fewCellsReason: 'Leukopenia.' },
        supportingPredictionIds: [prediction.id],
      },
    },
  );
  expect(saved).toMatchObject({ case: { signingObstacles: [] }, userErrors: [] });
  const draft = saved.case.reportDraft;
  const drafts = { pdf: await admin.fetch(draft.pdfUrl), fhir: await admin.fetch(draft.fhirUrl) };
  const { signReport: signed } = await call(
    `mutation ($input: SignReportInput!) { signReport(input: $input) { report { ${REPORT} } userErrors { message } } }`,
    { input: { caseId, digest: draft.digest, password: server.admin.password } },
  );
  expect(signed.userErrors).toEqual([]);
  return { caseId, draft, drafts, report: signed.report };
}

test('reports are sent as PDF and FHIR, to those who may see images, and every download is recorded', async () => {
  const { caseId, drafts, report } = await signedCase();

  const draftPdf = await readPdf(new Uint8Array(await drafts.pdf.arrayBuffer()));
  expect(draftPdf.pages[0]).toContain('DRAFT – not signed');
  const draftBundle: any = await drafts.fhir.json();
  expect(draftBundle.entry[0].resource.status).toBe('preliminary');

  const pdf = await admin.fetch(report.pdfUrl);
  expect([pdf.status, pdf.headers.get('Content-Type'), pdf.headers.get('Cache-Control')]).toEqual([
    ...[200, 'application/pdf', 'private, no-store'],
  ]);
  expect(pdf.headers.get('Content-Disposition')).toBe(`inline; filename="report-1-${caseId}.pdf"`);
  const { pages } = await readPdf(new Uint8Array(await pdf.arrayBuffer()));
  expect(pages).toHaveLength(1);
  for (const text of [REFERENCE, 'Myeloblasts are present.', report.digest, 'Final report, version 1'])
    expect(pages[0]).toContain(text);
  expect(pages[0]).not.toContain('Image not'); // the thumbnail is there

  const fhir = await admin.fetch(report.fhirUrl);
  expect([fhir.status, fhir.headers.get('Content-Type')]).toEqual([
    200,
    expect.stringMatching(/^application\/fhir\+json/),
  ]);
  const bundle: any = await fhir.json();
  expect(bundle.entry[0].resource).toMatchObject({
    ...{ resourceType: 'DiagnosticReport', status: 'final', conclusion: 'Myeloblasts are present.' },
    presentedForm: [{ contentType: 'application/pdf', data: expect.stringMatching(/^JVBERi0/) }],
  });

  for (const url of [report.pdfUrl, report.fhirUrl]) {
    expect((await createTestClient(server.url).fetch(url)).status).toBe(401);
    expect((await admin.fetch(url.replace(/rep_.{4}/, 'rep_0000'))).status).toBe(404);
  }

  await recorded([
    ...[`${caseId} draft pdf`, `${caseId} draft json`],
    ...[`${caseId} version 1 pdf`, `${caseId} version 1 json`],
  ]);

  await call('mutation ($input: EraseCaseInput!) { eraseCase(input: $input) { userErrors { message } } }', {
    input: { caseReference: REFERENCE, reason: 'The patient has withdrawn consent.' },
  });
  expect((await admin.fetch(report.pdfUrl)).status).toBe(404);
});

/** Waits until the downloads are in the audit trail, with the pseudonym of their case: accesses are written a few seconds after they happened. */
async function recorded(downloads: readonly string[]): Promise<void> {
  let found = '';
  for (let attempt = 0; attempt < 2_000 && !downloads.every((each) => found.includes(each)); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const { auditEvents } = await call(
      `{ auditEvents(action: "REPORTS_VIEWED") { edges { node { detail entityId casePseudonym } } } }`,
    );
    const nodes = auditEvents.edges.map(({ node }: any) => node);
    for (const { casePseudonym } of nodes) expect(casePseudonym).toMatch(/^[0-9a-f]{32}$/);
    found = nodes.map(({ detail, entityId }: any) => `${detail} ${entityId}`).join('; ');
  }
  for (const each of downloads) expect(found).toContain(each);
}
