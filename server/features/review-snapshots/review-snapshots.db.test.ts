import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { imageKey } from '../../storage/keys.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { createSite } from '../accounts/sites/create-site.js';
import { deleteErasedImages } from '../erasure/delete-erased-images.js';
import { ReviewFilter, UNBIASED_ORIGINS } from '../datasets/review-filter.js';
import { cutOutKeys } from '../datasets/snapshot-items.js';
import { digestOf } from '../datasets/testing.js';
import { eraseCase } from '../erasure/erase-case.js';
import { imageFile } from '../images/image-file.js';
import { byAllNames } from '../models/evaluations/seen-data.js';
import { registerRandomChampion, registerRandomVersion } from '../models/testing.js';
import { classifyFieldBytes, drawField } from '../predictions/fields/testing.js';
import { classifyBytes } from '../predictions/testing.js';
import { reviewPrediction } from '../reviews/review-prediction.js';
import type { ReviewPredictionInput } from '../reviews/types.js';
import { tickTrainingSchedule } from '../training/tick-training-schedule.js';
import { ingestReviews } from './ingest-reviews.js';
import { reviewedCells } from './reviewed-cells.js';

const NEVER = new AbortController().signal;
const SNAPSHOT = `id status source digest itemCount erasedItemCount reviewedItemCount reviews { modelVersionId siteId from to origins }
  findings { check severity message count exampleItems { key } }
  items(first: 100) { totalCount edges { node { key label group split image { sha256 width height } reviews { id label verdict } } } }`;

let services: TestServices;
let first: Viewer;
let second: Viewer;
let classes: string[];
let seed = 1;
let names = 0;

beforeAll(async () => {
  services = await openTestServices();
  first = await services.createViewer();
  second = await services.createViewer(Role.CLINICIAN);
  await registerRandomChampion(services.contextOf(first));
  ({ classes } = await services.database.modelVersion.findFirstOrThrow());
});
afterAll(() => services.close());

const newCase = () => `case ${newId('run').slice(-8)}`;
const newImage = () => drawSmear({ seed: seed++, width: 64, height: 64 }).png().toBuffer();

async function classify(caseReference: string | null, viewer = first, bytes?: Uint8Array) {
  return classifyBytes(services.contextOf(viewer), {
    ...{ bytes: bytes ?? (await newImage()), fileName: 'Anna Schmidt.png', caseReference },
    ...{ modelName: null, modelVersionId: null },
  });
}

/** @param of index of the class */
async function review(
  predictionId: string,
  of: number,
  input: Partial<ReviewPredictionInput> = {},
  viewer = first,
) {
  const label = classes[of] ?? '';
  const whole = { predictionId, label, origin: 'RANDOM_SAMPLE', ...input } as const;
  await reviewPrediction(services.contextOf(viewer), whole);
}

async function create(reviews: object = {}, viewer = first, input: object = {}) {
  const { data, errors } = await services.execute(
    `mutation ($input: CreateDatasetSnapshotInput!) {
      createDatasetSnapshot(input: $input) { datasetSnapshot { id } userErrors { code message field } }
    }`,
    { input: { name: `reviews-${++names}`, source: 'reviews', reviews, ...input } },
    viewer,
  );
  expect(errors).toEqual([]);
  return data.createDatasetSnapshot;
}

async function read(id: string, viewer = first) {
  const { data, errors } = await services.execute(
    `query ($id: ID!) { datasetSnapshot(id: $id) { ${SNAPSHOT} } }`,
    { id },
    viewer,
  );
  expect(errors).toEqual([]);
  const { items, ...snapshot } = data.datasetSnapshot;
  return { ...snapshot, items: items.edges.map(({ node }: any) => node), total: items.totalCount };
}

async function snapshotOf(reviews: object = {}, viewer = first) {
  const { datasetSnapshot, userErrors } = await create(reviews, viewer);
  expect(userErrors).toEqual([]);
  await ingestReviews(services, datasetSnapshot.id, { signal: NEVER, attempt: 1 });
  return read(datasetSnapshot.id, viewer);
}

const checksOf = ({ findings }: any) => findings.map(({ check }: any) => check);

/** The time from which only the reviews of this test count. */
async function now(): Promise<Date> {
  const [row] = await services.database.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  await new Promise((resolve) => setTimeout(resolve, 5));
  return row?.now ?? new Date();
}

test('items have the final labels, the cases as groups, and their reviews; other verdicts do not count', async () => {
  const from = await now();
  const [caseA, caseB] = [newCase(), newCase()];
  const agreed = await classify(caseA);
  const corrected = await classify(caseA);
  const ofB = await classify(caseB);
  const none = await classify(null);
  const notACell = await classify(caseB);
  const worklist = await classify(caseB);
  await review(agreed.id, 0);
  await review(corrected.id, 0);
  await review(corrected.id, 1, { origin: 'CORRECTION' }); // by the same user: no conflict
  await review(ofB.id, 1, { origin: 'WHOLE_SET' });
  await review(none.id, 0);
  await review(notACell.id, 0, { verdict: 'NOT_A_CELL' });
  await review(worklist.id, 0, { origin: 'WORKLIST' });

  const snapshot = await snapshotOf({ from });
  expect(snapshot).toMatchObject({ status: 'READY', source: 'reviews', itemCount: 4, erasedItemCount: 0 });
  expect(snapshot.reviews).toMatchObject({
    origins: ['RANDOM_SAMPLE', 'WHOLE_SET'],
    from: from.toISOString(),
  });
  const labels = Object.fromEntries(snapshot.items.map(({ key, label }: any) => [key, label]));
  expect(labels).toEqual({
    [agreed.id]: classes[0],
    [corrected.id]: classes[1],
    [ofB.id]: classes[1],
    [none.id]: classes[0],
  });
  const of = (id: string) => snapshot.items.find(({ key }: any) => key === id);
  expect(of(agreed.id).group).toMatch(/^[0-9a-f]{32}$/);
  expect(of(corrected.id).group).toBe(of(agreed.id).group);
  expect(of(ofB.id).group).not.toBe(of(agreed.id).group);
  expect(of(none.id).group).toBeNull();
  expect(of(corrected.id).reviews.map(({ label }: any) => label)).toEqual([classes[0], classes[1]]);
  expect(of(agreed.id).image.sha256).toBe(agreed.imageSha256);
  expect(snapshot.findings).toContainEqual(
    expect.objectContaining({
      check: 'without-group',
      message: expect.stringContaining('no case reference'),
    }),
  );
  expect(checksOf(snapshot)).not.toContain('conflicting-reviews');
  expect(checksOf(snapshot)).not.toContain('selected-cells');
  const manifest = await services.store.get(`snapshots/${snapshot.digest}.jsonl`);
  for (const name of [caseA, caseB, 'Schmidt']) expect(manifest.toString()).not.toContain(name);

  const others = await snapshotOf({ from, origins: ['WORKLIST'] });
  expect(others.items.map(({ key }: any) => key)).toEqual([worklist.id]);
  expect(others.findings).toContainEqual(
    expect.objectContaining({ check: 'selected-cells', severity: 'WARNING', count: 1 }),
  );
  expect(checksOf(others)).toContain('one-class');
});

test('reviewers who disagree are a finding with the images; the same image counts once', async () => {
  const from = await now();
  const bytes = await newImage();
  const [one, again] = [await classify(newCase(), first, bytes), await classify(newCase(), first, bytes)];
  const [unsure, clear] = [await classify(null), await classify(null)];
  await review(one.id, 0);
  await review(again.id, 1, {}, second);
  await review(unsure.id, 0, { verdict: 'CANNOT_TELL' }, second);
  await review(unsure.id, 0);
  await review(clear.id, 0);
  await review(clear.id, 0, {}, second);

  const snapshot = await snapshotOf({ from });
  expect(snapshot.items.map(({ key, label }: any) => [key, label]).sort()).toEqual(
    [
      [again.id, classes[1]],
      [unsure.id, classes[0]],
      [clear.id, classes[0]],
    ].sort(),
  );
  const conflict = snapshot.findings.find(({ check }: any) => check === 'conflicting-reviews');
  expect(conflict).toMatchObject({ severity: 'WARNING', count: 2 });
  expect(conflict.exampleItems.map(({ key }: any) => key).sort()).toEqual([again.id, unsure.id].sort());
  expect(checksOf(snapshot)).toContain('image-in-several-groups');
  const shared = snapshot.items.find(({ key }: any) => key === again.id);
  expect(shared.reviews.map(({ label }: any) => label)).toEqual([classes[0], classes[1]]);
});

test('a label that was withdrawn is not in the snapshot', async () => {
  const from = await now();
  const [kept, bySame, byOther] = [await classify(null), await classify(null), await classify(null)];
  for (const { id } of [kept, bySame, byOther]) await review(id, 0);
  await review(bySame.id, 0, { verdict: 'NOT_A_CELL' });
  await review(byOther.id, 0, { verdict: 'CANNOT_TELL' }, second);
  expect((await snapshotOf({ from })).items.map(({ key }: any) => key)).toEqual([kept.id]);
});

test('a cell of a field becomes a separate image: the square that the network saw', async () => {
  const from = await now();
  const field = await classifyFieldBytes(services.contextOf(first), {
    bytes: await drawField([
      [120, 110],
      [48, 300],
    ]),
    ...{ fileName: 'field.png', caseReference: newCase() },
  });
  const cells = await services.database.prediction.findMany({ where: { fieldId: field.id } });
  expect(cells.length).toBeGreaterThanOrEqual(2);
  for (const [index, { id }] of cells.entries()) await review(id, index % 2, { origin: 'WHOLE_SET' });

  const snapshot = await snapshotOf({ from });
  expect(snapshot.status).toBe('READY');
  expect(snapshot.itemCount).toBe(cells.length);
  for (const { key, image } of snapshot.items) {
    const frame = cells.find(({ id }) => id === key)?.frame ?? [];
    expect([image.width, image.height]).toEqual([frame[2], frame[3]]);
    expect(image.sha256).not.toBe(field.imageSha256);
    expect(await imageFile(services.contextOf(first), image.sha256)).not.toBeNull();
  }
  const again = await snapshotOf({ from });
  expect(again.digest).toBe(snapshot.digest);
  expect(await cutOutKeys(services.database, again.id)).toEqual(new Set(cells.map(({ id }) => id)));

  // A version that has seen the field has seen the cells, and the reverse.
  const [picture, cut] = [field.imageSha256, snapshot.items[0].image.sha256];
  for (const [known, given] of [
    [picture, cut],
    [cut, picture],
  ]) {
    const data = { hasImage: (sha256: string) => sha256 === known, hasGroup: () => false };
    const seen = await byAllNames(services.database, data, [{ imageSha256: given, group: null }]);
    expect(seen.hasImage(given)).toBe(true);
  }
});

test('an erased case leaves the snapshots of reviews, with the images that were cut out of its fields', async () => {
  const from = await now();
  const [caseA, caseB] = [newCase(), newCase()];
  const [a, b] = [await classify(caseA), await classify(caseB)];
  await review(a.id, 0);
  await review(b.id, 1);
  const field = await classifyFieldBytes(services.contextOf(first), {
    bytes: await drawField([[200, 200]], [233, 230, 220]),
    ...{ fileName: null, caseReference: caseA },
  });
  const cells = await services.database.prediction.findMany({ where: { fieldId: field.id } });
  for (const { id } of cells) await review(id, 0);
  const before = await snapshotOf({ from });
  expect(before.total).toBe(cells.length + 2);
  const cut = before.items.filter(({ key }: any) => cells.some(({ id }) => id === key));

  const { rows } = await eraseCase(services.contextOf(first), {
    caseReference: caseA,
    reason: 'The patient has withdrawn consent.',
  });
  expect(rows.datasetItems).toHaveLength(cells.length + 1);
  expect(rows.snapshotIds).toEqual([]);
  const after = await read(before.id);
  expect(after).toMatchObject({ digest: before.digest, itemCount: before.itemCount, total: 1 });
  expect(after.erasedItemCount).toBe(cells.length + 1);
  expect(after.items.map(({ key }: any) => key)).toEqual([b.id]);
  await deleteErasedImages(services, NEVER);
  for (const { image } of cut) expect(await services.store.stat(imageKey(image.sha256))).toBeNull();
  expect(await services.store.stat(imageKey(a.imageSha256))).toBeNull();
  expect(await services.store.stat(imageKey(b.imageSha256))).not.toBeNull();

  const deleting = services.ownerDatabase
    .$executeRaw`DELETE FROM "DatasetItem" WHERE "snapshotId" = ${before.id}`;
  await expect(deleting).rejects.toThrow('immutable');
});

describe('a case that is erased while its cells are cut out leaves no image', () => {
  /** A reviewed field, a snapshot of it that is not ingested yet, and the images that this will store. */
  async function fieldToCut(blue: number) {
    const from = await now();
    const caseReference = newCase();
    const field = await classifyFieldBytes(services.contextOf(first), {
      bytes: await drawField([[200, 200]], [232, 230, blue]),
      ...{ fileName: null, caseReference },
    });
    const cells = await services.database.prediction.findMany({ where: { fieldId: field.id } });
    for (const { id } of cells) await review(id, 0);
    const { datasetSnapshot } = await create({ from });
    const erase = () =>
      eraseCase(services.contextOf(first), { caseReference, reason: 'The patient has withdrawn consent.' });
    return { from, snapshotId: datasetSnapshot.id, cellCount: cells.length, erase };
  }

  /** The store, with something that happens after an object was read or stored, and the keys that were stored. */
  function watched({ afterGet, afterPut }: { afterGet?: () => Promise<unknown>; afterPut?: () => unknown }) {
    const stored = new Set<string>();
    const { store: real } = services;
    const changed: Partial<ObjectStore> = {
      get: async (...of) => {
        const bytes = await real.get(...of);
        await afterGet?.();
        return bytes;
      },
      putOnce: async (...of) => {
        if (of[0].startsWith('images/')) stored.add(of[0]);
        const outcome = await real.putOnce(...of);
        await afterPut?.();
        return outcome;
      },
    };
    const store = new Proxy(real, {
      get: (target, name) => {
        const value = Reflect.get(changed, name) ?? Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { stored, services: { ...services, store } };
  }

  async function expectDeleted(keys: Iterable<string>) {
    await deleteErasedImages(services, NEVER);
    for (const key of keys) expect(await services.store.stat(key)).toBeNull();
  }

  test('before the cells are recorded, also if an earlier snapshot has the same images', async () => {
    const { from, snapshotId, cellCount, erase } = await fieldToCut(221);
    const earlier = await snapshotOf({ from });
    expect(earlier.total).toBe(cellCount);
    let erased: Promise<unknown> | undefined;
    const { services: erasing } = watched({ afterGet: () => (erased ??= erase()) });
    await ingestReviews(erasing, snapshotId, { signal: NEVER, attempt: 1 });
    expect(erased).toBeDefined();
    expect((await read(snapshotId)).total).toBe(0);
    await expectDeleted(earlier.items.map(({ image }: any) => imageKey(image.sha256)));
  });

  test('while an image is stored', async () => {
    const { snapshotId, erase } = await fieldToCut(222);
    let erased: Promise<unknown> | undefined;
    const { stored, services: erasing } = watched({
      // The erasure must wait for the image, so the image does not wait for the erasure.
      afterPut: () => Promise.race([(erased ??= erase()), sleep(1000)]),
    });
    await ingestReviews(erasing, snapshotId, { signal: NEVER, attempt: 1 }).catch(() => {});
    await erased;
    expect(stored.size).toBeGreaterThan(0);
    await expectDeleted(stored);
  });

  test('after an attempt that was cut off when it had stored an image; without an erasure the next attempt completes it', async () => {
    const { snapshotId, erase, cellCount } = await fieldToCut(223);
    const cutOff = () =>
      watched({
        afterPut: () => {
          throw new Error('The worker was stopped.');
        },
      });
    const { stored, services: stopped } = cutOff();
    await ingestReviews(stopped, snapshotId, { signal: NEVER, attempt: 1 }).catch(() => {});
    expect(stored.size).toBe(1);
    await erase();
    await expectDeleted(stored);

    const other = await fieldToCut(224);
    const controller = new AbortController();
    const abort = watched({
      afterPut: () => {
        controller.abort();
        throw controller.signal.reason;
      },
    });
    const attempt = { signal: controller.signal, attempt: 1 };
    await ingestReviews(abort.services, other.snapshotId, attempt).catch(() => {});
    for (const key of abort.stored) await services.store.delete(key); // as if it had not been stored
    await ingestReviews(services, other.snapshotId, { signal: NEVER, attempt: 2 });
    const { status, items } = await read(other.snapshotId);
    expect([status, items.length]).toEqual(['READY', cellCount]);
    for (const { image } of items) expect(await services.store.stat(imageKey(image.sha256))).not.toBeNull();
  });
});

test('a user sees only items of their sites, and makes snapshots only of these', async () => {
  const from = await now();
  const { id: siteId } = await createSite(services.contextOf(first), { name: newId('run') });
  const local: Viewer = { ...(await services.createViewer()), siteIds: [siteId], seesAllSites: false };
  const [mine, theirs] = [await classify(newCase(), local), await classify(newCase())];
  await review(mine.id, 0);
  await review(theirs.id, 1);

  const whole = await snapshotOf({ from });
  expect(whole.total).toBe(2);
  expect((await read(whole.id, local)).items.map(({ key }: any) => key)).toEqual([mine.id]);
  expect(await imageFile(services.contextOf(local), theirs.imageSha256)).toBeNull();
  expect(await imageFile(services.contextOf(local), mine.imageSha256)).not.toBeNull();

  const own = await snapshotOf({ from }, local);
  expect(own.items.map(({ key }: any) => key)).toEqual([mine.id]);
  const { userErrors } = await create({ siteId: newId('site') }, local);
  expect(userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'reviews', 'siteId'] }]);
});

test('nothing to use, and versions with different classes, are ERRORs; invalid input is refused', async () => {
  const empty = await snapshotOf({ from: new Date(Date.now() + 3_600_000) });
  expect(empty).toMatchObject({ status: 'REJECTED', findings: [{ check: 'no-reviewed-cells' }] });

  const from = await now();
  const { id: otherId } = await registerRandomVersion(services, {
    modelName: 'other',
    manifest: { classes: ['other', 'APL'], positiveLabel: 'APL' },
  });
  const one = await classify(null);
  await review(one.id, 0);
  const other = await classifyBytes(services.contextOf(first), {
    ...{
      bytes: await newImage(),
      fileName: null,
      caseReference: null,
      modelName: null,
      modelVersionId: otherId,
    },
  });
  const [label = ''] = (await services.database.modelVersion.findUniqueOrThrow({ where: { id: otherId } }))
    .classes;
  await review(other.id, 0, { label });
  expect(checksOf(await snapshotOf({ from }))).toEqual(['different-classes']);
  const ofOne = await snapshotOf({ from, modelVersionId: otherId });
  expect(ofOne.items.map(({ key }: any) => key)).toEqual([other.id]);

  const refused = await create({ origins: [], modelVersionId: newId('mver') }, first, { groupsCsv: 'a.csv' });
  expect(refused.userErrors.map(({ field }: any) => field.slice(1).join('.'))).toEqual([
    'groupsCsv',
    'reviews.origins',
    'reviews.modelVersionId',
  ]);
  const folder = await create({}, first, { source: 'file:/nowhere' });
  expect(folder.userErrors[0]).toMatchObject({ field: ['input', 'reviews'] });
});

test('a continued attempt replaces what an earlier one recorded', async () => {
  const from = await now();
  const cell = await classify(newCase());
  await review(cell.id, 0);
  const { datasetSnapshot } = await create({ from });
  const stale = await classify(null);
  await services.database.datasetItem.createMany({
    data: [
      { snapshotId: datasetSnapshot.id, key: cell.id, label: 'stale', imageSha256: cell.imageSha256 },
      { snapshotId: datasetSnapshot.id, key: stale.id, label: 'stale', imageSha256: stale.imageSha256 },
    ],
  });
  await ingestReviews(services, datasetSnapshot.id, { signal: NEVER, attempt: 2 });
  const { items } = await read(datasetSnapshot.id);
  expect(items.map(({ key, label }: any) => [key, label])).toEqual([[cell.id, classes[0]]]);
});

test('a base snapshot and reviews are one snapshot: an image in both counts once, and its case joins the group of the base', async () => {
  const from = await now();
  const [caseA, caseB] = [newCase(), newCase()];
  const shared = await classify(caseA);
  const added = await classify(caseA);
  const other = await classify(caseB);
  const [negative = '', positive = ''] = classes;
  const baseId = newId('snap');
  const place = { id: baseId, name: 'base', version: 1, source: 's3://bucket/base' };
  await services.database.datasetSnapshot.create({
    data: {
      ...place,
      status: 'INGESTING',
      items: {
        create: [
          { key: 'a/1.png', label: positive, group: 'p1', split: 'test', imageSha256: shared.imageSha256 },
          {
            key: 'b/2.png',
            label: negative,
            group: 'p2',
            split: 'train',
            imageSha256: (await classify(null)).imageSha256,
          },
        ],
      },
    },
  });
  await services.database.datasetSnapshot.update({
    where: { id: baseId },
    data: { status: 'READY', digest: digestOf('base'), itemCount: 2 },
  });
  await review(shared.id, 1);
  await review(added.id, 0);
  await review(other.id, 1);

  const snapshot = await snapshotOf({ from, baseSnapshotId: baseId });
  const byKey = Object.fromEntries(snapshot.items.map(({ key, ...item }: any) => [key, item]));
  expect(Object.keys(byKey).sort()).toEqual(['a/1.png', 'b/2.png', added.id, other.id].sort());
  expect(byKey[added.id]).toMatchObject({ label: negative, group: 'p1', split: 'test' });
  expect(byKey[other.id]).toMatchObject({ label: positive, split: 'train' });
  expect(byKey[other.id].group).toMatch(/^[0-9a-f]{32}$/);
  expect(snapshot).toMatchObject({ status: 'READY', itemCount: 4, reviewedItemCount: 2 });
  expect(snapshot.findings).toContainEqual(
    expect.objectContaining({
      check: 'base-and-reviews',
      message: expect.stringContaining('1 reviewed image is in the base too'),
    }),
  );

  await review(shared.id, 0);
  const conflict = await snapshotOf({ from, baseSnapshotId: baseId });
  expect(conflict).toMatchObject({ status: 'REJECTED', itemCount: 2 }); // no cell was cut out or recorded
  expect(conflict.findings).toContainEqual(
    expect.objectContaining({
      check: 'label-conflict',
      severity: 'ERROR',
      exampleItems: [{ key: 'a/1.png' }],
    }),
  );
  const ofReviews = await create({ baseSnapshotId: snapshot.id });
  expect(ofReviews.userErrors).toMatchObject([{ field: ['input', 'reviews', 'baseSnapshotId'] }]);
});

test('a schedule of such a dataset selects again with the same filter, for all later reviews', async () => {
  const from = await now();
  const cell = await classify(newCase());
  await review(cell.id, 0);
  const { id } = await snapshotOf({ from });
  const { name } = await services.database.datasetSnapshot.findUniqueOrThrow({ where: { id } });
  const model = await services.database.model.findFirstOrThrow();
  const dueAt = new Date();
  const schedule = await services.database.trainingSchedule.create({
    data: {
      ...{ id: newId('sched'), modelId: model.id, datasetName: name, positiveLabel: classes[1] ?? '' },
      ...{ cron: '0 3 * * *', enabled: true, parameters: [], nextRunAt: dueAt, createdById: first.id },
    },
  });
  const later = await classify(newCase());
  await review(later.id, 1);
  await tickTrainingSchedule(services, { scheduleId: schedule.id, dueAt: dueAt.toISOString() }, dueAt);
  const second = await services.database.datasetSnapshot.findFirstOrThrow({ where: { name, version: 2 } });
  await ingestReviews(services, second.id, { signal: NEVER, attempt: 1 });
  const { items } = await read(second.id);
  expect(items.map(({ key }: any) => key).sort()).toEqual([cell.id, later.id].sort());
});

test('reviews are read in pages of images', async () => {
  const all = { modelVersionId: null, siteId: null, from: null, to: null, visibleSites: null };
  const filter = ReviewFilter.parse({ ...all, origins: UNBIASED_ORIGINS });
  const cells = await reviewedCells(services.database, filter);
  expect(cells.length).toBeGreaterThan(4);
  expect(await reviewedCells(services.database, filter, 2)).toEqual(cells);
});
