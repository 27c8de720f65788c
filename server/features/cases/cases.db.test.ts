import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { createSite } from '../accounts/sites/create-site.js';
import { knownCasePseudonym } from '../audit/case-pseudonym.js';
import { eraseCase } from '../erasure/erase-case.js';
import { registerRandomChampion } from '../models/testing.js';
import { classifyFieldBytes, drawField } from '../predictions/fields/testing.js';
import { followChanges } from '../prediction-changes/follow-changes.js';
import { untilListed } from '../prediction-changes/testing.js';
import { classifyBytes } from '../predictions/testing.js';

let services: TestServices;
let everyone: Viewer;
let versionId: string;

beforeAll(async () => {
  services = await openTestServices();
  everyone = await services.createViewer();
  versionId = (await registerRandomChampion(services.contextOf(everyone))).id;
});
afterAll(() => services.close());

let seed = 0;
/** Classifies another image, or the same image again with `seed`. */
async function classify(caseReference: string | null, viewer = everyone, imageSeed = ++seed) {
  return classifyBytes(services.contextOf(viewer), {
    ...{ bytes: await drawSmear({ seed: imageSeed }).png().toBuffer(), fileName: 'cell.png', caseReference },
    ...{ modelName: null, modelVersionId: versionId },
  });
}

const CASE = `id reference state comment createdAt site { id } workedOnBy { id }
  counts { cells needsReview notRecognised blasts reviewed notCells }`;

async function execute(
  text: string,
  variables: Record<string, unknown> = {},
  viewer: Viewer | null = everyone,
) {
  const { data, errors } = await services.execute(text, variables, viewer);
  expect(errors).toEqual([]);
  return data;
}

async function caseOf(reference: string, viewer = everyone): Promise<any> {
  const query = `query ($reference: String) { case(reference: $reference) { ${CASE} } }`;
  return (await execute(query, { reference }, viewer)).case;
}

async function referencesOf(filter: object, viewer = everyone): Promise<string[]> {
  const query = `query ($filter: CaseFilter) { cases(first: 200, filter: $filter) { totalCount edges { node { reference } } } }`;
  const { cases } = await execute(query, { filter }, viewer);
  expect(cases.totalCount).toBe(cases.edges.length);
  return cases.edges.map(({ node }: any) => node.reference);
}

const siteViewer = (siteIds: string[], viewer = everyone): Viewer => ({
  ...viewer,
  siteIds,
  seesAllSites: false,
});
const newSite = async () => (await createSite(services.contextOf(everyone), { name: newId('site') })).id;

const review = (predictionId: string, input: object, viewer = everyone) =>
  execute(
    'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
    { input: { predictionId, ...input } },
    viewer,
  );

test('the first image of a reference creates its case, and the others belong to it', async () => {
  const reference = 'Zürich 2026/17';
  const colleague = await services.createViewer(Role.CLINICIAN);
  const first = await classify(reference);
  await classify(reference, colleague);
  const field = await classifyFieldBytes(services.contextOf(everyone), {
    ...{ bytes: await drawField([[200, 200]]), fileName: 'field.png', caseReference: reference },
  });
  await classify('another case');
  const found = await caseOf(reference);
  expect(found).toMatchObject({ reference, state: 'OPEN', comment: null, site: null, counts: { cells: 3 } });
  expect(found.workedOnBy.map(({ id }: any) => id)).toEqual([everyone.id, colleague.id].sort());

  const { node, prediction } = await execute(
    `query ($id: ID!, $prediction: ID!) {
      prediction(id: $prediction) { case { id } }
      node(id: $id) { ... on Case {
        predictions { totalCount edges { node { case { id } caseReference } } } fields { edges { node { id case { id } } } }
      } }
    }`,
    { id: found.id, prediction: first.id },
  );
  expect(prediction.case).toEqual({ id: found.id });
  expect(node.predictions.totalCount).toBe(3);
  for (const edge of node.predictions.edges)
    expect(edge.node).toEqual({ case: { id: found.id }, caseReference: reference });
  expect(node.fields.edges).toEqual([{ node: { id: field.id, case: { id: found.id } } }]);
});

test('a folder has its case before its first image', async () => {
  const id = newId('bulk');
  await services.database.bulkClassification.create({
    data: {
      ...{ id, status: 'QUEUED', source: 'file:/cells', modelVersionId: versionId, createdById: everyone.id },
      caseReference: 'case of a folder',
    },
  });
  const found = await caseOf('case of a folder');
  expect(found).toMatchObject({ workedOnBy: [{ id: everyone.id }], counts: { cells: 0 } });
  const { bulkClassification } = await execute(
    'query ($id: ID!) { bulkClassification(id: $id) { case { id } } }',
    { id },
  );
  expect(bulkClassification.case).toEqual({ id: found.id });
});

test('many first images of one case at the same moment create one case', async () => {
  const people = await Promise.all(Array.from({ length: 4 }, () => services.createViewer(Role.CLINICIAN)));
  const references = ['race A', 'race B'];
  await Promise.all(
    people.flatMap((viewer) =>
      [...references, ...references.toReversed()].map((name) => classify(name, viewer, 9_000)),
    ),
  );
  for (const reference of references) {
    const found = await caseOf(reference);
    expect(found.counts.cells).toBe(8);
    expect(found.workedOnBy).toHaveLength(4);
    expect(await services.database.case.count({ where: { reference } })).toBe(1);
  }
});

test('counts follow the newest review of each cell', async () => {
  const reference = 'counted case';
  const cells = await Promise.all([1, 2, 3, 4].map(() => classify(reference)));
  const {
    case: { counts: before },
  } = await execute(
    'query ($r: String) { case(reference: $r) { counts { cells needsReview notRecognised blasts reviewed } } }',
    { r: reference },
  );
  const count = (outcome: string, label?: string) =>
    cells.filter((cell) => cell.outcome === outcome && (!label || cell.label === label)).length;
  expect(before).toEqual({
    ...{ cells: 4, reviewed: 0, needsReview: count('INDETERMINATE') },
    ...{ notRecognised: count('OUT_OF_DISTRIBUTION'), blasts: count('CLASSIFIED', 'blast') },
  });
  const reviewer = await services.createViewer(Role.CLINICIAN);
  const [a, b, c, d] = cells.map(({ id }) => id) as [string, string, string, string];
  for (const id of [a, b, c, d]) await review(id, { label: 'blast' }, reviewer);
  await review(b, { label: 'normal' }, reviewer);
  await review(c, { label: 'blast', verdict: 'NOT_A_CELL' }, reviewer);
  await review(d, { label: 'blast', verdict: 'CANNOT_TELL' }, reviewer);
  const after = await caseOf(reference);
  expect(after.counts).toEqual({
    ...{ cells: 4, reviewed: 4, needsReview: 0, notRecognised: 0, blasts: 1, notCells: 1 },
  });
  expect(after.workedOnBy.map(({ id }: any) => id)).toContain(reviewer.id);
});

test('the blasts of the list of cases are those of the differential', async () => {
  const reference = 'blasts by type';
  const cells = await Promise.all([1, 2, 3, 4, 5].map(() => classify(reference)));
  const types = ['MYELOBLAST', 'ERYTHROBLAST', 'PROMONOCYTE', null, 'LYMPHOBLAST'];
  for (const [index, { id }] of cells.entries())
    await review(id, { label: index < 4 ? 'blast' : 'normal', cellType: types[index] });
  const { case: found } = await execute(
    'query ($r: String) { case(reference: $r) { counts { blasts } differential { blasts { count } erythroblasts } } }',
    { r: reference },
  );
  expect(found).toEqual({
    counts: { blasts: 3 },
    differential: { blasts: { count: 3 }, erythroblasts: 1 },
  });
});

test('a case is found by any part of its reference, without regard to capitals, and by who worked on it', async () => {
  const worker = await services.createViewer(Role.CLINICIAN);
  const accent = 'Ré'.normalize('NFD');
  for (const reference of ['Patient-0815', 'patient-0816', '100%_sure', `${accent}né 0815`])
    await classify(reference, worker);
  const workedOnById = worker.id;
  expect(await referencesOf({ search: ' PATIENT-08 ', workedOnById })).toEqual([
    'patient-0816',
    'Patient-0815',
  ]);
  expect(await referencesOf({ search: '0815', workedOnById })).toEqual([`${accent}né 0815`, 'Patient-0815']);
  expect(await referencesOf({ search: 'RÉNÉ' })).toEqual([`${accent}né 0815`]);
  expect(await referencesOf({ search: '%_' })).toEqual(['100%_sure']);
  expect(await referencesOf({ search: '0815', state: 'SIGNED' })).toEqual([]);
  expect(await referencesOf({ workedOnById })).toHaveLength(4);
  expect(await referencesOf({ workedOnById, createdBefore: '2020-01-01T00:00:00Z' })).toEqual([]);
  expect(await referencesOf({ workedOnById, createdAfter: '2020-01-01T00:00:00Z' })).toHaveLength(4);
  const { errors } = await services.execute(
    'query ($id: ID) { cases(filter: { workedOnById: $id }) { totalCount } }',
    { id: newId('user') },
    everyone,
  );
  expect(errors).toMatchObject([{ code: 'NOT_FOUND' }]);
});

test('pages have each case once, in both directions, while cases are added', async () => {
  const worker = await services.createViewer(Role.CLINICIAN);
  const expected = ['p1', 'p2', 'p3', 'p4', 'p5'];
  for (const reference of expected) await classify(reference, worker);
  const query = `query ($filter: CaseFilter, $first: Int, $after: String, $last: Int, $before: String) {
    cases(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      edges { node { reference } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    } }`;
  const filter = { workedOnById: worker.id };
  const page = async (position: object) => (await execute(query, { filter, ...position })).cases;
  const forward = [];
  let next = await page({ first: 2 });
  await classify('p6', worker); // newer than the page that was read
  for (; ; next = await page({ first: 2, after: next.pageInfo.endCursor })) {
    forward.push(...next.edges.map(({ node }: any) => node.reference));
    if (!next.pageInfo.hasNextPage) break;
  }
  expect(forward).toEqual(expected.toReversed());
  const back = await page({ last: 3, before: next.pageInfo.startCursor });
  expect(back.edges.map(({ node }: any) => node.reference)).toEqual(['p4', 'p3', 'p2']);
  expect(back.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true });
});

test('one reference at two sites is two cases, and each site sees its own', async () => {
  const [north, south] = [await newSite(), await newSite()];
  const [inNorth, inSouth] = [siteViewer([north]), siteViewer([south])];
  const reference = 'same at both sites';
  await classify(reference, inNorth);
  const { id: predictionId } = await classify(reference, inSouth);
  const [ofNorth, ofSouth] = [await caseOf(reference, inNorth), await caseOf(reference, inSouth)];
  expect([ofNorth.site.id, ofSouth.site.id]).toEqual([north, south]);
  expect([ofNorth.counts.cells, ofSouth.counts.cells]).toEqual([1, 1]);
  expect(await referencesOf({ search: reference }, inNorth)).toEqual([reference]);
  expect(await referencesOf({ search: reference })).toEqual([reference, reference]);
  expect(await referencesOf({ search: reference, siteId: south })).toEqual([reference]);

  const both = siteViewer([south, north]);
  expect((await caseOf(reference, both)).id).toBe(ofSouth.id); // the user's first site
  const bySite =
    'query ($reference: String, $siteId: ID) { case(reference: $reference, siteId: $siteId) { id } }';
  expect((await execute(bySite, { reference, siteId: north }, both)).case.id).toBe(ofNorth.id);
  expect((await execute(bySite, { reference, siteId: south }, inNorth)).case).toBeNull();
  const ambiguous = await services.execute(bySite, { reference }, everyone);
  expect(ambiguous.errors).toMatchObject([
    { code: 'BAD_USER_INPUT', message: expect.stringContaining("'siteId'") },
  ]);

  const cells =
    'query ($caseId: ID) { predictions(filter: { caseId: $caseId }) { totalCount edges { node { id } } } }';
  const found = await execute(cells, { caseId: ofSouth.id }, both);
  expect(found.predictions).toEqual({ totalCount: 1, edges: [{ node: { id: predictionId } }] });
  const hidden = await services.execute(cells, { caseId: ofSouth.id }, inNorth);
  expect(hidden.errors).toMatchObject([{ code: 'NOT_FOUND' }]);
  const byId = await execute('query ($id: ID) { case(id: $id) { id } }', { id: ofSouth.id }, inNorth);
  expect(byId.case).toBeNull();
});

test('auditors see cases without reference and comment, and cannot search for a reference', async () => {
  const { id: caseId } = await classify('auditor case').then(() => caseOf('auditor case'));
  const auditor = await services.createViewer(Role.AUDITOR);
  const seen = await execute(`query ($id: ID) { case(id: $id) { ${CASE} } }`, { id: caseId }, auditor);
  expect(seen.case).toMatchObject({ reference: null, comment: null, state: 'OPEN', counts: { cells: 1 } });
  for (const query of [
    '{ case(reference: "auditor case") { id } }',
    '{ cases(filter: { search: "a" }) { totalCount } }',
  ])
    expect((await services.execute(query, {}, auditor)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  for (const query of ['{ case { id } }', `{ case(id: "${caseId}", reference: "auditor case") { id } }`])
    expect((await services.execute(query, {}, everyone)).errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
});

test('looking for a case and opening it is recorded with its pseudonym', async () => {
  const reference = 'recorded case';
  await classify(reference);
  const viewer = await services.createViewer(Role.CLINICIAN);
  const { id } = await caseOf(reference, viewer);
  await execute('query ($id: ID) { case(id: $id) { id } }', { id }, viewer);
  await execute('query ($id: ID) { predictions(filter: { caseId: $id }) { totalCount } }', { id }, viewer);
  await execute('{ cases(filter: { search: "no such text" }) { totalCount } }', {}, viewer);
  const reader = await services.createViewer(Role.CLINICIAN);
  await execute('query ($id: ID!) { node(id: $id) { ... on Case { reference } } }', { id }, reader);
  await services.accesses.flush();
  const events = await services.database.auditEvent.findMany({
    where: { actorId: viewer.id, action: 'CASE_SEARCHED' },
    select: { entityId: true, casePseudonym: true, detail: true },
  });
  const casePseudonym = await knownCasePseudonym(services.database, reference);
  expect(casePseudonym).not.toBeNull();
  expect(events).toHaveLength(3);
  expect(events).toEqual(
    expect.arrayContaining([
      { entityId: id, casePseudonym, detail: null },
      { entityId: null, casePseudonym, detail: null },
      { entityId: null, casePseudonym: null, detail: null },
    ]),
  );
  expect(await services.database.auditEvent.findMany({ where: { actorId: reader.id } })).toMatchObject([
    { action: 'CASE_SEARCHED', entityId: id, casePseudonym },
  ]);
});

test('erasing a reference erases its case at every site, and a later image begins a new case', async () => {
  const reference = 'case to be erased';
  const site = await newSite();
  await classify(reference, siteViewer([site]));
  await classify(reference);
  const { id } = await services.database.case.findFirstOrThrow({ where: { reference, siteId: null } });
  const context = services.contextOf(everyone);
  await eraseCase(context, { caseReference: reference, reason: 'The patient has withdrawn consent.' });
  expect(await services.database.case.count({ where: { reference } })).toBe(0);
  expect(await services.database.caseWorker.count({ where: { caseId: id } })).toBe(0);
  expect(await caseOf(reference)).toBeNull();
  await classify(reference);
  expect((await caseOf(reference)).id).not.toBe(id);
});

test('an image that arrives while its case is erased keeps a case', async () => {
  for (let round = 0; round < 5; round++) {
    const reference = `erased at once ${round}`;
    await classify(reference);
    const context = services.contextOf(everyone);
    const reason = 'The patient has withdrawn consent.';
    await Promise.all([
      eraseCase(context, { caseReference: reference, reason }),
      classify(reference),
      classify(reference),
    ]);
    const predictions = await services.database.prediction.count({ where: { caseReference: reference } });
    const found = await caseOf(reference);
    if (predictions > 0) expect(found.counts.cells).toBe(predictions);
  }
});

test('the rows of cases cannot be removed, and only state and comment change', async () => {
  await classify('protected case');
  const { id } = await caseOf('protected case');
  const { ownerDatabase } = services;
  const where = { id };
  await expect(ownerDatabase.case.delete({ where })).rejects.toThrow('append-only');
  await expect(ownerDatabase.case.update({ where, data: { reference: 'another' } })).rejects.toThrow(
    'Only the state, the comment and the rules of the differential',
  );
  await ownerDatabase.case.update({ where, data: { comment: 'Relapse?', state: 'SIGNED' } });
  await expect(ownerDatabase.case.update({ where, data: { comment: 'No.' } })).rejects.toThrow(
    'comment of a signed case',
  );
});

const move = async (predictionIds: string[], caseReference: string, viewer = everyone): Promise<any> =>
  (
    await execute(
      `mutation ($input: MoveToCaseInput!) {
        moveToCase(input: $input) { predictions { id caseReference case { id } } userErrors { code field message } } }`,
      { input: { predictionIds, caseReference } },
      viewer,
    )
  ).moveToCase;

const comment = async (
  caseId: string,
  text: string | null,
  viewer = everyone,
  seen: { replaces?: string | null } = {},
): Promise<any> =>
  (
    await execute(
      `mutation ($input: CommentOnCaseInput!) {
        commentOnCase(input: $input) { case { comment workedOnBy { id } } userErrors { code field } } }`,
      { input: { caseId, comment: text, ...seen } },
      viewer,
    )
  ).commentOnCase;

test('predictions move to another case, which may be new, and a field moves with its cells', async () => {
  const doctor = await services.createViewer(Role.CLINICIAN);
  const a = await classify('move from');
  const b = await classify('move from');
  const none = await classify(null);
  const field = await classifyFieldBytes(services.contextOf(everyone), {
    ...{
      bytes: await drawField(
        [
          [120, 110],
          [330, 100],
        ],
        [240, 231, 221],
      ),
      fileName: 'field.png',
      caseReference: 'move from',
    },
  });
  const cells = await services.database.prediction.findMany({
    where: { fieldId: field.id },
    orderBy: { id: 'asc' },
  });
  expect(cells).toHaveLength(2);
  const moved = await move([none.id, a.id, cells[0]?.id ?? ''], ' move to ', doctor);
  expect(moved.userErrors).toEqual([]);
  const to = await caseOf('move to');
  expect(moved.predictions).toEqual(
    [none.id, a.id, cells[0]?.id].map((id) => ({ id, caseReference: 'move to', case: { id: to.id } })),
  );
  expect(to).toMatchObject({ counts: { cells: 4 }, workedOnBy: [{ id: doctor.id }] });
  const from = await caseOf('move from');
  expect(from.counts.cells).toBe(1);
  expect(from.workedOnBy.map(({ id }: any) => id)).toContain(doctor.id);
  expect((await services.database.field.findUniqueOrThrow({ where: { id: field.id } })).caseReference).toBe(
    'move to',
  );
  expect(b.caseReference).toBe('move from');

  const events = await services.database.auditEvent.findMany({
    where: { action: 'IMAGES_MOVED', actorId: doctor.id },
    select: { casePseudonym: true, detail: true },
  });
  const pseudonyms = await Promise.all(
    ['move to', 'move from'].map((name) => knownCasePseudonym(services.database, name)),
  );
  expect(events.map(({ casePseudonym }) => casePseudonym).sort()).toEqual(pseudonyms.sort());
  for (const { detail } of events) expect(detail).not.toContain('move ');

  await move([a.id], 'move to', doctor); // is there already
  expect(
    await services.database.auditEvent.count({ where: { action: 'IMAGES_MOVED', actorId: doctor.id } }),
  ).toBe(2);
});

test('those who follow the history learn of each move once', async () => {
  const { id } = await classify('followed 1');
  await move([id], 'followed 2');
  await move([id], 'followed 1');
  await move([id], 'followed 2');
  await untilListed(services.database);
  const query = `query ($after: String) { predictionChanges(first: 200, after: $after) { edges { cursor node { kind predictionId } } } }`;
  const all = (await execute(query, { after: null })).predictionChanges.edges.filter(
    ({ node }: any) => node.predictionId === id,
  );
  expect(all.map(({ node }: any) => node.kind)).toEqual(['CREATED', 'MOVED', 'MOVED', 'MOVED']);
  const rest = (await execute(query, { after: all[2].cursor })).predictionChanges.edges;
  expect(rest.map(({ cursor }: any) => cursor)).toEqual([all[3].cursor]);
});

test('a move needs the right to review, a valid reference, and predictions that the user sees', async () => {
  const { id } = await classify('not moved');
  const engineer = await services.createViewer(Role.ML_ENGINEER);
  const text = `mutation ($id: ID!) { moveToCase(input: { predictionIds: [$id], caseReference: "x" }) { userErrors { code } } }`;
  expect((await services.execute(text, { id }, engineer)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  const code = async (ids: string[], reference: string, viewer = everyone) =>
    (await move(ids, reference, viewer)).userErrors;
  expect(await code([], 'x')).toMatchObject([{ code: 'INVALID', field: ['input', 'predictionIds'] }]);
  expect(await code([id], '  ')).toMatchObject([{ code: 'INVALID', field: ['input', 'caseReference'] }]);
  expect(await code([id], 'x'.repeat(201))).toMatchObject([{ code: 'INVALID' }]);
  expect(await code([id, newId('pred')], 'x')).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await code([id], 'x', siteViewer([await newSite()]))).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await caseOf('not moved')).counts.cells).toBe(1);
});

test('a comment is changed and removed, and a signed case keeps its comment and images', async () => {
  const { id: inside } = await classify('commented case');
  const { id: outside } = await classify(null);
  const { id } = await caseOf('commented case');
  const doctor = await services.createViewer(Role.CLINICIAN);
  expect(await comment(id, ' Relapse? ', doctor)).toMatchObject({
    case: { comment: 'Relapse?' },
    userErrors: [],
  });
  expect((await caseOf('commented case')).workedOnBy.map((user: any) => user.id)).toContain(doctor.id);
  expect(await comment(id, 'x'.repeat(2001))).toMatchObject({
    userErrors: [{ code: 'INVALID', field: ['input', 'comment'] }],
  });
  expect(await comment(newId('case'), 'x')).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
  expect((await comment(id, null)).case.comment).toBeNull();
  await comment(id, 'Final.');
  const events = await services.database.auditEvent.findMany({
    where: { action: 'CASE_COMMENTED', entityId: id },
  });
  expect(events).toHaveLength(3);
  expect(JSON.stringify(events)).not.toMatch(/Relapse|Final/);

  await services.database.case.update({ where: { id }, data: { state: 'SIGNED' } });
  for (const { userErrors } of [
    await comment(id, 'No.'),
    await move([inside], 'elsewhere'),
    await move([outside], 'commented case'),
  ])
    expect(userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  expect(await caseOf('commented case')).toMatchObject({
    state: 'SIGNED',
    comment: 'Final.',
    counts: { cells: 1 },
  });
  await classify('commented case'); // later findings are not lost
  expect((await caseOf('commented case')).counts.cells).toBe(2);
});

test('a comment does not replace one that its author has not seen', async () => {
  await classify('comment of two');
  const { id } = await caseOf('comment of two');
  const doctor = await services.createViewer(Role.CLINICIAN);
  expect((await comment(id, 'First.', everyone, { replaces: null })).userErrors).toEqual([]);
  for (const replaces of [null, '', 'Another.'])
    expect(await comment(id, 'Second.', doctor, { replaces })).toMatchObject({
      userErrors: [{ code: 'CONFLICT', field: ['input', 'replaces'] }],
    });
  expect((await caseOf('comment of two')).comment).toBe('First.');
  expect((await comment(id, 'First. Second.', doctor, { replaces: 'First.' })).userErrors).toEqual([]);
  expect((await comment(id, 'Third.')).userErrors).toEqual([]); // without the comment that was seen
  expect((await caseOf('comment of two')).comment).toBe('Third.');
});

test('moves in opposite directions, and comments by the same user, do not fail when they happen at once', async () => {
  for (let round = 0; round < 5; round++) {
    const [one, other] = [`opposite ${round} A`, `opposite ${round} B`];
    const ofOne = await classify(one, await services.createViewer());
    const ofOther = await classify(other, await services.createViewer());
    const [caseOfOne, caseOfOther] = [await caseOf(one), await caseOf(other)];
    const doctor = await services.createViewer(Role.CLINICIAN); // has not worked on the cases
    const results = await Promise.all([
      move([ofOne.id], other, doctor),
      move([ofOther.id], one, doctor),
      comment(caseOfOne.id, 'x', doctor),
      comment(caseOfOther.id, 'x', doctor),
    ]);
    for (const { userErrors } of results) expect(userErrors).toEqual([]);
  }
});

describe('a folder', () => {
  const newFolder = async (
    caseReference: string,
    status: 'SUCCEEDED' | 'RUNNING',
    cells: { id: string }[],
  ) => {
    const id = newId('bulk');
    await services.database.bulkClassification.create({
      data: {
        ...{ id, status, source: `file:/${caseReference}`, caseReference },
        ...{ modelVersionId: versionId, createdById: everyone.id },
        items: {
          create: [
            ...cells.map((cell) => ({ key: `${cell.id}.png`, predictionId: cell.id })),
            { key: `${caseReference}.txt`, error: 'is damaged' },
          ],
        },
      },
    });
    return id;
  };
  const caseReferenceOf = async (id: string) =>
    (await services.database.bulkClassification.findUniqueOrThrow({ where: { id } })).caseReference;

  test('moves with the last image of its case, so that an erasure finds it', async () => {
    const cells = [
      await classify('folder of A'),
      await classify('folder of A'),
      await classify('folder of A'),
    ];
    const [first, second, third] = cells.map(({ id }) => id);
    const id = await newFolder('folder of A', 'SUCCEEDED', cells);
    await move([first ?? ''], 'folder of B');
    expect(await caseReferenceOf(id)).toBe('folder of A');
    await move([second ?? '', third ?? ''], 'folder of C');
    expect(await caseReferenceOf(id)).toBe('folder of C');
    const { detail } = await services.database.auditEvent.findFirstOrThrow({
      where: { action: 'IMAGES_MOVED', detail: { contains: id } },
    });
    expect(detail).toContain(third);
    const reason = 'The patient has withdrawn consent.';
    await eraseCase(services.contextOf(everyone), { caseReference: 'folder of C', reason });
    expect(await services.database.bulkItem.count({ where: { bulkId: id } })).toBe(0);
    expect(await services.database.bulkClassification.findUniqueOrThrow({ where: { id } })).toMatchObject({
      ...{ source: '', caseReference: null },
    });
  });

  test('takes the pictures without cells along', async () => {
    const bytes = await drawField([]);
    const empty = await classifyFieldBytes(services.contextOf(everyone), {
      ...{ bytes, fileName: 'empty.png', caseReference: 'folder with an empty picture' },
    });
    const cell = await classify('folder with an empty picture');
    const id = await newFolder('folder with an empty picture', 'SUCCEEDED', [cell]);
    await services.database.bulkItem.create({ data: { bulkId: id, key: 'empty.png', fieldId: empty.id } });
    expect((await move([cell.id], 'folder moved')).userErrors).toEqual([]);
    const field = await services.database.field.findUniqueOrThrow({ where: { id: empty.id } });
    expect(field.caseReference).toBe('folder moved');
  });

  test('that is being classified keeps its images', async () => {
    const cell = await classify('running folder');
    const id = await newFolder('running folder', 'RUNNING', [cell]);
    expect((await move([cell.id], 'elsewhere')).userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining(id) },
    ]);
    expect((await caseOf('running folder')).counts.cells).toBe(1);
  });
});

test('those who follow a case learn of what is moved out of it and into it', async () => {
  const { id } = await classify('followed case A');
  await classify('followed case B');
  const followers: Promise<string[]>[] = [];
  for (const reference of ['followed case A', 'followed case B']) {
    const { id: caseId } = await caseOf(reference);
    const context = services.contextOf(everyone, AbortSignal.timeout(600_000));
    const changes = await followChanges(context, { filter: { caseId } });
    followers.push(
      (async () => {
        for await (const { kind, predictionId } of changes)
          if (kind === 'MOVED') return [reference, predictionId];
        return [reference, 'nothing'];
      })(),
    );
  }
  expect((await move([id], 'followed case B')).userErrors).toEqual([]);
  expect(await Promise.all(followers)).toEqual([
    ['followed case A', id],
    ['followed case B', id],
  ]);
});

test('the case of a prediction changes in a recorded move only, and nothing else changes with it', async () => {
  const { id } = await classify('unmoved');
  const where = { id };
  const { ownerDatabase } = services;
  await expect(ownerDatabase.prediction.update({ where, data: { caseReference: 'moved' } })).rejects.toThrow(
    'immutable',
  );
  await expect(
    ownerDatabase.$transaction(async (tx) => {
      const event = newId('aud');
      await tx.auditEvent.create({ data: { id: event, action: 'IMAGES_MOVED', outcome: 'success' } });
      await tx.$queryRaw`SELECT set_config('cytograph.move', ${event}, true)`;
      await tx.$executeRaw`SELECT work_on_case('moved', NULL, NULL)`;
      await tx.prediction.update({ where, data: { caseReference: 'moved', label: 'normal', confidence: 1 } });
    }),
  ).rejects.toThrow('immutable');
});
