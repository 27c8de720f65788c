import { getNamedType, isLeafType, isObjectType } from 'graphql';
import type { Viewer } from '../api/context.js';
import { permissions, Role } from '../api/permissions.js';
import { FIELDS, OPERATIONS, OTHER_TEXTS, TYPES_BELOW_FIELDS } from '../api/testing.js';
import { newId } from '../database/ids.js';
import { createSnapshot } from '../features/datasets/testing.js';
import {
  recordEvaluation,
  registerRandomChampion,
  registerRandomVersion,
} from '../features/models/testing.js';
import { classifyFieldBytes, drawField } from '../features/predictions/fields/testing.js';
import { classifyBytes } from '../features/predictions/testing.js';
import { storeReport } from '../features/reports/testing.js';
import { reviewPrediction } from '../features/reviews/review-prediction.js';
import { drawSmear } from '../imaging/testing.js';
import { everythingOf, openTestServices, type TestServices } from './testing.js';
import { permissionOf } from './withhold-fields.js';

// Every text that may name a patient, a case or a patient's file has a rule, and no such name reaches a role that may not read it.

/** Part of every such name in this test. */
const NAME = 'Jane Doe';
const MESSAGES = ['groups-csv-unreadable', 'colliding-groups', 'ingestion'];

let services: TestServices;
let viewers: Map<Role, Viewer>;
/** The arguments of each query that needs some, for objects that exist. */
let values: Record<string, Record<string, unknown>>;
/** Ids of objects of the types that `node` finds. */
let ids: Record<string, string>;
/** Id of a prediction that belongs to a field. */
let cellId: string;

beforeAll(async () => {
  services = await openTestServices({ defaultModel: 'one' });
  const { database } = services;
  viewers = new Map();
  for (const role of Object.values(Role)) viewers.set(role, await services.createViewer(role));
  const engineer = services.contextOf(await services.createViewer());
  const createdById = engineer.viewer?.id ?? '';

  const snapshot = await createSnapshot(
    database,
    [{ image: 'a', group: `${NAME} group` }],
    {},
    () => `blast/${NAME}.png`,
  );
  await database.validationFinding.createMany({
    data: [...MESSAGES, 'label-conflict'].map((check) => ({
      ...{ id: newId('find'), snapshotId: snapshot.id, check, severity: 'INFO' as const, count: 1 },
      message: check === 'label-conflict' ? 'The same image has more than one label.' : `${NAME} line`,
      examples: [`${NAME} example`],
      exampleKeys: [`blast/${NAME}.png`],
    })),
  });
  await database.skippedFile.create({
    data: { snapshotId: snapshot.id, key: `${NAME}.txt`, reason: 'NOT_AN_IMAGE', detail: `${NAME} text` },
  });

  const version = await registerRandomChampion(engineer, { modelName: 'one' });
  await recordEvaluation(database, version.id, snapshot.id);
  const other = await registerRandomVersion(engineer, { modelName: 'one', seed: 2 });
  for (const [id, probability] of [
    [version.id, 0.9],
    [other.id, 0.1],
  ] as const)
    await recordEvaluation(database, id, snapshot.id, {}, [{ probability, outcome: 'CLASSIFIED' }]);
  const evaluation = await database.evaluation.findFirstOrThrow();
  const runId = newId('run');
  await database.trainingRun.create({
    data: {
      ...{ id: runId, status: 'SUCCEEDED', modelId: version.modelId, datasetSnapshotId: snapshot.id },
      ...{ positiveLabel: 'blast', parameters: {}, seed: 1, createdById },
      items: { create: { key: `blast/${NAME}.png`, split: 'train' } },
    },
  });

  const fitId = newId('fit');
  await database.fit.create({
    data: {
      ...{ id: fitId, status: 'FAILED', modelVersionId: version.id, datasetSnapshotId: snapshot.id },
      ...{ cellsDigest: '0'.repeat(64), createdById, warnings: [] },
      counts: {
        ...{ cellCount: 1, positiveCount: 1, negativeCount: 0, patientCount: 1, withoutPatientCount: 0 },
        ...{ relabelledCount: 0, excluded: [] },
      },
    },
  });

  while (!services.served.champion('one')) await new Promise((resolve) => setTimeout(resolve, 20));
  const image = {
    ...{ bytes: await drawSmear().png().toBuffer(), fileName: `${NAME}.png`, caseReference: `${NAME} case` },
    ...{ modelName: null, modelVersionId: null },
  };
  await classifyBytes(engineer, image);
  const prediction = await classifyBytes(engineer, image); // which repeats the first
  await reviewPrediction(engineer, {
    predictionId: prediction.id,
    label: prediction.label,
    comment: `${NAME} comment`,
  });
  const { id: reviewId } = await database.review.findFirstOrThrow();
  const bulkId = newId('bulk');
  await database.bulkClassification.create({
    data: {
      ...{ id: bulkId, status: 'FAILED', source: 'file:/cells', modelVersionId: version.id, createdById },
      ...{ caseReference: `${NAME} case`, error: `${NAME}.png cannot be read`, failedCount: 1, doneCount: 1 },
      items: {
        create: [
          { key: `${NAME} 1.png`, error: `${NAME} error` },
          { key: `${NAME} 2.png`, predictionId: prediction.id },
        ],
      },
    },
  });

  const field = await classifyFieldBytes(engineer, {
    bytes: await drawField([[200, 200]]),
    ...{ fileName: `${NAME} field.png`, caseReference: `${NAME} case` },
  });
  cellId = (await database.prediction.findFirstOrThrow({ where: { fieldId: field.id } })).id;

  const of = await database.case.findFirstOrThrow();
  const { id: caseId } = of;
  await storeReport(database, of, createdById, `${NAME} conclusion`);
  await database.case.update({ where: { id: caseId }, data: { comment: `${NAME} comment on the case` } });

  const secondLookId = newId('look');
  await database.secondLook.create({
    data: {
      ...{ id: secondLookId, modelVersionId: version.id, createdById },
      cells: { create: { place: 0, predictionId: prediction.id, label: prediction.label } },
    },
  });
  const readingId = newId('read');
  const doubleReadingId = newId('dbl');
  const { id: readReviewId } = await database.review.findFirstOrThrow();
  await database.doubleReading.create({ data: { id: doubleReadingId, caseId, createdById } });
  await database.reading.create({
    data: {
      ...{ id: readingId, readerId: createdById, createdById, caseId, blind: false, origin: 'WORKLIST' },
      cells: { create: { place: 0, predictionId: prediction.id, reviewId: readReviewId } },
    },
  });
  const oneHour = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  values = {
    bulkClassification: { id: bulkId },
    case: { id: caseId },
    caseContents: { caseReference: `${NAME} case` },
    championAt: { modelName: 'one', at: oneHour.to },
    compareVersions: {
      input: { modelVersionIds: [version.id, other.id], datasetSnapshotId: snapshot.id },
    },
    datasetSnapshot: { id: snapshot.id },
    evaluation: { id: evaluation.id },
    field: { id: field.id },
    fit: { id: fitId },
    fitPreview: { input: { modelVersionId: version.id, datasetSnapshotId: snapshot.id } },
    model: { name: 'one' },
    modelVersion: { id: version.id },
    monitoring: { modelName: 'one', ...oneHour },
    prediction: { id: prediction.id },
    secondLook: { id: secondLookId },
    secondLooks: { modelVersionId: version.id },
    reading: { id: readingId },
    doubleReading: { id: doubleReadingId },
    possibleReaders: { caseId },
    readingAgreement: { modelName: 'one', ...oneHour },
    promotionGates: { modelVersionId: version.id, alias: 'CHAMPION' },
    trainingRun: { id: runId },
  };
  ids = {
    BulkClassification: bulkId,
    Case: caseId,
    DatasetSnapshot: snapshot.id,
    Field: field.id,
    Fit: fitId,
    Prediction: prediction.id,
    Review: reviewId,
    TrainingRun: runId,
  };
});
afterAll(() => services.close());

function fieldsOfSchema() {
  return Object.values(services.schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith('__')
      ? Object.values(type.getFields()).map((field) => ({ type: type.name, field }))
      : [],
  );
}

test('the rules of the schema are those of the table', () => {
  const rules = fieldsOfSchema().flatMap(({ type, field }) => {
    const permission = permissionOf(field.extensions);
    return permission ? [[`${type}.${field.name}`, permission]] : [];
  });
  expect(Object.fromEntries(rules)).toEqual(FIELDS);
});

test('every text has a decision: a rule, or that it names no patient', () => {
  const texts = fieldsOfSchema().filter(({ field }) => getNamedType(field.type).name === 'String');
  const undecided = texts.filter(({ type, field }) => {
    const hasNoNames = OTHER_TEXTS[type]?.split(' ').includes(field.name) ?? false;
    const hasRule = `${type}.${field.name}` in FIELDS || TYPES_BELOW_FIELDS.includes(type);
    return hasNoNames === hasRule;
  });
  expect(undecided.map(({ type, field }) => `${type}.${field.name}`)).toEqual([]);
});

test('types without rules are found only below fields with rules', () => {
  const above = fieldsOfSchema().filter(
    ({ type, field }) =>
      TYPES_BELOW_FIELDS.includes(getNamedType(field.type).name.replace(/Connection$/, '')) &&
      !TYPES_BELOW_FIELDS.includes(type) &&
      !type.endsWith('Connection'),
  );
  expect(above.length).toBeGreaterThan(0);
  expect(
    above.filter(({ type, field }) => !(`${type}.${field.name}` in FIELDS)).map(({ field }) => field.name),
  ).toEqual([]);
});

const permits = (field: string, role: Role) => {
  const permission = FIELDS[field];
  return !permission || permissions[permission].roles.some((allowed) => allowed === role);
};

/** What a role reads of an object: everything, except fields that would be refused as a whole. */
async function readAll(role: Role, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const { schema } = services;
  const field = schema.getQueryType()?.getFields()[name];
  if (!field) throw new Error(`There is no query '${name}'.`);
  const given = field.args.filter((arg) => arg.name in args);
  const declared = given.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = given.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const selection = everythingOf(field.type, (each) => isRefused(each, role));
  const text = `query ${declared && `(${declared})`} { ${name} ${passed && `(${passed})`} ${selection} }`;
  const { data, errors } = await services.execute(text, args, viewers.get(role));
  const operation = OPERATIONS[name];
  const mayCall = operation && permissions[operation].roles.some((allowed) => allowed === role);
  if (mayCall) expect([name, errors]).toEqual([name, []]); // an error would hide what is beside it
  return JSON.stringify(data);
}

/** Connections below rules cannot be null or empty, so they are errors. */
const isRefused = (field: string, role: Role) =>
  !permits(field, role) && /\.(items|skippedFiles|failedFiles|predictions|groups|changedImages)$/.test(field);

/** Queries that concern the caller, or that need other permissions. */
const OTHER_QUERIES = ['node', 'nodes', 'viewer', 'apiTokens', 'sessions'];

test.each(Object.values(Role))('%s reads the names of patients exactly with the permission', async (role) => {
  const queries = Object.values(services.schema.getQueryType()?.getFields() ?? {});
  for (const { name, args } of queries.filter(({ name }) => !OTHER_QUERIES.includes(name))) {
    const needed = args.filter(({ type }) => String(type).endsWith('!')).map((arg) => arg.name);
    expect([name, Object.keys(values[name] ?? {})]).toEqual([name, expect.arrayContaining(needed)]);
    const read = await readAll(role, name, values[name]);
    const shown = read.indexOf(NAME);
    const found = shown === -1 ? null : read.slice(Math.max(0, shown - 80), shown + 80);
    if (role === Role.AUDITOR) expect([name, found]).toEqual([name, null]);
    else if (
      [
        'prediction',
        'predictions',
        'field',
        'bulkClassification',
        'datasetSnapshot',
        'compareVersions',
      ].includes(name)
    )
      expect([name, found]).toEqual([name, expect.any(String)]);
  }
});

/** Fields that are null for every prediction of a whole image. */
const OF_CELLS = ['Prediction.field', 'Prediction.frame'];

test.each(Object.keys(FIELDS).filter((key) => !key.includes('Payload.')))(
  '%s is withheld from exactly the roles without its permission',
  async (key) => {
    const [type = '', name = ''] = key.split('.');
    const field = services.schema.getType(type);
    if (!isObjectType(field)) throw new Error(`There is no type ${type}.`);
    const inner = field.getFields()[name];
    const paths: Record<string, [id: string, path: string[]]> = {
      StoredImage: [ids.Prediction ?? '', ['Prediction', 'image']],
      ValidationFinding: [ids.DatasetSnapshot ?? '', ['DatasetSnapshot', 'findings']],
      DatasetItem: [ids.DatasetSnapshot ?? '', ['DatasetSnapshot', 'items', 'edges', 'node']],
    };
    if (OF_CELLS.includes(key)) paths.Prediction = [cellId, ['Prediction']];
    const [id, path] = paths[type] ?? [ids[type] ?? '', [type]];
    const leaf = `${name} ${isLeafType(getNamedType(inner?.type)) ? '' : '{ __typename }'}`;
    const below = path.slice(1).reduceRight((selection, part) => `${part} { ${selection} }`, leaf);
    const isComparison = type === 'VersionComparison';
    const text = isComparison
      ? `query ($input: CompareVersionsInput!) { node: compareVersions(input: $input) { ${below} } }`
      : `query ($id: ID!) { node(id: $id) { ... on ${path[0]} { ${below} } } }`;
    const variables = isComparison ? values.compareVersions : { id };
    for (const role of Object.values(Role)) {
      const { data, errors } = await services.execute(text, variables, viewers.get(role));
      const refused = errors.some(({ code }) => code === 'FORBIDDEN');
      const read = path.slice(1).reduce((value, part) => [value?.[part]].flat()[0], data?.node)?.[name];
      const isEmpty = read === null || read === undefined || (Array.isArray(read) && read.length === 0);
      expect([role, refused || isEmpty]).toEqual([role, !permits(key, role)]);
    }
  },
);

test('messages of findings that quote names are replaced for auditors, and no others', async () => {
  const text = `query ($id: ID!) { datasetSnapshot(id: $id) { findings { check message } } }`;
  const messagesFor = async (role: Role) => {
    const { data } = await services.execute(text, values.datasetSnapshot, viewers.get(role));
    return data.datasetSnapshot.findings.map(({ check, message }: any) => [check, message]);
  };
  const auditors = await messagesFor(Role.AUDITOR);
  const engineers = await messagesFor(Role.ML_ENGINEER);
  const changed = auditors.filter((_: unknown, at: number) => auditors[at][1] !== engineers[at][1]);
  expect(changed.map(([check]: [string]) => check).sort()).toEqual([...MESSAGES].sort());
});
