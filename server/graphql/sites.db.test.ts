import { getNamedType, isObjectType, isRequiredArgument, parse, subscribe } from 'graphql';
import type { Viewer } from '../api/context.js';
import { Role } from '../api/permissions.js';
import { newId } from '../database/ids.js';
import { createSite } from '../features/accounts/sites/create-site.js';
import { setUserSites } from '../features/accounts/sites/set-user-sites.js';
import { imageFile, imageThumbnail, originalImageFile } from '../features/images/image-file.js';
import { registerRandomChampion } from '../features/models/testing.js';
import { evidenceMapImage } from '../features/predictions/evidence-map-image.js';
import { classifyFieldBytes, drawRedCells } from '../features/predictions/fields/testing.js';
import type { PredictionRow } from '../features/predictions/load-predictions.js';
import { classifyBytes } from '../features/predictions/testing.js';
import { reviewPrediction } from '../features/reviews/review-prediction.js';
import { drawSmear } from '../imaging/testing.js';
import { everythingOf, openTestServices, type TestServices } from './testing.js';

// Two people of two sites, over every read path: each sees what was made at their own site, and nothing of the other. The list of
// operations is read from the schema, so an operation without a decision fails.

/** What each query reads about predictions. */
const QUERIES: Record<string, 'by id' | 'list' | 'figures' | 'for those who see all sites' | 'nothing'> = {
  prediction: 'by id',
  bulkClassification: 'by id',
  case: 'by id',
  field: 'by id',
  node: 'by id',
  nodes: 'by id',
  predictions: 'list',
  predictionChanges: 'list',
  bulkClassifications: 'list',
  cases: 'list',
  fields: 'list',
  sites: 'list',
  monitoring: 'figures',
  model: 'figures',
  models: 'figures',
  modelVersion: 'figures',
  answeringVersion: 'figures',
  championAt: 'figures',
  auditEvents: 'for those who see all sites',
  caseContents: 'for those who see all sites',
  apiTokens: 'nothing',
  sessions: 'nothing',
  datasetSnapshot: 'nothing',
  datasetSnapshots: 'nothing',
  compareVersions: 'nothing',
  evaluation: 'nothing',
  evaluations: 'nothing',
  fit: 'nothing',
  fitPreview: 'nothing', // counts reviewed predictions of a filter: tested in fit-model-version.db.test.ts
  promotionGates: 'nothing',
  secondLook: 'nothing', // its cells by site: tested in second-look.db.test.ts
  secondLooks: 'nothing',
  reading: 'nothing', // only the viewer's own: tested in readings.db.test.ts
  readings: 'nothing',
  doubleReading: 'nothing', // by the site of the case: tested in double-reading.db.test.ts
  doubleReadings: 'nothing',
  possibleReaders: 'nothing',
  readingAgreement: 'nothing',
  signInMethods: 'nothing',
  trainingRun: 'nothing',
  trainingRuns: 'nothing',
  trainingSchedules: 'nothing',
  users: 'nothing',
  viewer: 'nothing',
  savedViews: 'nothing',
  webhooks: 'nothing',
};
/** The mutations that name a prediction, a field or a bulk classification. All others neither read nor change one. */
const MUTATIONS_BY_ID = [
  'addFieldCell',
  'cancelBulkClassification',
  'classifyPredictionAsField',
  'commentOnCase',
  'setDifferentialRules',
  'continueBulkClassification',
  'moveToCase',
  'reviewPrediction',
];
/** Those of several, whose results are not found one by one. */
const BATCHES_BY_ID = ['reviewPredictions', 'withdrawReviews'];
const SUBSCRIPTIONS: Record<string, 'predictions' | 'by id' | 'nothing'> = {
  predictionCreated: 'predictions',
  predictionChanged: 'predictions',
  bulkClassificationChanged: 'by id', // tested in progress.db.test.ts
  championChanged: 'nothing',
  datasetSnapshotChanged: 'nothing',
  evaluationChanged: 'nothing',
  fitChanged: 'nothing',
  trainingRunChanged: 'nothing',
};

interface Side {
  name: string;
  siteId: string;
  viewer: Viewer;
  /** An image that only this site has, and one that both have. */
  own: PredictionRow;
  shared: PredictionRow;
  fieldId: string;
  fieldSha256: string;
  bulkId: string;
  caseId: string;
  reviewId: string;
}

let services: TestServices;
let versionId: string;
let north: Side;
let south: Side;
let everywhere: Viewer;

beforeAll(async () => {
  services = await openTestServices({ defaultModel: 'one' });
  everywhere = await services.createViewer();
  const admin = services.contextOf(everywhere);
  ({ id: versionId } = await registerRandomChampion(admin, { modelName: 'one' }));
  while (!services.served.champion('one')) await new Promise((resolve) => setTimeout(resolve, 20));
  north = await openSide('North', 1);
  south = await openSide('South', 2);
});
afterAll(() => services.close());

async function openSide(name: string, seed: number): Promise<Side> {
  const admin = services.contextOf(everywhere);
  const { id: siteId } = await createSite(admin, { name: `Ward ${name}` });
  const { id: userId } = await services.createViewer(Role.CLINICIAN, Role.ML_ENGINEER, Role.ADMIN);
  await setUserSites(admin, { userId, siteIds: [siteId], seesAllSites: false });
  const viewer = await viewerOf(userId);
  const context = services.contextOf(viewer);
  const classify = async (imageSeed: number) =>
    classifyBytes(context, {
      ...{ bytes: await drawSmear({ seed: imageSeed }).png().toBuffer(), fileName: `${name}.png` },
      ...{ modelName: null, modelVersionId: null, caseReference: `${name} case` },
    });
  const own = await classify(seed);
  const shared = await classify(99);
  await reviewPrediction(context, { predictionId: own.id, label: own.label, comment: `${name} comment` });
  const review = await services.database.review.findFirstOrThrow({ where: { predictionId: own.id } });
  const field = await classifyFieldBytes(context, {
    bytes: await drawRedCells([240, 230, 200 + seed]),
    ...{ fileName: `${name}.png`, caseReference: `${name} case` },
  });
  const bulkId = newId('bulk');
  await services.database.bulkClassification.create({
    data: {
      ...{ id: bulkId, status: 'FAILED', source: `file:/${name}`, modelVersionId: versionId, siteId },
      ...{ createdById: userId, caseReference: `${name} case`, doneCount: 1, failedCount: 1 },
      items: {
        create: [
          { key: `${name}.png`, predictionId: own.id },
          { key: `${name} 2.png`, error: 'x' },
        ],
      },
    },
  });
  const fields = { fieldId: field.id, fieldSha256: field.imageSha256 };
  const { id: caseId } = await services.database.case.findFirstOrThrow({ where: { siteId } });
  return { name, siteId, viewer, own, shared, ...fields, bulkId, caseId, reviewId: review.id };
}

/** The viewer as the database has it. */
async function viewerOf(id: string): Promise<Viewer> {
  const { siteIds, seesAllSites, roles, ...row } = await services.database.user.findUniqueOrThrow({
    where: { id },
  });
  const asRoles = roles.map((role) => Role[role]);
  return { ...row, siteIds, seesAllSites, roles: asRoles, token: null, sessionId: null };
}

/** The id of an object of a site that a list contains. */
function idInList({ bulkId, caseId, fieldId, own }: Side, name: string): string {
  return { bulkClassifications: bulkId, cases: caseId, fields: fieldId }[name] ?? own.id;
}

const sides = (): [Side, Side][] => [
  [north, south],
  [south, north],
];

/** Everything that a query gives the viewer, as text. */
async function readAll(name: string, viewer: Viewer, args: Record<string, unknown>, on?: string) {
  const field = services.schema.getQueryType()?.getFields()[name];
  if (!field) throw new Error(`There is no query '${name}'.`);
  const given = field.args.filter((arg) => arg.name in args);
  const missing = field.args.filter((arg) => isRequiredArgument(arg) && !(arg.name in args));
  expect(missing.map((arg) => arg.name)).toEqual([]);
  const declared = given.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = given.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const type = on ? services.schema.getType(on) : getNamedType(field.type);
  if (!isObjectType(type)) throw new Error(`'${name}' returns no object.`);
  const everything = everythingOf(type);
  const selection = on ? `{ ... on ${on} ${everything} }` : everything;
  const text = `query ${declared && `(${declared})`} { ${name} ${passed && `(${passed})`} ${selection} }`;
  return services.execute(text, args, viewer);
}

/** Whether a text names anything of a side. */
function traces(side: Side, text: string): string[] {
  const { own, shared, fieldId, fieldSha256, bulkId, caseId, reviewId, siteId, name } = side;
  return [
    caseId,
    fieldId,
    fieldSha256,
    own.id,
    own.imageSha256,
    shared.id,
    bulkId,
    reviewId,
    siteId,
    `${name}.png`,
    `${name} case`,
  ].filter((each) => text.includes(each));
}

test('every query, mutation and subscription has a decision', () => {
  const namesOf = (type: { getFields(): object } | null | undefined) => Object.keys(type?.getFields() ?? {});
  const { schema } = services;
  expect(namesOf(schema.getQueryType()).sort()).toEqual(Object.keys(QUERIES).sort());
  expect(namesOf(schema.getSubscriptionType()).sort()).toEqual(Object.keys(SUBSCRIPTIONS).sort());
  const byId = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ name, args }) =>
    args.some((arg) =>
      `${name} ${String(arg.type)}`.match(
        /BulkClassification|ReviewPrediction|FieldCell|PredictionAsField|CommentOnCase|MoveToCase|WithdrawReviews|SetDifferentialRules/,
      ),
    ),
  );
  expect(byId.map(({ name }) => name).sort()).toEqual([...MUTATIONS_BY_ID, ...BATCHES_BY_ID].sort());
});

const window = () => ({ from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) });
const argumentsOf = (name: string): Record<string, unknown> => {
  if (name === 'monitoring') return { modelName: 'one', ...window() };
  if (name === 'model') return { name: 'one' };
  if (name === 'championAt') return { modelName: 'one', at: new Date(Date.now() + 3_600_000) };
  return name === 'modelVersion' ? { id: versionId } : {};
};
const namesOfKind = (kind: string) => Object.keys(QUERIES).filter((name) => QUERIES[name] === kind);

test.each(namesOfKind('list'))('%s lists what is of the own site only', async (name) => {
  for (const [mine, theirs] of sides()) {
    if (name === 'sites') {
      const noAdmin = { ...mine.viewer, roles: [Role.CLINICIAN] };
      const { data } = await services.execute('{ sites { id } }', {}, noAdmin);
      expect(data.sites).toEqual([{ id: mine.siteId }]);
      continue;
    }
    const { data, errors } = await readAll(name, mine.viewer, {});
    expect(errors).toEqual([]);
    const text = JSON.stringify(data);
    expect(traces(theirs, text)).toEqual([]);
    expect(traces(mine, text)).toContain(idInList(mine, name));
    const all = JSON.stringify((await readAll(name, everywhere, {})).data);
    expect(traces(mine, all).length).toBeGreaterThan(0);
    expect(traces(theirs, all).length).toBeGreaterThan(0);
  }
});

test('totals count what is of the own site only', async () => {
  const text = '{ predictions { totalCount } bulkClassifications { totalCount } }';
  const totals = async (viewer: Viewer) => (await services.execute(text, {}, viewer)).data;
  for (const [mine] of sides())
    expect(await totals(mine.viewer)).toEqual({
      predictions: { totalCount: 2 },
      bulkClassifications: { totalCount: 1 },
    });
  expect(await totals(everywhere)).toEqual({
    predictions: { totalCount: 4 },
    bulkClassifications: { totalCount: 2 },
  });
});

test.each(namesOfKind('figures'))('%s names nothing of the other site', async (name) => {
  for (const [mine, theirs] of sides()) {
    const { data, errors } = await readAll(name, mine.viewer, argumentsOf(name));
    expect(errors).toEqual([]);
    expect(traces(theirs, JSON.stringify(data))).toEqual([]);
  }
});

test('figures are of the own site only', async () => {
  const text = `query ($from: DateTime!, $to: DateTime!) {
    monitoring(modelName: "one", from: $from, to: $to) { predictionCount reviewedCount }
    model(name: "one") { champion { predictionCount } }
  }`;
  const figures = async (viewer: Viewer) => {
    const { data } = await services.execute(text, window(), viewer);
    return [
      data.monitoring.predictionCount,
      data.monitoring.reviewedCount,
      data.model.champion.predictionCount,
    ];
  };
  for (const [mine] of sides()) expect(await figures(mine.viewer)).toEqual([2, 1, 2]);
  expect(await figures(everywhere)).toEqual([4, 2, 4]);
});

test.each(namesOfKind('for those who see all sites'))('%s needs all sites', async (name) => {
  const args = name === 'caseContents' ? { caseReference: 'South case' } : {};
  const { errors } = await readAll(name, north.viewer, args);
  expect(errors).toMatchObject([
    { code: 'FORBIDDEN', message: expect.stringContaining('must see all sites') },
  ]);
  expect((await readAll(name, everywhere, args)).errors).toEqual([]);
});

const objects = (side: Side): [query: string, type: string, id: string][] => [
  ['prediction', 'Prediction', side.own.id],
  ['case', 'Case', side.caseId],
  ['field', 'Field', side.fieldId],
  ['node', 'Field', side.fieldId],
  ['bulkClassification', 'BulkClassification', side.bulkId],
  ['node', 'Prediction', side.own.id],
  ['node', 'Prediction', side.shared.id],
  ['node', 'Review', side.reviewId],
  ['node', 'BulkClassification', side.bulkId],
  ['nodes', 'Prediction', side.own.id],
  ['nodes', 'Review', side.reviewId],
];

test('objects by id: those of the other site answer like those that do not exist', async () => {
  for (const [mine, theirs] of sides()) {
    for (const [index, [query, type, id]] of objects(theirs).entries()) {
      const on = query.startsWith('node') ? type : undefined;
      const read = (wanted: string) =>
        readAll(query, mine.viewer, query === 'nodes' ? { ids: [wanted] } : { id: wanted }, on);
      const missing = newId(id.split('_')[0] as 'pred');
      expect([query, type, await read(id)]).toEqual([query, type, await read(missing)]);
      const [, , ownId = ''] = objects(mine)[index] ?? [];
      expect([(await read(ownId)).data[query]].flat()).not.toContain(null);
    }
  }
  const noAdmin = { ...north.viewer, roles: [Role.CLINICIAN] };
  const site = (id: string) => services.execute('query ($id: ID!) { node(id: $id) { id } }', { id }, noAdmin);
  expect(await site(south.siteId)).toEqual(await site(newId('site')));
  expect((await site(north.siteId)).data.node).toEqual({ id: north.siteId });
});

test('changes by id: those of the other site answer like those that do not exist', async () => {
  const review = `mutation ($id: ID!) {
    reviewPrediction(input: { predictionId: $id, label: "blast" }) { prediction { id } userErrors { code message field } } }`;
  const change = (name: string) => `mutation ($id: ID!) {
    ${name}(id: $id) { bulkClassification { id } userErrors { code message field } } }`;
  const add = `mutation ($id: ID!) {
    addFieldCell(input: { fieldId: $id, x: 9, y: 9 }) { field { id } userErrors { code message field } } }`;
  const asField = `mutation ($id: ID!) {
    classifyPredictionAsField(input: { predictionId: $id }) { field { id } userErrors { code message field } } }`;
  const comment = `mutation ($id: ID!) {
    commentOnCase(input: { caseId: $id, comment: "x" }) { case { id } userErrors { code message field } } }`;
  const rules = `mutation ($id: ID!) {
    setDifferentialRules(input: { caseId: $id, minimumCells: 100, countBandsSeparately: true }) { case { id } userErrors { code message field } } }`;
  const move = `mutation ($id: ID!) {
    moveToCase(input: { predictionIds: [$id], caseReference: "x" }) { predictions { id } userErrors { code message field } } }`;
  const others: Record<string, readonly [text: string, id: string, prefix: 'pred' | 'field' | 'case']> = {
    commentOnCase: [comment, south.caseId, 'case'],
    setDifferentialRules: [rules, south.caseId, 'case'],
    moveToCase: [move, south.own.id, 'pred'],
    reviewPrediction: [review, south.own.id, 'pred'],
    addFieldCell: [add, south.fieldId, 'field'],
    classifyPredictionAsField: [asField, south.own.id, 'pred'],
  };
  for (const name of MUTATIONS_BY_ID) {
    const [text, id, prefix] = others[name] ?? ([change(name), south.bulkId, 'bulk'] as const);
    const denied = await services.execute(text, { id }, north.viewer);
    const missing = await services.execute(text, { id: newId(prefix) }, north.viewer);
    expect(denied).toEqual(missing);
    expect(denied.data[name].userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  }
  expect(await services.database.review.count({ where: { predictionId: south.own.id } })).toBe(1);
});

test('batches: a prediction or review of the other site has the result of one that does not exist', async () => {
  const review = `mutation ($id: ID!) { reviewPredictions(input: { reviews: [{ predictionId: $id, label: "blast" }] }) {
    results { added prediction { id } review { id } userErrors { code message field } } } }`;
  const withdraw = `mutation ($id: ID!) { withdrawReviews(input: { reviewIds: [$id] }) {
    results { prediction { id } userErrors { code message field } } } }`;
  for (const [name, text, id, prefix] of [
    ['reviewPredictions', review, south.own.id, 'pred'],
    ['withdrawReviews', withdraw, south.reviewId, 'rev'],
  ] as const) {
    const denied = await services.execute(text, { id }, north.viewer);
    expect(denied).toEqual(await services.execute(text, { id: newId(prefix) }, north.viewer));
    expect(denied.data[name].results).toMatchObject([
      { prediction: null, userErrors: [{ code: 'NOT_FOUND' }] },
    ]);
  }
  const counting = { predictionId: south.own.id, withdrawnAt: null };
  expect(await services.database.review.count({ where: counting })).toBe(1);
});

test('filters and searches find nothing of the other site', async () => {
  const count = async (filter: Record<string, unknown>, viewer: Viewer) => {
    const text =
      'query ($filter: PredictionFilter) { predictions(filter: $filter) { totalCount edges { node { id } } } }';
    const { data, errors } = await services.execute(text, { filter }, viewer);
    if (errors.length > 0) return errors;
    return [data.predictions.totalCount, data.predictions.edges.length];
  };
  const filters: Record<string, unknown>[] = [
    { imageSha256: south.own.imageSha256 },
    { caseReference: 'South case' },
    { createdById: south.viewer.id },
  ];
  for (const filter of filters) {
    expect([filter, await count(filter, north.viewer)]).toEqual([filter, [0, 0]]);
    expect((await count(filter, everywhere))[0]).toBeGreaterThan(0);
  }
  // The other site looks like one that does not exist.
  for (const siteId of [south.siteId, newId('site')]) {
    const refused = [{ code: 'NOT_FOUND', message: `There is no site '${siteId}' that you see.` }];
    expect(await count({ siteId }, north.viewer)).toEqual(refused);
    expect(await count({ siteId, modelName: 'one' }, north.viewer)).toEqual(refused);
  }
  expect(await count({ siteId: south.siteId }, everywhere)).toEqual([2, 2]);
  // The image of both sites: each sees its own prediction.
  expect(await count({ imageSha256: north.shared.imageSha256 }, north.viewer)).toEqual([1, 1]);
  expect(await count({ imageSha256: north.shared.imageSha256 }, everywhere)).toEqual([2, 2]);
  expect(await count({ siteId: north.siteId }, everywhere)).toEqual([2, 2]);
});

test('files: those of the other site are missing, the image of both is there', async () => {
  for (const [mine, theirs] of sides()) {
    const context = services.contextOf(mine.viewer);
    for (const sha256 of [theirs.own.imageSha256, theirs.fieldSha256, 'f'.repeat(64)]) {
      expect(await imageFile(context, sha256)).toBeNull();
      expect(await imageThumbnail(context, sha256, 64)).toBeNull();
      expect(await originalImageFile(context, sha256)).toBeNull();
    }
    // In the cache of the server, because somebody else has looked at it.
    await evidenceMapImage(services.contextOf(theirs.viewer), theirs.own.id);
    expect(await evidenceMapImage(context, theirs.own.id)).toBeNull();
    expect(await evidenceMapImage(context, mine.own.id)).not.toBeNull();
    expect(await evidenceMapImage(context, mine.shared.id)).not.toBeNull();
    expect(await imageFile(context, mine.shared.imageSha256)).not.toBeNull();
    expect(await imageFile(context, mine.fieldSha256)).not.toBeNull();
  }
});

test('an image that another site has sent before is not a repeat', () => {
  expect(south.shared.imageSha256).toBe(north.shared.imageSha256);
  for (const { shared } of [north, south]) {
    expect(shared.repeatOfId).toBeNull();
    expect(shared.inferenceMs).toBeGreaterThan(0); // 0 would reveal that somebody had sent it
  }
  expect(south.shared.confidence).toBe(north.shared.confidence);
});

test('an image that the own site has sent before is one', async () => {
  const { viewer, siteId, shared } = north;
  const repeat = await classifyBytes(services.contextOf(viewer), {
    ...{ bytes: await drawSmear({ seed: 99 }).png().toBuffer(), fileName: 'North.png' },
    ...{ modelName: null, modelVersionId: null, caseReference: null, siteId },
  });
  expect(repeat).toMatchObject({ repeatOfId: shared.id, siteId });
});

const observed = Object.keys(SUBSCRIPTIONS).filter((name) => SUBSCRIPTIONS[name] === 'predictions');
test.each(observed)('%s comes only from the own site', async (name) => {
  const { schema } = services;
  const selection = name === 'predictionCreated' ? '{ id fileName }' : '{ kind prediction { id fileName } }';
  const begun = await subscribe({
    schema,
    document: parse(`subscription { ${name} ${selection} }`),
    contextValue: services.contextOf(north.viewer),
  });
  const events = begun as AsyncGenerator<{ data: any; errors?: unknown }>;
  const first = events.next(); // listens before anything is made
  await new Promise((resolve) => setTimeout(resolve, 100));
  const seed = 1000 + observed.indexOf(name);
  for (const side of [south, north]) {
    await classifyBytes(services.contextOf(side.viewer), {
      ...{ bytes: await drawSmear({ seed }).png().toBuffer(), fileName: `${side.name} ${seed}.png` },
      ...{ modelName: null, modelVersionId: null, caseReference: null },
    });
  }
  for (let event = await first; ; event = await events.next()) {
    const { value } = event;
    const { fileName } = value.data[name].prediction ?? value.data[name];
    expect([value.errors, fileName]).toEqual([undefined, expect.stringContaining('North')]);
    if (fileName === `North ${seed}.png`) break;
  }
  await events.return(undefined);
});
