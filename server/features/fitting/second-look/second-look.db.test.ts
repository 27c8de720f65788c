import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { sha256 } from '../../../artifact/artifact.js';
import { randomArtifact } from '../../../artifact/testing.js';
import { newId } from '../../../database/ids.js';
import { withdrawReviews } from '../../reviews/withdraw-reviews.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { createSite } from '../../accounts/sites/create-site.js';
import { createSnapshot } from '../../datasets/testing.js';
import { eraseCase } from '../../erasure/erase-case.js';
import { bytesOfProbabilities } from '../../models/evaluations/evaluation-answers.js';
import { registerArtifact } from '../../models/testing.js';
import { cellsLeftOut, cellsOfFit, startFit } from '../fit-lifecycle.js';

let services: TestServices;
let admin: Viewer;
let engineer: Viewer;
let clinician: Viewer;
let colleague: Viewer;
let version: { id: string };
let negative: string;
let positive: string;

const artifact = randomArtifact();
const { manifest } = artifact;

beforeAll(async () => {
  services = await openTestServices();
  admin = await services.createViewer();
  engineer = await services.createViewer(Role.ML_ENGINEER);
  clinician = await services.createViewer(Role.CLINICIAN);
  colleague = await services.createViewer(Role.CLINICIAN);
  version = await registerArtifact(services, 'one', artifact);
  [negative, positive] = manifest.classes;
});
afterAll(() => services.close());

/** Stores a prediction with the version's answer and a reviewer's label. */
async function reviewed(answer: string, label: string, changed: { caseReference: string; siteId?: string }) {
  const id = newId('pred');
  const imageSha256 = sha256(Buffer.from(id));
  const { database } = services;
  await database.image.create({
    data: { sha256: imageSha256, width: 1, height: 1, byteSize: 1, mediaType: 'image/png' },
  });
  await database.prediction.create({
    data: {
      ...{ id, imageSha256, modelVersionId: version.id, createdById: admin.id, outcome: 'CLASSIFIED' },
      ...{ label: answer, confidence: 0.9, probabilities: [0.1, 0.9], outOfDistributionScore: 0 },
      ...{ qualityWarnings: [], evidence: Buffer.alloc(4) },
      ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 1 },
      ...changed,
    },
  });
  await database.review.create({
    data: {
      ...{ id: newId('rev'), predictionId: id, reviewerId: clinician.id, label, origin: 'RANDOM_SAMPLE' },
      agreesWithModel: label === answer,
    },
  });
  return id;
}

/** 12 cells of a case whose labels agree with the answers, and three that differ. */
async function reviewedCase(more: { siteId?: string } = {}) {
  const caseReference = `case ${newId('run')}`;
  const place = { caseReference, ...more };
  const agreeing = [];
  for (const label of [negative, positive])
    for (let index = 0; index < 6; index++) agreeing.push(await reviewed(label, label, place));
  const differing = [
    await reviewed(negative, positive, place),
    await reviewed(positive, negative, place),
    await reviewed(positive, negative, place),
  ];
  return { caseReference, agreeing, differing };
}

const LOOK = `secondLook { id labels cellCount doneCount cells { place isDone pictureUrl }
  result { keptCount changedCount withoutLabelCount } modelVersion { id } datasetSnapshot { id } createdBy { id } }
  userErrors { code field message }`;

async function mutate(name: string, type: string, input: Record<string, unknown>, viewer: Viewer) {
  const document = `mutation ($input: ${type}!) { ${name}(input: $input) { ${LOOK} } }`;
  return services.execute(document, { input }, viewer);
}

async function start(input: Record<string, unknown>, viewer = engineer) {
  const { data, errors } = await mutate(
    'startSecondLook',
    'StartSecondLookInput',
    { modelVersionId: version.id, ...input },
    viewer,
  );
  expect(errors).toEqual([]);
  return data.startSecondLook;
}

async function give(input: Record<string, unknown>, viewer = clinician) {
  const { data, errors } = await mutate('giveSecondLabel', 'GiveSecondLabelInput', input, viewer);
  expect(errors).toEqual([]);
  return data.giveSecondLabel;
}

async function fit(input: Record<string, unknown>) {
  const document = `mutation ($input: FitModelVersionInput!) { fitModelVersion(input: $input) {
    fit { id cells { cellCount relabelledCount excluded { reason count } } } userErrors { message } } }`;
  const { data } = await services.execute(
    document,
    { input: { modelVersionId: version.id, ...input } },
    engineer,
  );
  expect(data.fitModelVersion.userErrors).toEqual([]);
  return data.fitModelVersion.fit;
}

const rowsOf = (secondLookId: string) =>
  services.database.secondLookCell.findMany({ where: { secondLookId }, orderBy: { place: 'asc' } });

describe('a second look at reviewed predictions', () => {
  test('shows as many agreeing as differing cells in random order, without label and answer', async () => {
    const { caseReference, agreeing, differing } = await reviewedCase();
    const { secondLook, userErrors } = await start({ reviews: { caseReference } });
    expect(userErrors).toEqual([]);
    expect(secondLook).toMatchObject({
      ...{ labels: manifest.classes, cellCount: 6, doneCount: 0, result: null, datasetSnapshot: null },
      ...{ modelVersion: { id: version.id }, createdBy: { id: engineer.id } },
    });
    const ids = (await rowsOf(secondLook.id)).map(({ predictionId }) => predictionId ?? '');
    expect(ids.filter((id) => differing.includes(id)).toSorted()).toEqual(differing.toSorted());
    expect(ids.filter((id) => agreeing.includes(id))).toHaveLength(3);
    expect(secondLook.cells).toEqual(
      ids.map((id, place) => ({ place, isDone: false, pictureUrl: `/files/predictions/${id}/cell.jpg` })),
    );
    const orders = [];
    for (let count = 0; count < 8; count++) {
      const again = (await start({ reviews: { caseReference } })).secondLook;
      const rows = await rowsOf(again.id);
      orders.push(
        rows.map(({ predictionId }) => (differing.includes(predictionId ?? '') ? 'd' : 'a')).join(''),
      );
    }
    expect(new Set(orders).size).toBeGreaterThan(2);
  });

  test('records reviews, which the fit uses and which are not blind if the reviewer saw the answer before, and says what changed only after the last cell', async () => {
    const { caseReference, differing } = await reviewedCase();
    const { secondLook } = await start({ reviews: { caseReference } });
    const rows = await rowsOf(secondLook.id);
    const give1 = (place: number, answer: object) => give({ secondLookId: secondLook.id, place, ...answer });
    const changed = rows.find(({ predictionId }) => predictionId === differing[0]);
    for (const { place, label } of rows) {
      if (place === changed?.place) continue;
      const { secondLook: now, userErrors } = await give1(place, { verdict: 'LABEL', label });
      expect(userErrors).toEqual([]);
      expect(now.result).toBeNull();
    }
    const place = changed?.place ?? -1;
    await give1(place, { verdict: 'CANNOT_TELL' });
    const { secondLook: done } = await give1(place, { verdict: 'LABEL', label: negative }); // corrected
    expect(done).toMatchObject({
      doneCount: 6,
      result: { keptCount: 5, changedCount: 1, withoutLabelCount: 0 },
    });
    const reviews = await services.database.review.findMany({
      where: { predictionId: differing[0] },
      orderBy: { id: 'asc' },
      select: { verdict: true, label: true, blind: true, origin: true, reviewerId: true },
    });
    expect(reviews.slice(1)).toEqual([
      { verdict: 'CANNOT_TELL', label: negative, blind: false, origin: 'WORKLIST', reviewerId: clinician.id },
      { verdict: 'LABEL', label: negative, blind: false, origin: 'WORKLIST', reviewerId: clinician.id },
    ]);
    const { cells } = await fit({ reviews: { caseReference } });
    expect(cells).toEqual({ cellCount: 15, relabelledCount: 1, excluded: [] });
    // All differing cells have been labelled again: there is nothing to compare the others with.
    expect((await start({ reviews: { caseReference } })).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  });

  test('a second label whose review is withdrawn is open again, and the fit uses the first one', async () => {
    const { caseReference, differing } = await reviewedCase();
    const { secondLook } = await start({ reviews: { caseReference } });
    const rows = await rowsOf(secondLook.id);
    const place = rows.find(({ predictionId }) => predictionId === differing[0])?.place ?? -1;
    const answer = { secondLookId: secondLook.id, place, verdict: 'LABEL', label: positive };
    expect((await give(answer, colleague)).secondLook.doneCount).toBe(1);
    const { id } = await services.database.review.findFirstOrThrow({
      where: { reviewerId: colleague.id, predictionId: differing[0] },
    });
    await withdrawReviews(services.contextOf(colleague), [id]);
    const row = (await rowsOf(secondLook.id)).find((each) => each.place === place);
    expect(row).toMatchObject({ verdict: null, secondLabel: null, reviewerId: null, reviewedAt: null });
    expect((await fit({ reviews: { caseReference } })).cells).toEqual({
      cellCount: 15,
      relabelledCount: 0,
      excluded: [],
    });
  });

  test('gives another reviewer blind reviews; cells on which they differ keep their first label for the figures', async () => {
    const { caseReference, differing } = await reviewedCase();
    const { secondLook } = await start({ reviews: { caseReference } });
    const rows = await rowsOf(secondLook.id);
    const disputed = rows.filter(({ predictionId }) => differing.slice(1).includes(predictionId ?? ''));
    expect(disputed).toHaveLength(2);
    for (const [index, { place }] of disputed.entries()) {
      const verdict = index === 0 ? { verdict: 'LABEL', label: positive } : { verdict: 'NOT_A_CELL' };
      const answer = { secondLookId: secondLook.id, place, ...verdict };
      expect((await give(answer, colleague)).userErrors).toEqual([]);
    }
    const reviews = await services.database.review.findMany({
      where: { predictionId: { in: differing }, reviewerId: colleague.id },
      select: { blind: true },
    });
    expect(reviews).toEqual([{ blind: true }, { blind: true }]);

    const { id, cells } = await fit({ reviews: { caseReference } });
    expect(cells.cellCount).toBe(13);
    const started = await startFit(services.database, id);
    if (!started) throw new Error('The fit did not start.');
    const fitted = await cellsOfFit(services.database, started, manifest);
    const leftOut = await cellsLeftOut(services.database, started, manifest, fitted);
    expect(leftOut.map(({ key }) => key)).toEqual(differing.slice(1).toSorted());
    expect(leftOut.map(({ label }) => label)).toEqual([negative, negative]);
  });

  test('shows only cells of the sites that the reviewer sees, and no cell of an erased case', async () => {
    const { id: siteId } = await createSite(services.contextOf(admin), { name: 'Ward 7' });
    const { caseReference } = await reviewedCase({ siteId });
    const { secondLook } = await start({ reviews: { caseReference } });
    const query = 'query ($id: ID!) { secondLook(id: $id) { cellCount cells { place } } }';
    const seenBy = async (viewer: Viewer) =>
      (await services.execute(query, { id: secondLook.id }, viewer)).data.secondLook;
    const elsewhere = { ...clinician, siteIds: [], seesAllSites: false };
    expect(await seenBy(elsewhere)).toEqual({ cellCount: 0, cells: [] });
    expect((await seenBy({ ...clinician, siteIds: [siteId], seesAllSites: false })).cellCount).toBe(6);
    const answer = { secondLookId: secondLook.id, place: 0, verdict: 'LABEL', label: positive };
    expect((await give(answer, elsewhere)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);

    await eraseCase(services.contextOf(admin), { caseReference, reason: 'Consent was withdrawn.' });
    expect((await seenBy(clinician)).cellCount).toBe(0);
  });

  test('refuses a label that the version does not have, and people who may not start or label', async () => {
    const { caseReference } = await reviewedCase();
    const { secondLook } = await start({ reviews: { caseReference } });
    const answer = { secondLookId: secondLook.id, place: 0, verdict: 'LABEL' };
    for (const label of [null, 'unknown'])
      expect((await give({ ...answer, label })).userErrors).toMatchObject([
        { code: 'INVALID', field: ['input', 'label'], message: expect.stringContaining(`'${positive}'`) },
      ]);
    expect((await give({ ...answer, label: positive, place: 6 })).userErrors).toMatchObject([
      { code: 'NOT_FOUND', field: ['input', 'place'] },
    ]);
    const input = { modelVersionId: version.id, reviews: { caseReference } };
    const started = await mutate('startSecondLook', 'StartSecondLookInput', input, clinician);
    expect(started.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    const given = await mutate('giveSecondLabel', 'GiveSecondLabelInput', answer, engineer);
    expect(given.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });
});

describe('a second look at a snapshot', () => {
  test('needs the answers of the version, keeps the labels, and leaves the snapshot as it is', async () => {
    const labels = Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? positive : 'lymphocyte'));
    const snapshot = await createSnapshot(
      services.database,
      labels.map((label, index) => ({ image: `item ${index}`, label, group: `patient ${index}` })),
    );
    const source = { datasetSnapshotId: snapshot.id };
    expect((await start(source)).userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining('Evaluate the version') },
    ]);

    const items = await services.database.datasetItem.findMany({
      where: { snapshotId: snapshot.id },
      orderBy: { key: 'asc' },
    });
    const wrong = items.filter(({ label }, index) => label === positive && index % 4 === 0);
    expect(wrong.length).toBeGreaterThan(1);
    const [above, below] = [manifest.decisionThreshold + 0.01, manifest.decisionThreshold - 0.01];
    const evaluationId = newId('eval');
    await services.database.evaluation.create({
      data: {
        id: evaluationId,
        status: 'RUNNING',
        modelVersionId: version.id,
        datasetSnapshotId: snapshot.id,
      },
    });
    await services.database.evaluationAnswers.create({
      data: {
        evaluationId,
        probabilities: bytesOfProbabilities(
          items.map((item) => (item.label === positive && !wrong.includes(item) ? above : below)),
        ),
        outcomes: items.map(() => 'CLASSIFIED'),
      },
    });
    await services.database.evaluation.update({
      where: { id: evaluationId },
      data: { status: 'SUCCEEDED', itemCount: items.length, metrics: {} },
    });

    const { secondLook } = await start(source);
    const rows = await rowsOf(secondLook.id);
    const isWrong = ({ key }: { key: string | null }) => wrong.some((item) => item.key === key);
    expect(rows).toHaveLength(2 * wrong.length);
    expect(rows.filter(isWrong)).toHaveLength(wrong.length);
    expect(secondLook.cells[0].pictureUrl).toBe(
      `/files/images/${items.find(({ key }) => key === rows[0]?.key)?.imageSha256}/thumbnail`,
    );

    const [first, second] = rows.filter(isWrong).map(({ place }) => place);
    const other = rows.find((row) => row.label === 'lymphocyte')?.place;
    const answer = (place: number | undefined, given: object, viewer = clinician) =>
      give({ secondLookId: secondLook.id, place, ...given }, viewer);
    await answer(first, { verdict: 'LABEL', label: negative });
    await answer(second, { verdict: 'CANNOT_TELL' });
    const refused = await answer(first, { verdict: 'LABEL', label: positive }, colleague);
    expect(refused.userErrors).toMatchObject([{ code: 'CONFLICT', field: ['input', 'place'] }]);
    if (other !== undefined) await answer(other, { verdict: 'LABEL', label: negative }); // the same as 'lymphocyte'
    const { id, cells } = await fit(source);
    expect(cells).toEqual({
      cellCount: 15,
      relabelledCount: 1,
      excluded: [{ reason: 'NO_LABEL', count: 1 }],
    });

    // What is labelled after the request does not change the fit.
    await answer(first, { verdict: 'NOT_A_CELL' });
    const started = await startFit(services.database, id);
    const used = started ? await cellsOfFit(services.database, started, manifest) : [];
    expect(used.filter(({ label, originalLabel }) => label !== originalLabel)).toMatchObject([
      { key: rows[first ?? -1]?.key, label: negative, originalLabel: positive },
    ]);
    expect(used).toHaveLength(15);
    expect(started && (await cellsLeftOut(services.database, started, manifest, used))).toMatchObject([
      { key: rows[second ?? -1]?.key, label: positive, originalLabel: positive },
    ]);
    expect(
      await services.database.datasetItem.findMany({
        where: { snapshotId: snapshot.id },
        orderBy: { key: 'asc' },
      }),
    ).toEqual(items);
    const events = await services.database.auditEvent.findMany({ where: { entityId: secondLook.id } });
    expect(events.map(({ action }) => action)).toContain('SECOND_LABEL_GIVEN');
  });
});
