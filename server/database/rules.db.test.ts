import { Prisma } from './generated/client.js';
import { newId } from './ids.js';
import { createTestDatabase, type TestDatabase } from './testing.js';

const HEX = 'ab'.repeat(32);

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});

afterEach(async () => {
  const triggers = await test.database.$queryRaw<{ table: string; name: string }[]>`
    SELECT relname AS "table", tgname AS name FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND tgenabled = 'A' AND tgtype & 32 <> 0`; // fires on TRUNCATE
  const setTriggers = (state: string) =>
    triggers.map(({ table, name }) =>
      test.database.$executeRawUnsafe(`ALTER TABLE "${table}" ${state} TRIGGER "${name}"`),
    );
  await test.database.$transaction([
    ...setTriggers('DISABLE'), // so that the history can be deleted, too
    test.database.$executeRaw`TRUNCATE "User", "Image", "Model" CASCADE`,
    ...setTriggers('ENABLE ALWAYS'),
  ]);
});

afterAll(() => test.drop());

// ---- rows to break rules with ----

async function createUser() {
  return test.database.user.create({
    data: {
      id: newId('user'),
      email: 'someone@example.org',
      displayName: 'Someone',
      passwordHash: 'x',
      roles: [],
    },
  });
}

const versionData = (overrides: Partial<Prisma.ModelVersionUncheckedCreateInput> = {}) => ({
  id: newId('mver'),
  modelId: 'model_a',
  version: 1,
  status: 'READY' as const,
  digest: HEX,
  manifest: { a: 1 },
  classes: ['no', 'yes'],
  positiveLabel: 'yes',
  inputSize: 96,
  decisionThreshold: 0.5,
  abstentionBand: [0.4, 0.6],
  modelCard: '',
  ...overrides,
});

async function createVersion(overrides: Partial<Prisma.ModelVersionUncheckedCreateInput> = {}) {
  await test.database.model.upsert({
    where: { id: 'model_a' },
    create: { id: 'model_a', name: 'a' },
    update: {},
  });
  return test.database.modelVersion.create({ data: versionData(overrides) });
}

async function createPrediction(overrides: Partial<Prisma.PredictionUncheckedCreateInput> = {}) {
  await test.database.image.upsert({
    where: { sha256: HEX },
    create: { sha256: HEX, width: 1, height: 1, byteSize: 1, mediaType: 'image/png' },
    update: {},
  });
  const version = await test.database.modelVersion.findFirst();
  return test.database.prediction.create({
    data: {
      id: newId('pred'),
      imageSha256: HEX,
      modelVersionId: version?.id ?? (await createVersion()).id,
      outcome: 'CLASSIFIED',
      label: 'yes',
      confidence: 0.9,
      probabilities: [0.1, 0.9],
      outOfDistributionScore: 0.2,
      evidence: Buffer.of(1),
      decodeMs: 1,
      queueMs: 1,
      inferenceMs: 1,
      totalMs: 3,
      ...overrides,
    },
  });
}

async function createSnapshot(overrides: Partial<Prisma.DatasetSnapshotUncheckedCreateInput> = {}) {
  return test.database.datasetSnapshot.create({
    data: {
      id: newId('snap'),
      name: 'cells',
      version: 1,
      status: 'INGESTING',
      source: 'file:/x',
      ...overrides,
    },
  });
}

// ---- append-only ----

describe.each(['AuditEvent', 'Review'])('%s', (table) => {
  beforeEach(async () => {
    const user = await createUser();
    const prediction = await createPrediction();
    await test.database.auditEvent.create({
      data: { id: newId('aud'), action: 'sign-in', outcome: 'success', actorId: user.id },
    });
    await test.database.review.create({
      data: {
        id: newId('rev'),
        predictionId: prediction.id,
        reviewerId: user.id,
        label: 'no',
        agreesWithModel: false,
      },
    });
  });

  it.each([
    ['UPDATE', `UPDATE "${table}" SET "createdAt" = now()`],
    ['DELETE', `DELETE FROM "${table}"`],
    ['TRUNCATE', `TRUNCATE "${table}" CASCADE`],
  ])('refuses %s', async (operation, statement) => {
    const attempt = test.database.$executeRawUnsafe(statement);
    await expect(attempt).rejects.toThrow(`"${table}" is append-only: ${operation} is refused`);
    const [row] = await test.database.$queryRawUnsafe<[{ count: bigint }]>(`SELECT count(*) FROM "${table}"`);
    expect(row.count).toBe(1n);
  });
});

describe('predictions, what depends on them, and images', () => {
  const tables = ['Prediction', 'Review', 'ShadowAnswer', 'DeviceAnswer', 'BulkItem', 'Image'];
  let predictionId: string;
  let userId: string;

  beforeEach(async () => {
    const { database } = test;
    userId = (await createUser()).id;
    const prediction = await createPrediction({ caseReference: 'case 7' });
    predictionId = prediction.id;
    const { modelVersionId } = prediction;
    await database.shadowAnswer.create({
      data: {
        predictionId,
        modelVersionId,
        outcome: 'CLASSIFIED',
        label: 'yes',
        probability: 1,
        agrees: true,
      },
    });
    await database.deviceAnswer.create({
      data: {
        ...{ predictionId, modelVersionId, answeredAt: new Date() },
        ...{ outcome: 'CLASSIFIED', label: 'yes', probability: 1 },
      },
    });
    const bulkId = newId('bulk');
    await database.bulkClassification.create({
      data: { id: bulkId, status: 'RUNNING', source: 'file:/x', modelVersionId, createdById: userId },
    });
    await database.bulkItem.create({ data: { bulkId, key: 'a.png', predictionId } });
  });

  const review = () =>
    test.database.review.create({
      data: {
        ...{ id: newId('rev'), predictionId, reviewerId: userId, label: 'no', agreesWithModel: false },
      },
    });

  const counts = async () => {
    const found: Record<string, number> = {};
    for (const table of tables) {
      const rows = await test.database.$queryRawUnsafe<unknown[]>(`SELECT FROM "${table}"`);
      found[table] = rows.length;
    }
    return found;
  };
  const oneEach = { Prediction: 1, Review: 1, ShadowAnswer: 1, DeviceAnswer: 1, BulkItem: 1, Image: 1 };

  /** Runs the statements in one transaction, after the event and the setting of a recorded erasure. */
  async function erase(
    statements: string[],
    { action = 'CASE_ERASED', outcome = 'success', event = newId('aud') } = {},
  ): Promise<void> {
    await test.database.$transaction(async (tx) => {
      await tx.auditEvent.create({ data: { id: event, action, outcome } });
      await tx.$executeRaw`SELECT set_config('cytograph.erasure', ${event}, true)`;
      for (const statement of statements) await tx.$executeRawUnsafe(statement);
    });
  }
  const deletions = ['Review', 'ShadowAnswer', 'DeviceAnswer', 'BulkItem', 'Prediction', 'Image'].map(
    (table) => `DELETE FROM "${table}"`,
  );

  it.each(tables)('%s refuses DELETE and TRUNCATE, also with replicated triggers', async (table) => {
    await review();
    for (const statement of [`DELETE FROM "${table}"`, `TRUNCATE "${table}" CASCADE`]) {
      await expect(test.database.$executeRawUnsafe(statement)).rejects.toThrow(
        /is append-only: .* is refused/,
      );
      await expect(
        test.database.$transaction([
          test.database.$executeRaw`SET LOCAL session_replication_role = replica`,
          test.database.$executeRawUnsafe(statement),
        ]),
      ).rejects.toThrow(/is append-only: .* is refused/);
    }
    expect(await counts()).toEqual(oneEach);
  });

  it.each([
    ['Prediction', 'label', `'no'`],
    ['Prediction', 'confidence', '0.1'],
    ['Prediction', 'probabilities', `'{0.9,0.1}'`],
    ['Prediction', 'evidence', 'NULL'],
    ['Prediction', 'createdAt', 'now()'],
    ['Prediction', 'caseReference', 'NULL'],
    ['Prediction', 'reviewed', 'TRUE'], // it has no review
    ['ShadowAnswer', 'agrees', 'FALSE'],
    ['DeviceAnswer', 'probability', '0.5'],
    ['BulkItem', 'key', `'b.png'`],
    ['Image', 'byteSize', '2'],
  ])('%s refuses a change of %s', async (table, column, value) => {
    const statement = `UPDATE "${table}" SET "${column}" = ${value}`;
    await expect(test.database.$executeRawUnsafe(statement)).rejects.toThrow(/UPDATE is refused/);
  });

  it('a review sets the mark, which then cannot be removed, and measurements may be added to an image', async () => {
    await review();
    const where = { id: predictionId };
    expect(await test.database.prediction.findUnique({ where })).toMatchObject({ reviewed: true });
    await expect(test.database.prediction.update({ where, data: { reviewed: false } })).rejects.toThrow(
      '"Prediction" is immutable',
    );
    await test.database.image.updateMany({ data: { measurements: { focus: 1 } } });
  });

  it('a recorded erasure removes them', async () => {
    await review();
    await erase([`UPDATE "Prediction" SET "caseReference" = NULL`, ...deletions]);
    expect(await counts()).toEqual(Object.fromEntries(tables.map((table) => [table, 0])));
    expect(await test.database.auditEvent.count({ where: { action: 'CASE_ERASED' } })).toBe(1);
  });

  it('an erasure needs its own successful event, in the same transaction', async () => {
    await review();
    const refused = /is append-only: DELETE is refused/;
    await expect(erase(deletions, { action: 'SIGNED_IN' })).rejects.toThrow(refused);
    await expect(erase(deletions, { outcome: 'failure' })).rejects.toThrow(refused);
    const event = newId('aud');
    await erase([], { event });
    const again = [`SET LOCAL cytograph.erasure = '${event}'`, ...deletions];
    await expect(
      test.database.$transaction(again.map((statement) => test.database.$executeRawUnsafe(statement))),
    ).rejects.toThrow(refused);
    await expect(erase(['TRUNCATE "Review" CASCADE'])).rejects.toThrow('TRUNCATE is refused');
    expect(await counts()).toEqual(oneEach);
  });
});

it('refuses reviews that contradict themselves', async () => {
  const review = {
    ...{ predictionId: (await createPrediction()).id, reviewerId: (await createUser()).id },
    ...{ label: 'yes', agreesWithModel: false },
  };
  const create = (more: Partial<Prisma.ReviewUncheckedCreateInput>) =>
    test.database.review.create({ data: { ...review, id: newId('rev'), ...more } });
  for (const verdict of ['NOT_A_CELL', 'CANNOT_TELL'] as const)
    await expect(create({ verdict, agreesWithModel: true })).rejects.toThrow('Review_agrees_by_label');
  await expect(create({ verdict: 'NOT_A_CELL', cellType: 'BLAST' })).rejects.toThrow(
    'Review_has_cell_type_of_a_cell',
  );
  await create({ verdict: 'NOT_A_CELL' });
  await create({ verdict: 'CANNOT_TELL', cellType: 'BLAST' });
  await create({ agreesWithModel: true, cellType: 'BLAST' });
});

it('refuses to delete a user whom the history names', async () => {
  const user = await createUser();
  await test.database.auditEvent.create({
    data: { id: newId('aud'), action: 'sign-in', outcome: 'success', actorId: user.id },
  });
  await expect(test.database.user.delete({ where: { id: user.id } })).rejects.toThrow(
    /Foreign key|violates/i,
  );
});

// ---- immutable ----

it('refuses to change the parts of a version that its digest covers', async () => {
  const { id } = await createVersion();
  for (const data of [
    { digest: 'cd'.repeat(32) },
    { manifest: { a: 2 } },
    { decisionThreshold: 0.6 },
    { version: 3 },
    { trainedElsewhere: true },
    { datasetSnapshotId: (await createSnapshot()).id },
    { createdAt: new Date(0) },
  ])
    await expect(test.database.modelVersion.update({ where: { id }, data })).rejects.toThrow('is immutable');
  await test.database.modelVersion.update({ where: { id }, data: { description: 'better words' } });
});

it('refuses to change a READY snapshot or its items', async () => {
  await createPrediction(); // for its image
  const { id } = await createSnapshot();
  await test.database.datasetItem.create({
    data: { snapshotId: id, key: 'a', label: 'x', imageSha256: HEX },
  });
  await test.database.datasetItem.updateMany({ data: { label: 'y' } });
  await test.database.datasetSnapshot.update({
    where: { id },
    data: { status: 'READY', digest: HEX, itemCount: 1 },
  });

  await expect(test.database.datasetItem.updateMany({ data: { label: 'z' } })).rejects.toThrow(
    'is immutable',
  );
  await expect(test.database.datasetItem.deleteMany()).rejects.toThrow('is immutable');
  const added = { snapshotId: id, key: 'b', label: 'x', imageSha256: HEX };
  await expect(test.database.datasetItem.create({ data: added })).rejects.toThrow('is immutable');
  await expect(test.database.datasetSnapshot.delete({ where: { id } })).rejects.toThrow('is immutable');
  const changed = test.database.datasetSnapshot.update({ where: { id }, data: { digest: 'cd'.repeat(32) } });
  await expect(changed).rejects.toThrow('is immutable');
  await test.database.datasetSnapshot.update({ where: { id }, data: { progress: 1 } });
});

// ---- ranges ----

it('refuses to make a snapshot READY without a digest', async () => {
  await expect(createSnapshot({ status: 'READY' })).rejects.toThrow('DatasetSnapshot_ready_has_digest');
});

it.each([
  ['ModelVersion_digest_is_hex', { digest: 'sha256:ab' }],
  ['ModelVersion_positiveLabel_is_class', { positiveLabel: 'maybe' }],
  ['ModelVersion_abstentionBand_is_interval', { abstentionBand: [0.6, 0.4] }],
  ['ModelVersion_abstentionBand_is_interval', { abstentionBand: [0.4] }],
  ['ModelVersion_abstentionBand_is_interval', { abstentionBand: [] }],
  ['ModelVersion_decisionThreshold_is_probability', { decisionThreshold: 1.5 }],
  ['ModelVersion_decisionThreshold_is_probability', { decisionThreshold: Number.NaN }],
])('holds versions to %s', async (constraint, overrides) => {
  await expect(createVersion(overrides)).rejects.toThrow(constraint);
});

it.each([
  ['Prediction_confidence_is_probability', { confidence: 1.01 }],
  ['Prediction_confidence_is_probability', { confidence: Number.NaN }],
  ['Prediction_probabilities_are_probabilities', { probabilities: [0.2, 1.2] }],
  ['Prediction_probabilities_are_probabilities', { probabilities: [-0.1, 0.9] }],
  ['Prediction_probabilities_are_probabilities', { probabilities: [] }],
  ['Prediction_outOfDistributionScore_not_negative', { outOfDistributionScore: -1 }],
])('holds predictions to %s', async (constraint, overrides) => {
  await expect(createPrediction(overrides)).rejects.toThrow(constraint);
});

it('refuses model names that cannot be part of a storage key', async () => {
  for (const name of ['', 'a/b', '..', '-a'])
    await expect(test.database.model.create({ data: { id: newId('model'), name } })).rejects.toThrow(
      'Model_name_is_path_segment',
    );
});

// ---- order ----

it('orders ids and all other text by bytes', async () => {
  const rows = await test.database.$queryRaw<{ value: string }[]>`
    SELECT value FROM unnest(ARRAY['a/b', 'a.b', 'B', 'é', 'a', 'b', 'pred_9', 'pred_a']) AS value ORDER BY value`;
  expect(rows.map(({ value }) => value)).toEqual(['B', 'a', 'a.b', 'a/b', 'b', 'pred_9', 'pred_a', 'é']);
});

const KIND = `"modelVersionId" = 'mver_x' AND "label" = 'yes' AND "outcome" = 'CLASSIFIED' AND "reviewed" = FALSE`;

const BEFORE = `("createdAt", "id") < ('2026-01-01', 'pred_x')`;

it.each([
  ['newest first', 'ORDER BY "createdAt" DESC, "id" DESC', BEFORE],
  ['least confident first', 'ORDER BY "confidence", "id"', `("confidence", "id") > (0.5, 'pred_x')`],
  ['one kind of answer', 'ORDER BY "createdAt" DESC, "id" DESC', `${KIND} AND ${BEFORE}`],
  [
    'one kind by confidence',
    'ORDER BY "confidence", "id"',
    `${KIND} AND ("confidence", "id") > (0.5, 'pred_x')`,
  ],
  ["one kind of a user's", 'ORDER BY "createdAt" DESC, "id" DESC', `"createdById" = 'user_x' AND ${KIND}`],
  [
    "one kind of a user's by confidence",
    'ORDER BY "confidence", "id"',
    `"createdById" = 'user_x' AND ${KIND}`,
  ],
  ["one kind of a case's", 'ORDER BY "createdAt" DESC, "id" DESC', `"caseReference" = 'c' AND ${KIND}`],
  ["one kind of a case's by confidence", 'ORDER BY "confidence", "id"', `"caseReference" = 'c' AND ${KIND}`],
  ['one image', 'ORDER BY "createdAt" DESC, "id" DESC', `"imageSha256" = 'a' AND ${BEFORE}`],
])('pages through %s by an index, without sorting', async (_, order, where) => {
  const plan = await test.database.$transaction(async (transaction) => {
    // The planner would sort an almost empty table; this shows that an index provides the order.
    await transaction.$executeRaw`SET LOCAL enable_seqscan = off`;
    await transaction.$executeRaw`SET LOCAL enable_bitmapscan = off`;
    return transaction.$queryRawUnsafe<{ 'QUERY PLAN': string }[]>(
      `EXPLAIN SELECT "id" FROM "Prediction" WHERE ${where} ${order} LIMIT 51`,
    );
  });
  const text = plan.map((line) => line['QUERY PLAN']).join('\n');
  expect(text).toMatch(/Index( Only)? Scan/);
  expect(text).not.toContain('Sort');
});
