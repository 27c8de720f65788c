import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { eraseCase } from '../erasure/erase-case.js';
import { registerRandomChampion } from '../models/testing.js';
import { classifyBytes } from '../predictions/testing.js';

let services: TestServices;
let clinician: Viewer;
let colleague: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  clinician = await services.createViewer(Role.CLINICIAN);
  colleague = await services.createViewer(Role.CLINICIAN);
  await registerRandomChampion(services.contextOf(await services.createViewer(Role.ADMIN)));
});
afterAll(() => services.close());

const mutation = `mutation ($input: ReviewPredictionsInput!) {
  reviewPredictions(input: $input) {
    results {
      predictionId added
      review { id label reviewer { id } }
      prediction { id finalLabel reviews { id } }
      userErrors { code field }
    }
    userErrors { code field message }
  }
}`;

async function review(reviews: object[], more: object = {}, viewer = clinician) {
  const { data, errors } = await services.execute(mutation, { input: { reviews, ...more } }, viewer);
  expect(errors).toEqual([]);
  return data.reviewPredictions;
}

async function newPredictions(count: number, caseReference: string | null = null): Promise<string[]> {
  const bytes = await drawSmear().png().toBuffer();
  const asked = { fileName: null, caseReference, modelName: null, modelVersionId: null };
  const ids: string[] = [];
  for (let index = 0; index < count; index++)
    ids.push((await classifyBytes(services.contextOf(clinician), { bytes, ...asked })).id);
  return ids;
}

const reviewsOf = (predictionId: string) => services.database.review.count({ where: { predictionId } });
const eventsOf = (entityId: string) =>
  services.database.auditEvent.count({ where: { action: 'PREDICTION_REVIEWED', entityId } });

test('a batch adds the reviews that are valid, with results in the order of the input', async () => {
  const [first = '', second = '', third = ''] = await newPredictions(3);
  const missing = newId('pred');
  const { results, userErrors } = await review([
    { predictionId: third, label: 'blast' },
    { predictionId: missing, label: 'blast' },
    { predictionId: first, label: 'platelet' },
    { predictionId: second, label: 'normal', verdict: 'NOT_A_CELL', cellType: 'BLAST' },
    { predictionId: newId('pred'), label: 'blast', comment: 'x'.repeat(2001) },
  ]);
  expect(userErrors).toEqual([]);
  expect(results).toMatchObject([
    { predictionId: third, added: true, review: { label: 'blast', reviewer: { id: clinician.id } } },
    {
      ...{ predictionId: missing, added: false, review: null, prediction: null },
      userErrors: [{ code: 'NOT_FOUND', field: ['input', 'reviews', '1', 'predictionId'] }],
    },
    {
      ...{ predictionId: first, added: false, review: null },
      userErrors: [{ code: 'INVALID', field: ['input', 'reviews', '2', 'label'] }],
    },
    { added: false, userErrors: [{ code: 'INVALID', field: ['input', 'reviews', '3', 'cellType'] }] },
    { userErrors: [{ code: 'NOT_FOUND' }] },
  ]);
  expect(results[0].prediction).toMatchObject({
    finalLabel: 'blast',
    reviews: [{ id: results[0].review.id }],
  });
  expect(await Promise.all([first, second, third].map(reviewsOf))).toEqual([0, 0, 1]);
  expect(await Promise.all([first, second, third].map(eventsOf))).toEqual([0, 0, 1]);
});

test('no review, too many and two of one prediction are refused as a whole', async () => {
  const [id = ''] = await newPredictions(1);
  const one = { predictionId: id, label: 'blast' };
  const many = Array.from({ length: 101 }, () => ({ ...one, predictionId: newId('pred') }));
  for (const reviews of [[], many, [one, one]]) {
    expect(await review(reviews)).toMatchObject({
      results: null,
      userErrors: [{ code: 'INVALID', field: ['input', 'reviews'] }],
    });
  }
  expect(await reviewsOf(id)).toBe(0);
});

test('a review of a cell that somebody else has reviewed since is a conflict, and the others are added', async () => {
  const [seen = '', changed = '', unseen = ''] = await newPredictions(3);
  const [earlier] = (await review([{ predictionId: seen, label: 'normal' }], {}, colleague)).results;
  await review([{ predictionId: changed, label: 'normal' }], {}, colleague);
  const { results } = await review([
    { predictionId: seen, label: 'blast', afterReviewId: earlier.review.id },
    { predictionId: changed, label: 'blast', afterReviewId: null },
    { predictionId: unseen, label: 'blast', afterReviewId: null },
  ]);
  expect(results).toMatchObject([
    { added: true, userErrors: [] },
    {
      ...{ added: false, prediction: { finalLabel: 'normal' } },
      userErrors: [{ code: 'CONFLICT', field: ['input', 'reviews', '1', 'afterReviewId'] }],
    },
    { added: true, userErrors: [] },
  ]);
  // Without `afterReviewId`, it is added after any other.
  expect((await review([{ predictionId: changed, label: 'blast' }])).results).toMatchObject([
    { added: true },
  ]);
});

test('one of two reviewers who decide at the same moment gets a conflict', async () => {
  const ids = await newPredictions(10);
  const decide = (label: string, viewer: Viewer) =>
    review(
      ids.map((predictionId) => ({ predictionId, label, afterReviewId: null })),
      {},
      viewer,
    );
  const answers = await Promise.all([decide('blast', clinician), decide('normal', colleague)]);
  for (const [index, id] of ids.entries()) {
    expect(answers.filter(({ results }) => results[index].added)).toHaveLength(1);
    expect(await reviewsOf(id)).toBe(1);
  }
});

test('batches of the same cells in opposite orders do not deadlock', async () => {
  const ids = await newPredictions(20);
  for (let round = 0; round < 5; round++) {
    const label = round % 2 === 0 ? 'blast' : 'normal';
    const batch = (order: string[], viewer: Viewer) =>
      review(
        order.map((predictionId) => ({ predictionId, label, comment: `round ${round}` })),
        {},
        viewer,
      );
    const both = await Promise.all([batch(ids, clinician), batch(ids.toReversed(), colleague)]);
    for (const { results } of both) expect(results.every(({ added }: any) => added)).toBe(true);
  }
});

test('a repeated request adds nothing and has the first results, even after other reviews and at the same time', async () => {
  const ids = await newPredictions(3);
  const reviews = ids.map((predictionId) => ({ predictionId, label: 'blast', afterReviewId: null }));
  const send = () => review(reviews, { clientRequestId: 'confirm the group' });
  const attempts = await Promise.all([send(), send(), send()]);
  const first = attempts[0].results.map(({ review: { id } }: any) => id);
  await review([{ predictionId: ids[1], label: 'normal' }], {}, colleague);
  for (const { results } of [...attempts, await send()]) {
    expect(results.map(({ added, review: { id } }: any) => [added, id])).toEqual(
      first.map((id: string) => [true, id]),
    );
  }
  expect(await Promise.all(ids.map(reviewsOf))).toEqual([1, 2, 1]);

  const other = await review([{ predictionId: ids[0], label: 'normal' }], {
    clientRequestId: 'confirm the group',
  });
  expect(other).toMatchObject({
    results: null,
    userErrors: [{ code: 'CONFLICT', field: ['input', 'clientRequestId'] }],
  });
  expect(await reviewsOf(ids[0] ?? '')).toBe(1);
});

test('reviews that were refused can be added by the same request', async () => {
  const [first = '', second = ''] = await newPredictions(2);
  const [{ review: blocking }] = (await review([{ predictionId: second, label: 'normal' }], {}, colleague))
    .results;
  const reviews = [first, second].map((predictionId) => ({
    predictionId,
    label: 'blast',
    afterReviewId: null,
  }));
  const send = async () => (await review(reviews, { clientRequestId: 'with a conflict' })).results;
  expect(await send()).toMatchObject([{ added: true }, { added: false, userErrors: [{ code: 'CONFLICT' }] }]);
  const { data } = await services.execute(
    'mutation ($id: ID!) { withdrawReviews(input: { reviewIds: [$id] }) { results { userErrors { code } } } }',
    { id: blocking.id },
    colleague,
  );
  expect(data.withdrawReviews.results).toEqual([{ userErrors: [] }]);
  expect(await send()).toMatchObject([{ added: true }, { added: true, userErrors: [] }]);
  expect(await Promise.all([first, second].map(reviewsOf))).toEqual([1, 2]);
});

test('a cell that is erased while the batch waits is not found, and the others are added', async () => {
  const [kept = ''] = await newPredictions(1);
  const [erased = ''] = await newPredictions(1, 'erased case');
  const admin = services.contextOf(await services.createViewer(Role.ADMIN));
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => (locked = resolve));
  const holding = services.database.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT FROM "Prediction" WHERE id = ${kept} FOR UPDATE`;
    locked();
    await held;
  });
  await isLocked;
  const sending = review(
    [kept, erased].map((predictionId) => ({ predictionId, label: 'blast' })),
    { clientRequestId: 'erased' },
  );
  await eraseCase(admin, { caseReference: 'erased case', reason: 'On request of the patient' });
  release();
  await holding;
  expect((await sending).results).toMatchObject([
    { added: true },
    { added: false, review: null, prediction: null, userErrors: [{ code: 'NOT_FOUND' }] },
  ]);
});

test('an erasure removes what the request was about', async () => {
  const [id = ''] = await newPredictions(1, 'case with a request');
  const send = () => review([{ predictionId: id, label: 'blast' }], { clientRequestId: 'about a case' });
  await send();
  const admin = services.contextOf(await services.createViewer(Role.ADMIN));
  await eraseCase(admin, { caseReference: 'case with a request', reason: 'On request of the patient' });
  const [request] = await services.database.clientRequest.findMany({ where: { key: 'about a case 0' } });
  expect(request?.contentSha256).toBe('');
  expect((await send()).results).toMatchObject([{ added: false, userErrors: [{ code: 'NOT_FOUND' }] }]);
});

test('only users with the permission can review', async () => {
  const [id = ''] = await newPredictions(1);
  const input = { reviews: [{ predictionId: id, label: 'blast' }] };
  for (const role of [Role.ML_ENGINEER, Role.AUDITOR]) {
    const { errors } = await services.execute(mutation, { input }, await services.createViewer(role));
    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  }
});
