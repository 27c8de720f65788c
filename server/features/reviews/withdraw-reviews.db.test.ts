import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { exportPredictions } from '../predictions/export-predictions.js';
import { classifyBytes } from '../predictions/testing.js';
import { registerRandomChampion } from '../models/testing.js';
import { reviewPrediction } from './review-prediction.js';

let services: TestServices;
let clinician: Viewer;
let colleague: Viewer;
let admin: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  clinician = await services.createViewer(Role.CLINICIAN);
  colleague = await services.createViewer(Role.CLINICIAN);
  admin = await services.createViewer();
  await registerRandomChampion(services.contextOf(admin), { modelName: 'one' });
});
afterAll(() => services.close());

async function run(document: string, variables: Record<string, unknown> = {}, viewer = admin) {
  const { data, errors } = await services.execute(document, variables, viewer);
  expect(errors).toEqual([]);
  return data;
}

async function newPrediction(caseReference: string | null = null) {
  const bytes = await drawSmear().png().toBuffer();
  const asked = { fileName: null, caseReference, modelName: null, modelVersionId: null };
  const { id, label } = await classifyBytes(services.contextOf(clinician), { bytes, ...asked });
  return { id, label, otherLabel: label === 'blast' ? 'normal' : 'blast' };
}

async function review(predictionId: string, label: string, more: object = {}, viewer = clinician) {
  const { reviewId } = await reviewPrediction(services.contextOf(viewer), { predictionId, label, ...more });
  return reviewId ?? '';
}

async function withdraw(reviewIds: string[], viewer = clinician) {
  const { withdrawReviews } = await run(
    `mutation ($input: WithdrawReviewsInput!) {
      withdrawReviews(input: $input) {
        results { reviewId prediction { id finalLabel finalVerdict reviews { id } } userErrors { code field message } }
        userErrors { code field }
      }
    }`,
    { input: { reviewIds } },
    viewer,
  );
  return withdrawReviews;
}

test('a withdrawn review stays recorded and no longer counts', async () => {
  const { id, label, otherLabel } = await newPrediction('withdrawn');
  const first = await review(id, label, {}, colleague);
  const second = await review(id, otherLabel);
  expect((await withdraw([second])).results).toMatchObject([
    { reviewId: second, prediction: { id, finalLabel: label, reviews: [{ id: first }] }, userErrors: [] },
  ]);
  const { node } = await run('query ($id: ID!) { node(id: $id) { ... on Review { label withdrawnAt } } }', {
    id: second,
  });
  expect(node).toEqual({ label: otherLabel, withdrawnAt: expect.any(String) });
  const events = await services.database.auditEvent.findMany({
    where: { action: 'REVIEW_WITHDRAWN', entityId: id },
  });
  expect(events).toMatchObject([
    { actorId: clinician.id, detail: `Review ${second}: ${otherLabel}, origin CORRECTION.` },
  ]);
});

test('without a review that counts, a prediction is unreviewed again in every list and count', async () => {
  const { id, label } = await newPrediction('unreviewed again');
  const reviewId = await review(id, label, { verdict: 'NOT_A_CELL', origin: 'RANDOM_SAMPLE' });
  const state = async () => {
    const day = 24 * 3_600_000;
    const data = await run(
      `query ($from: DateTime!, $to: DateTime!) {
        case(reference: "unreviewed again") { counts { cells reviewed notCells } }
        reviewed: predictions(filter: { caseReference: "unreviewed again", reviewed: true }) { edges { node { id } } }
        notCells: predictions(filter: { caseReference: "unreviewed again", verdict: NOT_A_CELL }) { edges { node { id } } }
        unreviewed: predictions(filter: { caseReference: "unreviewed again", reviewed: false }) { edges { node { id } } }
        monitoring(modelName: "one", from: $from, to: $to) { reviewedCount labelledCount }
      }`,
      { from: new Date(Date.now() - day).toISOString(), to: new Date(Date.now() + day).toISOString() },
    );
    const { pages } = await exportPredictions(services.contextOf(admin), {
      filter: { caseReference: 'unreviewed again', reviewed: true },
      ...{ format: 'csv', moment: null, after: null },
    });
    const exported: string[] = [];
    for await (const page of pages) exported.push(...page.map(({ prediction }) => prediction.id));
    const idsOf = (list: { edges: { node: { id: string } }[] }) => list.edges.map(({ node }) => node.id);
    return {
      counts: data.case.counts,
      lists: [data.reviewed, data.notCells, data.unreviewed].map(idsOf),
      monitored: data.monitoring.reviewedCount,
      exported,
    };
  };
  const before = await state();
  expect(before).toMatchObject({
    ...{ counts: { cells: 1, reviewed: 1, notCells: 1 }, lists: [[id], [id], []], exported: [id] },
  });
  await withdraw([reviewId]);
  expect(await state()).toMatchObject({
    ...{ counts: { cells: 1, reviewed: 0, notCells: 0 }, lists: [[], [], [id]], exported: [] },
    monitored: before.monitored - 1,
  });
  await review(id, label);
  expect((await state()).counts).toMatchObject({ reviewed: 1, notCells: 0 });
});

test('an export of an earlier moment has the reviews that were withdrawn later', async () => {
  const reference = 'exported before';
  const { id, label } = await newPrediction(reference);
  const kept = await review(id, label, {}, colleague);
  const reviewId = await review(id, label);
  const exported = async (moment: string | null, filter: object) => {
    const { pages, ...begun } = await exportPredictions(services.contextOf(admin), {
      filter: { caseReference: reference, ...filter },
      ...{ format: 'csv', moment, after: null },
    });
    const reviewIds: string[] = [];
    for await (const page of pages)
      reviewIds.push(...page.flatMap(({ reviews }) => reviews.map((each) => each.id)));
    return { moment: begun.moment, reviewIds };
  };
  const { moment } = await exported(null, { reviewed: true });
  await withdraw([reviewId]);
  await withdraw([kept], colleague);
  for (const filter of [{ reviewed: true }, { verdict: 'LABEL' }, {}])
    expect((await exported(moment, filter)).reviewIds).toEqual([kept, reviewId]);
  expect((await exported(null, {})).reviewIds).toEqual([]);
  expect((await exported(moment, { reviewed: false })).reviewIds).toEqual([]);
});

test('the history of changes has the withdrawal, with the review', async () => {
  const { id, label } = await newPrediction();
  const reviewId = await review(id, label);
  await withdraw([reviewId]);
  const withdrawn = { id: reviewId, withdrawnAt: expect.any(String) };
  expect(await changesOf(id, 3)).toEqual([
    { kind: 'CREATED', predictionId: id, review: null },
    { kind: 'REVIEWED', predictionId: id, review: withdrawn },
    { kind: 'REVIEW_WITHDRAWN', predictionId: id, review: withdrawn },
  ]);
});

/** The changes of a prediction, when there are so many. Transactions of other databases of the cluster delay them. */
async function changesOf(id: string, count: number) {
  for (;;) {
    const { predictionChanges } = await run(
      'query { predictionChanges(last: 20) { edges { node { kind predictionId review { id withdrawnAt } } } } }',
    );
    const changes = predictionChanges.edges.map(({ node }: any) => node);
    const found = changes.filter(({ predictionId }: any) => predictionId === id);
    if (found.length >= count) return found;
    await sleep(20);
  }
}

test('only the newest reviews of a prediction can be withdrawn, by those who gave them', async () => {
  const { id, label, otherLabel } = await newPrediction();
  const first = await review(id, label);
  const second = await review(id, otherLabel);
  expect((await withdraw([first])).results).toMatchObject([
    { prediction: null, userErrors: [{ code: 'CONFLICT', field: ['input', 'reviewIds', '0'] }] },
  ]);
  expect((await withdraw([second], colleague)).results).toMatchObject([
    { prediction: null, userErrors: [{ code: 'FORBIDDEN' }] },
  ]);
  // Both, in any order.
  expect((await withdraw([first, second])).results).toMatchObject([{ userErrors: [] }, { userErrors: [] }]);
  const rows = await services.database.review.findMany({ where: { predictionId: id } });
  expect(rows.map(({ withdrawnAt }) => withdrawnAt)).not.toContain(null);
});

test('a withdrawal can be sent again, and two at the same time are one', async () => {
  const { id, label } = await newPrediction();
  const reviewId = await review(id, label);
  const twice = await Promise.all([withdraw([reviewId]), withdraw([reviewId]), withdraw([reviewId])]);
  for (const { results } of twice) expect(results).toMatchObject([{ userErrors: [] }]);
  const events = { action: 'REVIEW_WITHDRAWN', entityId: id } as const;
  expect(await services.database.auditEvent.count({ where: events })).toBe(1);
  const changes = { kind: 'REVIEW_WITHDRAWN', predictionId: id } as const;
  expect(await services.database.predictionChange.count({ where: changes })).toBe(1);
});

test('a review that a colleague answers at the same moment is either withdrawn or kept, and the counts agree', async () => {
  for (let round = 0; round < 10; round++) {
    const { id, label, otherLabel } = await newPrediction();
    const reviewId = await review(id, label);
    const [withdrawn] = await Promise.all([
      withdraw([reviewId]),
      review(id, otherLabel, { afterReviewId: reviewId }, colleague).catch(() => null),
    ]);
    const counting = await services.database.review.count({ where: { predictionId: id, withdrawnAt: null } });
    const { reviewed } = await services.database.prediction.findUniqueOrThrow({ where: { id } });
    const isWithdrawn = withdrawn.results[0].userErrors.length === 0;
    expect([counting, reviewed]).toEqual(isWithdrawn ? [0, false] : [2, true]);
  }
});

test('after a withdrawal, the same review is added again', async () => {
  const { id, label } = await newPrediction();
  const first = await review(id, label);
  await withdraw([first]);
  expect(await review(id, label, { afterReviewId: null })).not.toBe(first);
});

test('one that cannot be withdrawn does not keep the others', async () => {
  const [one, other] = [await newPrediction(), await newPrediction()];
  const [mine, theirs] = [
    await review(one.id, one.label),
    await review(other.id, other.label, {}, colleague),
  ];
  const missing = newId('rev');
  expect((await withdraw([missing, theirs, mine])).results).toMatchObject([
    { reviewId: missing, userErrors: [{ code: 'NOT_FOUND', field: ['input', 'reviewIds', '0'] }] },
    { reviewId: theirs, userErrors: [{ code: 'FORBIDDEN' }] },
    { reviewId: mine, prediction: { id: one.id, reviews: [] }, userErrors: [] },
  ]);
  for (const reviewIds of [[], Array.from({ length: 101 }, () => newId('rev')), [one.id]])
    expect(await withdraw(reviewIds)).toMatchObject({ results: null, userErrors: [{ code: 'INVALID' }] });
});

test('the reviews of a signed case stay', async () => {
  const { id, label } = await newPrediction('signed case');
  const reviewId = await review(id, label);
  await services.database.case.updateMany({
    where: { reference: 'signed case' },
    data: { state: 'SIGNED' },
  });
  expect((await withdraw([reviewId])).results).toMatchObject([
    { userErrors: [{ code: 'CONFLICT', message: expect.stringContaining('signed') }] },
  ]);
  expect(await services.database.review.count({ where: { id: reviewId, withdrawnAt: null } })).toBe(1);
});

test('nothing else of a review changes, and only once', async () => {
  const { id, label } = await newPrediction();
  const reviewId = await review(id, label);
  const { ownerDatabase } = services;
  const where = { id: reviewId };
  const refused = '"Review" is append-only: UPDATE is refused';
  const changes = [
    { label: 'normal', withdrawnAt: new Date() },
    { comment: 'other' },
    { withdrawnAt: new Date(0) },
    { withdrawnAt: null },
  ];
  for (const data of changes)
    await expect(ownerDatabase.review.update({ where, data })).rejects.toThrow(refused);
  await withdraw([reviewId]);
  for (const data of [{ withdrawnAt: null }, { withdrawnAt: new Date() }])
    await expect(ownerDatabase.review.update({ where, data })).rejects.toThrow(refused);
});
