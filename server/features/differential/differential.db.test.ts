import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { constantCellTypes } from '../../artifact/testing.js';
import type { Prisma } from '../../database/generated/client.js';
import type { CellType } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { knownCasePseudonym } from '../audit/case-pseudonym.js';
import { createSnapshot } from '../datasets/testing.js';
import { recordEvaluation, registerRandomVersion } from '../models/testing.js';
import { reviewPrediction } from '../reviews/review-prediction.js';
import { withdrawReviews } from '../reviews/withdraw-reviews.js';
import { countDifferential } from './count-differential.js';
import { clopperPearsonInterval } from './clopper-pearson.js';

let services: TestServices;
let viewer: Viewer;
let modelVersionId: string;

beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer(Role.CLINICIAN);
  modelVersionId = (
    await registerRandomVersion(services, {
      manifest: { cellTypes: constantCellTypes({ blast: 1, neutrophil_band: 1, promonocyte: 1 }) },
    })
  ).id;
});
afterAll(() => services.close());

type NewPrediction = Prisma.PredictionCreateManyInput;

/** What the model answered, and what a reviewer said afterwards. */
interface Cell {
  outcome?: 'INDETERMINATE' | 'OUT_OF_DISTRIBUTION';
  label?: 'blast' | 'normal';
  named?: string;
  review?: { label?: string; cellType?: CellType; verdict?: 'NOT_A_CELL' | 'CANNOT_TELL' };
}

/** Records images, and returns the SHA-256 of each. */
async function recordImages(count: number): Promise<string[]> {
  const images = Array.from({ length: count }, () => ({
    ...{
      sha256: newId('pred').slice(-32).repeat(2),
      width: 8,
      height: 8,
      byteSize: 9,
      mediaType: 'image/png',
    },
  }));
  await services.database.image.createMany({ data: images });
  return images.map(({ sha256 }) => sha256);
}

/** Records cells in a new case, each `times` times, and returns the id of the case and those of the cells. */
async function recordCase(...cells: readonly (readonly [times: number, cell: Cell])[]) {
  const reference = newId('case');
  const recorded = cells.flatMap(([times, cell]) =>
    Array.from({ length: times }, () => ({ ...cell, id: newId('pred') })),
  );
  const images = await recordImages(recorded.length);
  await services.database.prediction.createMany({
    data: recorded.map(({ id, outcome, label = 'normal', named = null }, index): NewPrediction => ({
      ...{ id, caseReference: reference, createdById: viewer.id, modelVersionId, label, cellType: named },
      ...{ imageSha256: images[index] ?? '', outcome: outcome ?? 'CLASSIFIED', cellTypes: [0.2, 0.3, 0.5] },
      ...{ confidence: 0.9, probabilities: [0.1, 0.9], outOfDistributionScore: 0, qualityWarnings: [] },
      ...{ evidence: Buffer.alloc(4), decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 3 },
    })),
  });
  for (const { id, label = 'normal', review } of recorded)
    if (review) await giveReview(id, { label, ...review });
  const { id } = await services.database.case.findFirstOrThrow({ where: { reference } });
  return { id, reference, cells: recorded.map(({ id }) => id) };
}

const giveReview = (predictionId: string, review: { label: string } & Cell['review']) =>
  reviewPrediction(services.contextOf(viewer), { predictionId, ...review });

async function differentialOf(caseId: string) {
  const found = await countDifferential(services.database, caseId);
  if (!found) throw new Error('There is no such case.');
  return found;
}
const countsOf = ({ rows }: { rows: { type: CellType | null; count: number }[] }) =>
  rows.map(({ type, count }) => [type, count]);

test('the type of a cell is that of its newest review, or else that of the model', async () => {
  const { id, cells } = await recordCase(
    [3, { label: 'blast', named: 'blast' }],
    [2, { label: 'blast' }],
    [1, { label: 'blast', review: { cellType: 'MYELOBLAST' } }],
    [4, { named: 'lymphocyte' }],
    [2, { named: 'a name that nobody knows' }],
    [1, { named: 'lymphocyte', review: { label: 'normal' } }],
    [1, { outcome: 'INDETERMINATE', label: 'blast', review: { label: 'normal', cellType: 'MONOCYTE' } }],
    [1, { outcome: 'INDETERMINATE', review: { label: 'blast' } }],
    [1, { label: 'blast', review: { label: 'normal', cellType: 'PROMONOCYTE' } }],
  );
  expect(countsOf(await differentialOf(id))).toEqual([
    ['BLAST', 6],
    ['MYELOBLAST', 1],
    ['PROMONOCYTE', 1],
    ['MONOCYTE', 1],
    ['LYMPHOCYTE', 4],
    [null, 3],
  ]);
  const counted = await differentialOf(id);
  expect(counted.whiteCells).toBe(16);
  expect(counted.blasts).toMatchObject({ count: 7, reviewed: 2, share: 7 / 16 });
  expect(counted.blastsAndEquivalents).toMatchObject({ count: 8, reviewed: 3, share: 1 / 2 });
  await giveReview(cells[0] ?? '', { label: 'normal', cellType: 'EOSINOPHIL' });
  await giveReview(cells[0] ?? '', { label: 'normal', cellType: 'BASOPHIL' });
  const later = await differentialOf(id);
  expect([later.blasts.count, later.rows.find(({ type }) => type === 'BASOPHIL')?.count]).toEqual([6, 1]);
  expect(later.rows.some(({ type }) => type === 'EOSINOPHIL')).toBe(false);
  const reviews = await services.database.review.findMany({
    where: { predictionId: cells[0] },
    orderBy: { createdAt: 'desc' },
  });
  for (const { id: reviewId } of reviews) await withdrawReviews(services.contextOf(viewer), [reviewId]);
  expect(countsOf(await differentialOf(id))).toEqual(countsOf(counted)); // the answer of the model counts again
});

test('erythroblasts, smudge cells, what is not a cell and undecided cells are counted apart from the white cells', async () => {
  const { id } = await recordCase(
    [40, { named: 'lymphocyte' }],
    [5, { named: 'erythroblast' }],
    [1, { review: { cellType: 'ERYTHROBLAST' } }],
    [2, { label: 'blast', review: { label: 'normal', cellType: 'SMUDGE_CELL' } }],
    [3, { label: 'blast', review: { verdict: 'NOT_A_CELL' } }],
    [1, { label: 'blast', review: { verdict: 'CANNOT_TELL' } }],
  );
  expect(await differentialOf(id)).toMatchObject({
    ...{
      whiteCells: 40,
      erythroblasts: 6,
      erythroblastsPer100: 15,
      smudgeCells: 2,
      notCells: 3,
      undecided: 1,
    },
    ...{ blasts: { count: 0, share: 0 }, toReview: { blasts: 0, needsReview: 0, notRecognised: 0 } },
  });
});

test('a row with cells that nobody has reviewed is an estimate, and has no interval', async () => {
  const { id, cells } = await recordCase(
    [2, { label: 'blast', named: 'blast', review: { label: 'blast', cellType: 'BLAST' } }],
    [1, { label: 'blast' }],
    [97, { named: 'lymphocyte' }],
  );
  const [none, interval] = [{ lower: null, upper: null }, clopperPearsonInterval];
  expect(await differentialOf(id)).toMatchObject({
    blasts: { count: 3, reviewed: 2, isEstimate: true, share: 0.03, ...none },
    rows: [
      { type: 'BLAST', isEstimate: true, ...none },
      { type: 'LYMPHOCYTE', reviewed: 0, isEstimate: true, ...none },
    ],
    toReview: { blasts: 1, needsReview: 0, notRecognised: 0 },
  });
  await giveReview(cells[2] ?? '', { label: 'blast' });
  expect(await differentialOf(id)).toMatchObject({
    blasts: { count: 3, reviewed: 3, isEstimate: false, ...interval(3, 100) },
    rows: [
      { type: 'BLAST', isEstimate: false },
      { type: 'LYMPHOCYTE', isEstimate: true },
    ],
    toReview: { blasts: 0 },
  });
});

test('that no cell is a blast is an estimate until every white cell is reviewed', async () => {
  const { id, cells } = await recordCase([3, { named: 'lymphocyte' }], [1, { named: 'erythroblast' }]);
  const none = { count: 0, reviewed: 0, share: 0 };
  const estimate = { ...none, isEstimate: true, lower: null, upper: null };
  expect(await differentialOf(id)).toMatchObject({ blasts: estimate, blastsAndEquivalents: estimate });
  const [first = '', second = '', third = ''] = cells;
  for (const cell of [first, second]) await giveReview(cell, { label: 'normal', cellType: 'LYMPHOCYTE' });
  expect(await differentialOf(id)).toMatchObject({ blasts: estimate });
  await giveReview(third, { label: 'normal', cellType: 'LYMPHOCYTE' });
  expect(await differentialOf(id)).toMatchObject({
    blasts: { ...none, isEstimate: false, ...clopperPearsonInterval(0, 3) },
  });
});

test('withheld answers are in no row, and every row is an estimate until they are reviewed', async () => {
  const { id, cells } = await recordCase(
    [1, { outcome: 'INDETERMINATE', label: 'blast' }],
    [1, { outcome: 'OUT_OF_DISTRIBUTION', label: 'blast' }],
    [3, { review: { cellType: 'MONOCYTE' } }],
    [1, { named: 'promonocyte' }],
  );
  expect(await differentialOf(id)).toMatchObject({
    whiteCells: 4,
    blasts: { count: 0, reviewed: 0, isEstimate: true, lower: null },
    rows: [{ type: 'PROMONOCYTE' }, { type: 'MONOCYTE', reviewed: 3, isEstimate: true, lower: null }],
    toReview: { blasts: 1, needsReview: 1, notRecognised: 1 },
  });
  for (const cell of [cells[0], cells[1], cells[5]])
    await giveReview(cell ?? '', { label: 'normal', cellType: 'MONOCYTE' });
  expect(await differentialOf(id)).toMatchObject({
    whiteCells: 6,
    blasts: { count: 0, isEstimate: false, ...clopperPearsonInterval(0, 6) },
    rows: [{ type: 'MONOCYTE', count: 6, isEstimate: false }],
    toReview: { blasts: 0, needsReview: 0, notRecognised: 0 },
  });
});

test('a case without white cells has no shares', async () => {
  const { id } = await recordCase([1, { review: { verdict: 'NOT_A_CELL' } }]);
  expect(await differentialOf(id)).toMatchObject({
    ...{ whiteCells: 0, rows: [], erythroblastsPer100: null, notCells: 1 },
    blasts: { count: 0, share: null, lower: null, upper: null, isEstimate: false },
  });
  expect(await countDifferential(services.database, newId('case'))).toBeNull();
});

test('cells that were left out of fields, and repeated cells, are counted', async () => {
  const { id, reference, cells } = await recordCase([3, { named: 'lymphocyte' }]);
  const region = { left: 1, top: 2, width: 3, height: 4 };
  const field = newId('field');
  const [imageSha256 = ''] = await recordImages(1);
  await services.database.field.create({
    data: {
      ...{
        id: field,
        caseReference: reference,
        createdById: viewer.id,
        imageSha256,
        modelVersionId,
        qualityWarnings: [],
      },
      leftOut: [
        { region, reason: 'CUT_OFF' },
        { region: { ...region, left: 5 }, reason: 'TOO_MANY' },
      ],
    },
  });
  expect(await differentialOf(id)).toMatchObject({ leftOut: 2, repeats: 0 });
  const { id: first, ...row } = await services.database.prediction.findUniqueOrThrow({
    where: { id: cells[0] },
  });
  const copy = { ...row, repeatOfId: first, evidence: null };
  await services.database.prediction.create({ data: { ...copy, id: newId('pred') } });
  // Somebody classified one of the cells that were left out.
  await services.database.prediction.create({
    data: { ...row, id: newId('pred'), imageSha256, fieldId: field, region: [5, 2, 3, 4] },
  });
  expect(await differentialOf(id)).toMatchObject({ whiteCells: 5, leftOut: 1, repeats: 1 });
});

const SET_RULES = `mutation ($input: SetDifferentialRulesInput!) { setDifferentialRules(input: $input) {
  case { differential { minimumCells countBandsSeparately rows { type count } } workedOnBy { id } } userErrors { code message field } } }`;

async function setRules(input: object, by = viewer) {
  const { data, errors } = await services.execute(SET_RULES, { input }, by);
  return errors.length > 0 ? errors : data.setDifferentialRules;
}

test('the rules of a case decide how many cells it needs and whether bands have a row', async () => {
  const { id, reference } = await recordCase(
    [2, { named: 'neutrophil_band' }],
    [5, { named: 'neutrophil_seg' }],
  );
  expect(await differentialOf(id)).toMatchObject({
    ...{ minimumCells: 200, countBandsSeparately: false, rows: [{ type: 'SEGMENTED_NEUTROPHIL', count: 7 }] },
  });
  const colleague = await services.createViewer(Role.CLINICIAN);
  const input = { caseId: id, minimumCells: 500, countBandsSeparately: true };
  const { case: changed, userErrors } = await setRules(input, colleague);
  expect(userErrors).toEqual([]);
  expect(changed.workedOnBy.map((user: { id: string }) => user.id)).toContain(colleague.id);
  expect(changed.differential).toEqual({
    ...{ minimumCells: 500, countBandsSeparately: true },
    rows: [
      { type: 'BAND_NEUTROPHIL', count: 2 },
      { type: 'SEGMENTED_NEUTROPHIL', count: 5 },
    ],
  });
  await setRules(input, colleague); // changes nothing
  expect(
    await services.database.auditEvent.findMany({
      where: { action: 'DIFFERENTIAL_RULES_SET' },
      select: { entityId: true, casePseudonym: true, detail: true },
    }),
  ).toEqual([
    {
      entityId: id,
      casePseudonym: await knownCasePseudonym(services.database, reference),
      detail: 'At least 500 white cells. Band neutrophils are counted separately.',
    },
  ]);
});

test('rules that make no sense, and those of signed cases, are refused', async () => {
  const { id } = await recordCase([1, {}]);
  const input = { caseId: id, minimumCells: 200, countBandsSeparately: true };
  expect(await setRules({ ...input, minimumCells: 150 })).toMatchObject({
    case: null,
    userErrors: [
      {
        code: 'INVALID',
        field: ['input', 'minimumCells'],
        message: expect.stringContaining('100, 200 or 500'),
      },
    ],
  });
  expect(await setRules({ ...input, caseId: newId('case') })).toMatchObject({
    userErrors: [{ code: 'NOT_FOUND' }],
  });
  const update = (data: Prisma.CaseUncheckedUpdateInput) =>
    services.database.case.update({ where: { id }, data });
  await expect(update({ minimumCells: 150 })).rejects.toThrow('Case_minimumCells_check');
  await update({ state: 'SIGNED' });
  expect(await setRules(input)).toMatchObject({ case: null, userErrors: [{ code: 'CONFLICT' }] });
  await expect(update({ minimumCells: 100 })).rejects.toThrow(
    'The rules of the differential of a signed case',
  );
  expect(await differentialOf(id)).toMatchObject({ minimumCells: 200, countBandsSeparately: false });
});

test('a differential says how often its versions are right, and which blast equivalents they do not know', async () => {
  const { id } = await recordCase([1, {}]);
  const query = `query ($id: ID) { case(id: $id) { differential { versions {
    modelVersion { id } specificity { estimate lower upper } unknownBlastEquivalents } } } }`;
  const versions = async () =>
    (await services.execute(query, { id }, viewer)).data.case.differential.versions as object[];
  const [reported] = await versions();
  expect(reported).toMatchObject({
    ...{ modelVersion: { id: modelVersionId }, unknownBlastEquivalents: ['ABNORMAL_PROMYELOCYTE'] },
    specificity: { estimate: expect.any(Number) },
  });
  const { id: snapshotId } = await createSnapshot(services.database, [{ image: 'b' }]);
  const specificity = { estimate: 0.93, lower: 0.9, upper: 0.95 };
  await recordEvaluation(services.database, modelVersionId, snapshotId, { specificity });
  await recordEvaluation(services.database, modelVersionId, snapshotId, { specificity: null });
  expect(await versions()).toEqual([{ ...reported, specificity }]);
});

test('of several reviews of a cell, one counts: 500 cells with three each', async () => {
  const { id, cells } = await recordCase([250, { named: 'lymphocyte' }], [250, { label: 'blast' }]);
  for (let round = 0; round < 3; round += 1) {
    await services.database.review.createMany({
      data: cells.map((predictionId) => ({
        ...{ id: newId('rev'), predictionId, reviewerId: viewer.id, label: 'blast', agreesWithModel: false },
      })),
    });
  }
  expect(await differentialOf(id)).toMatchObject({ whiteCells: 500, blasts: { count: 500, reviewed: 500 } });
});
