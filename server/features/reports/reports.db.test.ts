import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Viewer } from '../../api/context.js';
import { Role, Scope } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { hashPassword } from '../accounts/passwords.js';
import { createSite } from '../accounts/sites/create-site.js';
import { eraseCase } from '../erasure/erase-case.js';
import { registerRandomChampion } from '../models/testing.js';
import { classifyBytes } from '../predictions/testing.js';
import { SignedReport } from './report-content.js';

const PASSWORD = 'a long password of the signer';

let services: TestServices;
let doctor: Viewer;
let versionId: string;
let passwordHash: string;

beforeAll(async () => {
  services = await openTestServices();
  passwordHash = await hashPassword(PASSWORD);
  doctor = await newPerson();
  versionId = (await registerRandomChampion(services.contextOf(doctor))).id;
});
afterAll(() => services.close());

/** A user with the password of this test. */
async function newPerson(...roles: Role[]): Promise<Viewer> {
  const viewer = await services.createViewer(...roles);
  await services.database.user.update({ where: { id: viewer.id }, data: { passwordHash } });
  return viewer;
}

let seed = 0;
async function classify(caseReference: string, viewer = doctor) {
  return classifyBytes(services.contextOf(viewer), {
    bytes: await drawSmear({ seed: ++seed }).png().toBuffer(),
    ...{ fileName: 'cell.png', caseReference, modelName: null, modelVersionId: versionId },
  });
}

async function execute(text: string, variables: object, viewer: Viewer | null = doctor): Promise<any> {
  const { data, errors } = await services.execute(text, { ...variables }, viewer);
  expect(errors).toEqual([]);
  return data;
}

const review = (predictionId: string, input: object = {}) =>
  execute(
    'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
    { input: { predictionId, label: 'blast', ...input } },
  );

const REPORT = 'id version status digest content conclusion signedBy { id } pdfUrl fhirUrl';
const CASE = `id state signingObstacles changesSinceSigned reports { ${REPORT} }
  reportDraft { revision conclusion fewCellsReason digest supportingCells { id } updatedBy { id } }`;

async function caseOf(reference: string, viewer = doctor): Promise<any> {
  const found = await services.database.case.findFirstOrThrow({ where: { reference } });
  return (await execute(`query ($id: ID) { case(id: $id) { ${CASE} } }`, { id: found.id }, viewer)).case;
}

async function save(caseId: string, draft: object = {}, viewer = doctor): Promise<any> {
  const text = `mutation ($input: SaveReportDraftInput!) {
    saveReportDraft(input: $input) { case { ${CASE} } userErrors { code field message } } }`;
  const input = {
    ...{ caseId, revision: 0, conclusion: 'No blasts.', fewCellsReason: 'Few white cells on the film.' },
    ...{ supportingPredictionIds: [], ...draft },
  };
  return (await execute(text, { input }, viewer)).saveReportDraft;
}

async function sign(caseId: string, digest: string, input: object = {}, viewer = doctor): Promise<any> {
  const text = `mutation ($input: SignReportInput!) {
    signReport(input: $input) { case { state } report { ${REPORT} } userErrors { code field message } } }`;
  return (await execute(text, { input: { caseId, digest, password: PASSWORD, ...input } }, viewer))
    .signReport;
}

/** A case with reviewed cells and a conclusion, which can be signed. */
async function readyCase(reference: string, cellCount = 1) {
  const cells = [];
  for (let index = 0; index < cellCount; index++) {
    cells.push(await classify(reference));
    await review(cells[index]?.id ?? '');
  }
  const { id } = await caseOf(reference);
  const saved = await save(id, { supportingPredictionIds: cells.map((cell) => cell.id) });
  expect(saved.userErrors).toEqual([]);
  return { id, cells, digest: saved.case.reportDraft.digest };
}

test('what is missing is listed until the report can be signed, and signing freezes it', async () => {
  const reference = 'Αθήνα 2026/7';
  const cell = await classify(reference);
  const before = await caseOf(reference);
  expect(before).toMatchObject({ state: 'OPEN', reports: [], changesSinceSigned: [] });
  expect(before.signingObstacles).toContainEqual(
    expect.stringMatching(/^The differential has \d of at least 200/),
  );
  expect(before.signingObstacles).toContain('Write a conclusion.');
  expect((await sign(before.id, before.reportDraft.digest)).userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('Write a conclusion.') },
  ]);

  await review(cell.id, { cellType: 'MYELOBLAST' });
  const saved = await save(before.id, { supportingPredictionIds: [cell.id] });
  expect(saved.case).toMatchObject({
    signingObstacles: [],
    reportDraft: { revision: 1, supportingCells: [{ id: cell.id }] },
  });

  const { report, userErrors } = await sign(before.id, saved.case.reportDraft.digest);
  expect(userErrors).toEqual([]);
  expect(report).toMatchObject({
    version: 1,
    status: 'FINAL',
    conclusion: 'No blasts.',
    signedBy: { id: doctor.id },
  });
  expect(report.digest).toBe(createHash('sha256').update(report.content).digest('hex'));
  const content = SignedReport.parse(JSON.parse(report.content));
  expect(content).toMatchObject({
    notice: 'Decision support for research and development. Not a medical device.',
    case: { id: before.id, reference, site: null },
    differential: { whiteCells: 1, rows: [{ type: 'MYELOBLAST', count: 1, isEstimate: false }] },
    supportingCells: [
      { predictionId: cell.id, imageSha256: cell.imageSha256, review: { cellType: 'MYELOBLAST' } },
    ],
    modelVersions: [
      { id: versionId, cells: 1, limits: expect.arrayContaining([expect.stringContaining('Measured on')]) },
    ],
    reviewers: [{ id: doctor.id, reviews: 1 }],
    cells: { count: 1, reviewed: 1, reviews: 1 },
    ...{ version: 1, amends: null, signedBy: { id: doctor.id, name: doctor.displayName } },
  });
  const reviews = await services.database.review.findMany({ where: { predictionId: cell.id } });
  expect(content.cellList).toBe([cell.id, cell.imageSha256, reviews[0]?.id].join(' '));
  expect(content.cells.digest).toBe(createHash('sha256').update(content.cellList).digest('hex'));
  const after = await caseOf(reference);
  expect(after).toMatchObject({ state: 'SIGNED', changesSinceSigned: [], reports: [{ id: report.id }] });
  expect(after.signingObstacles).toEqual(['Nothing has changed since version 1 of the report was signed.']);
  const events = await services.database.auditEvent.findMany({ where: { entityId: report.id } });
  expect(events).toMatchObject([
    {
      action: 'REPORT_SIGNED',
      outcome: 'success',
      actorId: doctor.id,
      casePseudonym: expect.any(String),
      detail: expect.stringContaining(report.digest),
    },
  ]);
});

test('cells that the model calls blasts or withholds must be reviewed first', async () => {
  const reference = 'unreviewed';
  const cells = [await classify(reference), await classify(reference), await classify(reference)];
  const outcomes = ['CLASSIFIED', 'INDETERMINATE', 'OUT_OF_DISTRIBUTION'] as const;
  const { ownerDatabase } = services;
  await ownerDatabase.$executeRaw`ALTER TABLE "Prediction" DISABLE TRIGGER "Prediction_immutable"`;
  for (const [index, outcome] of outcomes.entries()) {
    await ownerDatabase.prediction.update({
      where: { id: cells[index]?.id ?? '' },
      data: { outcome, label: 'blast', cellType: null },
    });
  }
  await ownerDatabase.$executeRaw`ALTER TABLE "Prediction" ENABLE ALWAYS TRIGGER "Prediction_immutable"`;
  const { id } = await caseOf(reference);
  const { case: saved } = await save(id);
  expect(saved.signingObstacles).toEqual([
    'Review 1 cell that the model counts as blasts.',
    'Review 1 cell with “needs review”.',
    'Review 1 cell with “not recognised”.',
  ]);
  for (const cell of cells) await review(cell.id);
  expect((await caseOf(reference)).signingObstacles).toEqual([]);
});

test('a folder that is being classified prevents signing', async () => {
  const { id } = await readyCase('case of a running folder');
  const bulkId = newId('bulk');
  await services.database.bulkClassification.create({
    data: {
      id: bulkId,
      status: 'RUNNING',
      source: 'file:/cells',
      modelVersionId: versionId,
      createdById: doctor.id,
      caseReference: 'case of a running folder',
    },
  });
  const { signingObstacles, reportDraft } = await caseOf('case of a running folder');
  expect(signingObstacles).toEqual([expect.stringContaining('still being classified')]);
  expect((await sign(id, reportDraft.digest)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
});

test('only the own password signs, and guessing it is limited', async () => {
  const { id, digest } = await readyCase('guessed password');
  const guesser = await newPerson(Role.CLINICIAN);
  const guess = () => sign(id, digest, { password: 'a wrong password' }, guesser);
  for (let attempt = 0; attempt < 5; attempt++)
    expect((await guess()).userErrors).toMatchObject([{ code: 'INVALID', field: ['input', 'password'] }]);
  expect((await guess()).userErrors).toMatchObject([
    { code: 'FORBIDDEN', message: expect.stringContaining('too many') },
  ]);
  expect((await sign(id, digest, {}, guesser)).userErrors).toMatchObject([{ code: 'FORBIDDEN' }]); // the right one waits too
  expect(await caseOf('guessed password')).toMatchObject({ state: 'OPEN', reports: [] });
  expect(
    await services.database.auditEvent.count({
      where: { action: 'REPORT_SIGNED', actorId: guesser.id, outcome: 'failure' },
    }),
  ).toBe(5);
});

test('people who sign in with an identity provider have no password to sign with', async () => {
  const { id, digest } = await readyCase('without password');
  await services.database.user.update({ where: { id: doctor.id }, data: { passwordHash: null } });
  expect((await sign(id, digest)).userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('identity provider') },
  ]);
  await services.database.user.update({ where: { id: doctor.id }, data: { passwordHash } });
});

test('what changes after the signature is said, and signed as an amended report beside the first', async () => {
  const reference = 'amended';
  const { id, cells, digest } = await readyCase(reference, 2);
  const first = (await sign(id, digest)).report;
  await review(cells[0]?.id ?? '', { verdict: 'NOT_A_CELL' });
  await classify(reference);
  const changed = await caseOf(reference);
  expect(changed.state).toBe('SIGNED');
  expect(changed.changesSinceSigned).toEqual([
    '1 cell was added.',
    '1 review was added.',
    'The differential is different.',
  ]);

  const { edges } = (
    await execute(`query ($id: ID) { case(id: $id) { predictions { edges { node { id } } } } }`, { id })
  ).case.predictions;
  for (const { node } of edges) await review(node.id);
  const saved = await save(id, { revision: 1, conclusion: 'Blasts after all.' });
  expect(saved.case.changesSinceSigned).toContain('The conclusion was changed.');
  const second = (await sign(id, saved.case.reportDraft.digest)).report;
  expect(second).toMatchObject({ version: 2, status: 'AMENDED', conclusion: 'Blasts after all.' });
  expect(JSON.parse(second.content).amends).toBe(first.digest);
  expect((await caseOf(reference)).reports).toEqual([second, first]);
});

test('a withdrawn review is not in the report', async () => {
  const reference = 'withdrawn';
  const { id, cells } = await readyCase(reference);
  await review(cells[0]?.id ?? '', { verdict: 'NOT_A_CELL' });
  const newest = await services.database.review.findFirstOrThrow({
    where: { predictionId: cells[0]?.id ?? '', verdict: 'NOT_A_CELL' },
  });
  const withdrawal = await execute(
    'mutation ($input: WithdrawReviewsInput!) { withdrawReviews(input: $input) { userErrors { message } } }',
    { input: { reviewIds: [newest.id] } },
  );
  expect(withdrawal.withdrawReviews.userErrors).toEqual([]);
  const { report } = await sign(id, (await caseOf(reference)).reportDraft.digest);
  expect(JSON.parse(report.content)).toMatchObject({
    cells: { reviewed: 1, reviews: 1 },
    reviewers: [{ reviews: 1 }],
    supportingCells: [{ review: { verdict: 'LABEL' } }],
    differential: { notCells: 0 },
  });
});

test('what is signed is what the signer has read', async () => {
  const reference = 'read before';
  const { id, cells, digest } = await readyCase(reference);
  await review(cells[0]?.id ?? '', { verdict: 'CANNOT_TELL' });
  expect((await sign(id, digest)).userErrors).toMatchObject([
    { code: 'CONFLICT', field: ['input', 'digest'] },
  ]);
  expect(await caseOf(reference)).toMatchObject({ state: 'OPEN', reports: [] });
});

test('of two signatures at the same moment one counts, of a new case and of a signed one', async () => {
  const { id, digest } = await readyCase('two signers');
  const other = await newPerson(Role.CLINICIAN);
  const race = (read: string) => Promise.all([sign(id, read), sign(id, read, {}, other)]);
  const won = (results: any[]) => results.filter(({ report }) => report !== null).length;
  expect(won(await race(digest))).toBe(1);
  const { case: saved } = await save(id, { revision: 1, conclusion: 'Another conclusion.' });
  expect(won(await race(saved.reportDraft.digest))).toBe(1);
  expect((await caseOf('two signers')).reports.map(({ version }: any) => version)).toEqual([2, 1]);
});

test('two people do not overwrite each other', async () => {
  const { id } = await readyCase('two authors');
  const other = await newPerson(Role.CLINICIAN);
  expect((await save(id, { revision: 1, conclusion: 'Theirs.' }, other)).userErrors).toEqual([]);
  expect((await save(id, { revision: 1, conclusion: 'Theirs.' }, other)).userErrors).toEqual([]); // its answer was lost
  expect((await save(id, { revision: 1, conclusion: 'Mine.' })).userErrors).toMatchObject([
    { code: 'CONFLICT', field: ['input', 'revision'] },
  ]);
  const { reportDraft } = await caseOf('two authors');
  expect(reportDraft).toMatchObject({ revision: 2, conclusion: 'Theirs.', updatedBy: { id: other.id } });
  const results = await Promise.all(
    [1, 2].map((each) => save(id, { revision: 2, conclusion: `Text ${each}` })),
  );
  expect(results.flatMap(({ userErrors }) => userErrors)).toMatchObject([{ code: 'CONFLICT' }]);
});

test('a report has at most twelve cells, all of its case, and texts of a limited length', async () => {
  const { id, cells } = await readyCase('limits of a draft');
  const elsewhere = await classify('another case of a draft');
  const faults: [object, string[]][] = [
    [{ supportingPredictionIds: [elsewhere.id] }, ['input', 'supportingPredictionIds']],
    [
      { supportingPredictionIds: Array.from({ length: 13 }, () => newId('pred')) },
      ['input', 'supportingPredictionIds'],
    ],
    [{ conclusion: 'x'.repeat(4001) }, ['input', 'conclusion']],
    [{ conclusion: 'x\u0000' }, ['input', 'conclusion']],
    [{ fewCellsReason: 'x'.repeat(501) }, ['input', 'fewCellsReason']],
  ];
  for (const [draft, field] of faults)
    expect((await save(id, { revision: 1, ...draft })).userErrors).toMatchObject([
      { code: 'INVALID', field },
    ]);
  // A cell that was moved to another case is no longer shown.
  await execute(
    'mutation ($input: MoveToCaseInput!) { moveToCase(input: $input) { userErrors { message } } }',
    { input: { predictionIds: [cells[0]?.id], caseReference: 'elsewhere' } },
  );
  expect((await caseOf('limits of a draft')).reportDraft.supportingCells).toEqual([]);
});

test('other roles, programs and other sites can neither read, write nor sign', async () => {
  const reference = 'rights';
  const { id, digest } = await readyCase(reference);
  const auditor = await newPerson(Role.AUDITOR);
  expect(await caseOf(reference, auditor)).toMatchObject({
    reports: [],
    reportDraft: null,
    signingObstacles: [],
  });
  const refusals = async (viewer: Viewer) => {
    const input = {
      caseId: id,
      revision: 1,
      conclusion: 'x',
      fewCellsReason: '',
      supportingPredictionIds: [],
    };
    const saved = await services.execute(
      'mutation ($input: SaveReportDraftInput!) { saveReportDraft(input: $input) { userErrors { code } } }',
      { input },
      viewer,
    );
    const signed = await services.execute(
      'mutation ($input: SignReportInput!) { signReport(input: $input) { userErrors { code } } }',
      { input: { caseId: id, digest, password: PASSWORD } },
      viewer,
    );
    const codeOf = ({ data, errors }: any, name: string) => errors[0]?.code ?? data[name].userErrors[0]?.code;
    return [codeOf(saved, 'saveReportDraft'), codeOf(signed, 'signReport')];
  };
  expect(await refusals(auditor)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  expect(await refusals(await newPerson(Role.ML_ENGINEER))).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  const { id: siteId } = await createSite(services.contextOf(doctor), { name: 'elsewhere' });
  const stranger = { ...(await newPerson(Role.CLINICIAN)), siteIds: [siteId], seesAllSites: false };
  expect(await refusals(stranger)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  const program = { ...doctor, token: { id: newId('tok'), scopes: Object.values(Scope) } };
  expect((await refusals(program))[1]).toBe('FORBIDDEN');
  expect(await caseOf(reference)).toMatchObject({ state: 'OPEN', reportDraft: { revision: 2 } }); // the program wrote
});

describe('at the very moment of the signature', () => {
  /** A second connection, which holds a lock until it commits. */
  let other: pg.Client;
  beforeEach(async () => {
    other = new pg.Client(services.databaseUrl);
    await other.connect();
  });
  afterEach(() => other.end());

  async function hold(lock: string, id: string): Promise<void> {
    await other.query('BEGIN');
    await other.query(lock, [id]);
  }
  const release = () => other.query('COMMIT');

  /** Waits until this number of statements wait for a lock. */
  async function waiting(count: number) {
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const [row] = await services.ownerDatabase.$queryRaw<{ blocked: number }[]>`
        SELECT count(*)::int AS blocked FROM pg_stat_activity
        WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`;
      if (row?.blocked === count) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${count} statements should wait for a lock, and do not.`);
  }

  const reviewOf = async (predictionId: string | undefined) =>
    (await services.database.review.findFirstOrThrow({ where: { predictionId } })).id;

  const withdraw = (reviewId: string) =>
    execute(
      'mutation ($input: WithdrawReviewsInput!) { withdrawReviews(input: $input) { results { userErrors { code } } } }',
      { input: { reviewIds: [reviewId] } },
    );

  test('a review that is being withdrawn makes the signature fail', async () => {
    const { id, cells, digest } = await readyCase('withdrawn while signing');
    const reviewId = await reviewOf(cells[0]?.id);
    await hold('SELECT FROM "Review" WHERE id = $1 FOR UPDATE', reviewId);
    const withdrawing = withdraw(reviewId); // has locked the case, and waits for the review
    await waiting(1);
    const signing = sign(id, digest); // waits for the case
    await waiting(2);
    await release();
    expect((await withdrawing).withdrawReviews.results).toEqual([{ userErrors: [] }]);
    expect((await signing).userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining('has changed') },
    ]);
    const after = await caseOf('withdrawn while signing');
    expect(after).toMatchObject({ state: 'OPEN', reports: [] });
    expect((await sign(id, after.reportDraft.digest)).userErrors).toMatchObject([{ code: 'CONFLICT' }]); // the cell needs a review
  });

  test('a withdrawal that waits for the signature is refused', async () => {
    const { id, cells, digest } = await readyCase('signed while withdrawing');
    const reviewId = await reviewOf(cells[0]?.id);
    // The signature has locked the case, and waits to record who worked on it.
    await hold('SELECT FROM "User" WHERE id = $1 FOR UPDATE', doctor.id);
    const signing = sign(id, digest);
    await waiting(1);
    const withdrawing = withdraw(reviewId);
    await waiting(2);
    await release();
    expect((await signing).userErrors).toEqual([]);
    expect((await withdrawing).withdrawReviews.results).toMatchObject([
      { userErrors: [{ code: 'CONFLICT' }] },
    ]);
    expect(await services.database.review.count({ where: { id: reviewId, withdrawnAt: null } })).toBe(1);
  });

  test('a review that is being made is not in the report, and the case says that it has changed', async () => {
    const reference = 'reviewed while signing';
    const { id, cells, digest } = await readyCase(reference);
    const colleague = await newPerson(Role.CLINICIAN);
    await hold('SELECT FROM "User" WHERE id = $1 FOR UPDATE', colleague.id);
    const reviewing = execute(
      'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
      { input: { predictionId: cells[0]?.id, label: 'blast', verdict: 'NOT_A_CELL' } },
      colleague,
    );
    await waiting(1);
    const { report, userErrors } = await sign(id, digest); // does not wait
    expect(userErrors).toEqual([]);
    expect(SignedReport.parse(JSON.parse(report.content)).cells).toMatchObject({ reviews: 1 });
    await release();
    expect((await reviewing).reviewPrediction.userErrors).toEqual([]);
    expect((await caseOf(reference)).changesSinceSigned).toContain('1 review was added.');
  });
});

test('a signed report is append-only in the database, and its case stays signed', async () => {
  const { id, digest } = await readyCase('append-only');
  const { report } = await sign(id, digest);
  const { ownerDatabase } = services;
  const where = { id: report.id };
  await expect(ownerDatabase.report.update({ where, data: { version: 7 } })).rejects.toThrow('append-only');
  await expect(ownerDatabase.report.delete({ where })).rejects.toThrow('append-only');
  await expect(ownerDatabase.$executeRaw`TRUNCATE "Report"`).rejects.toThrow('append-only');
  const row = await ownerDatabase.report.findUniqueOrThrow({ where });
  await expect(
    ownerDatabase.report.create({
      data: { ...row, id: newId('rep'), version: 2, content: row.content.replace('No', 'Many') },
    }),
  ).rejects.toThrow('Report_has_its_digest');
  await expect(ownerDatabase.case.update({ where: { id }, data: { state: 'OPEN' } })).rejects.toThrow(
    'stays signed',
  );
});

test('an erasure of the case removes its draft and its signed reports', async () => {
  const reference = 'erased with reports';
  const { id, digest } = await readyCase(reference);
  await sign(id, digest);
  const { rows } = await eraseCase(services.contextOf(doctor), {
    caseReference: reference,
    reason: 'The patient has withdrawn consent.',
  });
  expect(rows.reportCount).toBe(1);
  const where = { caseId: id };
  expect([
    await services.database.report.count({ where }),
    await services.database.reportDraft.count({ where }),
  ]).toEqual([0, 0]);
});

test('the work of one author within an hour is one event of the audit trail', async () => {
  const { id } = await readyCase('events of a draft');
  await save(id, { revision: 1, conclusion: 'A little more.' });
  const other = await newPerson(Role.CLINICIAN);
  await save(id, { revision: 2, conclusion: 'By another.' }, other);
  const events = await services.database.auditEvent.findMany({
    where: { action: 'REPORT_WRITTEN', entityId: id },
    orderBy: { createdAt: 'asc' },
  });
  expect(events.map(({ actorId, detail }) => [actorId, detail])).toEqual([
    [doctor.id, null],
    [other.id, null],
  ]);
});
