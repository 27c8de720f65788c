import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { registerRandomChampion } from '../models/testing.js';
import { classifyBytes } from '../predictions/testing.js';

let services: TestServices;
let clinician: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  clinician = await services.createViewer(Role.CLINICIAN);
  await registerRandomChampion(services.contextOf(await services.createViewer(Role.ADMIN)));
});
afterAll(() => services.close());

const reviewMutation = `mutation ($input: ReviewPredictionInput!) {
  reviewPrediction(input: $input) {
    prediction {
      id label finalLabel finalVerdict
      reviews { id verdict label cellType comment agreesWithModel blind origin createdAt reviewer { id } }
    }
    added
    userErrors { code field message }
  }
}`;

async function review(input: Record<string, unknown>, viewer = clinician) {
  const { data, errors } = await services.execute(reviewMutation, { input }, viewer);
  expect(errors).toEqual([]);
  return data.reviewPrediction;
}

async function newPrediction() {
  const bytes = await drawSmear().png().toBuffer();
  const asked = { fileName: null, caseReference: null, modelName: null, modelVersionId: null };
  const prediction = await classifyBytes(services.contextOf(clinician), { bytes, ...asked });
  return { ...prediction, otherLabel: prediction.label === 'blast' ? 'normal' : 'blast' };
}

test('all reviews are kept, and the newest one counts', async () => {
  const { id, label, otherLabel } = await newPrediction();
  const first = await review({ predictionId: id, label, comment: '  \n ' });
  expect(first).toMatchObject({ prediction: { label, finalLabel: label }, userErrors: [] });
  const second = await review({
    predictionId: id,
    label: otherLabel,
    comment: ' Auer rods\nin the cytoplasm ',
  });
  expect(second.prediction).toMatchObject({
    label,
    finalLabel: otherLabel,
    reviews: [
      {
        ...{ verdict: 'LABEL', label, cellType: null, comment: null, agreesWithModel: true },
        ...{ blind: false, origin: 'CORRECTION', reviewer: { id: clinician.id } },
      },
      { label: otherLabel, comment: 'Auer rods\nin the cytoplasm', agreesWithModel: false },
    ],
  });
  const events = { action: 'PREDICTION_REVIEWED', entityId: id, actorId: clinician.id };
  expect(await services.database.auditEvent.count({ where: events })).toBe(2);
});

test.each(['NOT_A_CELL', 'CANNOT_TELL'])(
  '%s repeats the label of the model, and does not count as a label',
  async (verdict) => {
    const { id, label, otherLabel } = await newPrediction();
    const first = await review({ predictionId: id, label: otherLabel, verdict });
    expect(first).toMatchObject({
      prediction: {
        ...{ finalLabel: label, finalVerdict: verdict },
        reviews: [{ verdict, label, agreesWithModel: false }],
      },
      userErrors: [],
    });
    await review({ predictionId: id, label: otherLabel });
    for (const labelSent of [label, 'platelet', '']) {
      const { prediction } = await review({ predictionId: id, label: labelSent, verdict });
      expect(prediction).toMatchObject({ finalLabel: otherLabel, finalVerdict: verdict });
      expect(prediction.reviews.at(-1)).toMatchObject({ verdict, label, agreesWithModel: false });
    }
  },
);

test('a review has the type of the cell, and how it came about', async () => {
  const { id, label } = await newPrediction();
  const content = { label, verdict: 'LABEL', cellType: 'PROMONOCYTE', blind: true, origin: 'RANDOM_SAMPLE' };
  const { prediction } = await review({ predictionId: id, ...content });
  expect(prediction.reviews).toMatchObject([content]);
  await review({ predictionId: id, label, verdict: 'CANNOT_TELL', comment: 'blurred' });
  const events = await services.database.auditEvent.findMany({
    where: { action: 'PREDICTION_REVIEWED', entityId: id },
    orderBy: { createdAt: 'asc' },
  });
  expect(events.map(({ detail }) => detail)).toEqual([
    `Model: ${label}. Reviewer: ${label}, cell type PROMONOCYTE, origin RANDOM_SAMPLE, blind.`,
    `Model: ${label}. Reviewer: CANNOT_TELL, origin CORRECTION.`,
  ]);
});

test('null means the default', async () => {
  const { id, label } = await newPrediction();
  const nothing = { verdict: null, cellType: null, blind: null, origin: null };
  const { prediction } = await review({ predictionId: id, label, ...nothing });
  expect(prediction.reviews).toMatchObject([{ verdict: 'LABEL', blind: false, origin: 'CORRECTION' }]);
});

test('the second review of one request sees the first', async () => {
  const { id, label, otherLabel } = await newPrediction();
  const { data } = await services.execute(
    `mutation ($id: ID!, $label: String!, $other: String!) {
      first: reviewPrediction(input: { predictionId: $id, label: $label }) { prediction { finalLabel reviews { id } } }
      second: reviewPrediction(input: { predictionId: $id, label: $other }) { prediction { finalLabel reviews { id } } }
    }`,
    { id, label, other: otherLabel },
    clinician,
  );
  expect(data.first.prediction).toMatchObject({ finalLabel: label, reviews: [{}] });
  expect(data.second.prediction).toMatchObject({ finalLabel: otherLabel, reviews: [{}, {}] });
});

test("a review that only repeats the user's own newest one is not added, even if sent twice at the same time", async () => {
  const { id, label, otherLabel } = await newPrediction();
  const added = async (input: Record<string, unknown>, viewer = clinician) =>
    (await review({ predictionId: id, label, ...input }, viewer)).added;
  const twice = await Promise.all([added({ comment: 'blurred' }), added({ comment: 'blurred' })]);
  expect(twice.filter(Boolean)).toHaveLength(1);
  for (const repeated of [{}, { comment: ' blurred ' }, { verdict: 'LABEL', cellType: null }])
    expect(await added(repeated)).toBe(false);
  const another = await services.createViewer(Role.CLINICIAN);
  const newOnes = [
    ...[{ comment: 'sharp' }, { cellType: 'MONOCYTE' }, {}, { blind: true }, { origin: 'WORKLIST' }],
    ...[{ verdict: 'CANNOT_TELL' }, { label: otherLabel }, { label }],
  ];
  for (const input of newOnes) expect([input, await added(input)]).toEqual([input, true]);
  expect(await added({ label: otherLabel }, another)).toBe(true);
  expect(await added({ label })).toBe(true); // the label of the first reviewer counts again
  const number = 1 + newOnes.length + 2;
  expect(await services.database.review.count({ where: { predictionId: id } })).toBe(number);
  const events = { action: 'PREDICTION_REVIEWED', entityId: id } as const;
  expect(await services.database.auditEvent.count({ where: events })).toBe(number);
});

test('an invalid review is refused with a reason, and changes nothing', async () => {
  const { id, label } = await newPrediction();
  const refused = async (input: Record<string, unknown>) =>
    (await review({ predictionId: id, label, ...input })).userErrors;
  expect(await refused({ label: 'platelet' })).toMatchObject([
    { code: 'INVALID', field: ['input', 'label'], message: expect.stringContaining('normal, blast') },
  ]);
  expect(await refused({ verdict: 'NOT_A_CELL', cellType: 'BLAST' })).toMatchObject([
    { code: 'INVALID', field: ['input', 'cellType'] },
  ]);
  expect(await refused({ comment: 'x'.repeat(2001) })).toMatchObject([{ code: 'INVALID' }]);
  expect(await refused({ comment: 'a\u0000' })).toMatchObject([{ code: 'INVALID' }]);
  const field = ['input', 'predictionId'];
  expect(await refused({ predictionId: `pred_${'0'.repeat(32)}` })).toMatchObject([
    { code: 'NOT_FOUND', field },
  ]);
  for (const predictionId of ['pred_1', 'pred_\u0000', `model_${'0'.repeat(32)}`]) {
    expect(await refused({ predictionId })).toMatchObject([{ code: 'INVALID', field }]);
  }
  expect(await services.database.review.count({ where: { predictionId: id } })).toBe(0);
});

test('only users with the permission can review', async () => {
  const { id, label } = await newPrediction();
  const input = { predictionId: id, label };
  for (const role of [Role.ML_ENGINEER, Role.AUDITOR]) {
    const { errors } = await services.execute(reviewMutation, { input }, await services.createViewer(role));
    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  }
  expect((await services.execute(reviewMutation, { input })).errors).toMatchObject([
    { code: 'UNAUTHENTICATED' },
  ]);
  expect((await review(input, await services.createViewer(Role.ADMIN))).userErrors).toEqual([]);
});

test('reviews cannot be changed or removed', async () => {
  const { id, label } = await newPrediction();
  await review({ predictionId: id, label });
  const where = { predictionId: id };
  await expect(
    services.ownerDatabase.review.updateMany({ where, data: { label: 'normal' } }),
  ).rejects.toThrow('"Review" is append-only: UPDATE is refused');
  await expect(services.ownerDatabase.review.deleteMany({ where })).rejects.toThrow(
    '"Review" is append-only: DELETE is refused',
  );
  await expect(services.ownerDatabase.prediction.delete({ where: { id } })).rejects.toThrow(
    '"Prediction" is append-only: DELETE is refused',
  );
});
