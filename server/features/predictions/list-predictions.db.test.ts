import { graphql } from 'graphql';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { PredictionOutcome, ReviewVerdict } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { encodeEvidence } from '../../pixels/evidence-map.js';
import { randomFrom } from '../../imaging/seeded-random.js';
import { registerRandomVersion } from '../models/testing.js';
import { countPredictions } from './count-predictions.js';
import { cursorAt, pageStatement } from './list-predictions.js';
import { conditionsOf } from './prediction-filter.js';
import { type PredictionFilter, PredictionOrder } from './types.js';

const COUNT = 200;
const BEGIN = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

interface Row {
  id: string;
  createdAt: Date;
  createdById: string;
  caseReference: string | null;
  imageSha256: string;
  modelVersionId: string;
  modelName: string;
  outcome: 'CLASSIFIED' | 'INDETERMINATE' | 'OUT_OF_DISTRIBUTION';
  label: string;
  confidence: number;
  reviewed: boolean;
  /** Of the newest review. */
  verdict: ReviewVerdict | null;
  siteId: string | null;
  fileName: string | null;
  qualityWarnings: string[];
  bulkId: string | null;
}

let services: TestServices;
let viewer: Viewer;
let rows: Row[] = [];
const siteIds = [newId('site'), newId('site'), newId('site')];
const unusedSite = newId('site');
/** Bulk classifications of the first site and of the second. */
const bulkIds = [newId('bulk'), newId('bulk')];

beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer(Role.ML_ENGINEER);
  const users = [viewer, await services.createViewer(Role.CLINICIAN)];
  const versions = [
    { ...(await registerRandomVersion(services, { modelName: 'one', seed: 1 })), modelName: 'one' },
    { ...(await registerRandomVersion(services, { modelName: 'one', seed: 2 })), modelName: 'one' },
    { ...(await registerRandomVersion(services, { modelName: 'two', seed: 3 })), modelName: 'two' },
  ];
  await services.database.model.create({ data: { id: newId('model'), name: 'unused' } });
  await services.database.site.createMany({ data: [...siteIds, unusedSite].map((id) => ({ id, name: id })) });
  const images = ['a', 'b', 'c'].map((digit) => digit.repeat(64));
  await services.database.image.createMany({
    data: images.map((sha256) => ({ sha256, width: 8, height: 8, byteSize: 9, mediaType: 'image/png' })),
  });

  const source = randomFrom('predictions');
  const random = () => source.next();
  const pick = <T>(values: readonly T[], from = random): T => values[Math.floor(from() * values.length)] as T;
  const otherSource = randomFrom('more about predictions');
  const verdicts = randomFrom('verdicts');
  const pickOther = <T>(values: readonly T[]): T => pick(values, () => otherSource.next());
  rows = Array.from({ length: COUNT }, (_, index) => {
    const version = pick(versions);
    return {
      id: idAt(at((index * 89) % COUNT), index), // from a clock that differs from the database's
      createdAt: at(index - (index % 2)), // pairs have the same time
      createdById: pick(users).id,
      caseReference: pick([null, 'case 1', 'case 2']),
      imageSha256: pick(images),
      modelVersionId: version.id,
      modelName: version.modelName,
      outcome: pick(['CLASSIFIED', 'INDETERMINATE', 'OUT_OF_DISTRIBUTION'] as const),
      label: pick(['normal', 'blast']),
      confidence: Math.round(random() * 20) / 20, // many have the same confidence
      reviewed: random() < 0.3,
      siteId: pick([null, ...siteIds]),
      fileName: pickOther([null, 'Smear_1.png', 'smear-1.png', 'of case 2.png']),
      qualityWarnings: pickOther([[], ['BLURRED'], ['POSSIBLY_DAMAGED', 'BLURRED'], ['STRETCHED']]),
      bulkId: pickOther([null, ...bulkIds]),
      verdict: null,
    };
  });
  for (const row of rows)
    if (row.reviewed) row.verdict = pick(Object.values(ReviewVerdict), () => verdicts.next());
  await services.database.prediction.createMany({
    data: rows.map(
      ({ modelName: _name, reviewed: _reviewed, verdict: _verdict, bulkId: _bulkId, ...row }) => ({
        ...row,
        probabilities: [1 - row.confidence, row.confidence],
        outOfDistributionScore: 0,
        evidence: encodeEvidence({ height: 1, width: 1, values: new Float32Array(1) }),
        decodeMs: 1,
        queueMs: 1,
        inferenceMs: 1,
        totalMs: 3,
      }),
    ),
  });
  await services.database.bulkClassification.createMany({
    data: bulkIds.map((id, index) => ({
      ...{ id, siteId: siteIds[index] ?? null, source: 'file:/cells', status: 'SUCCEEDED' as const },
      ...{ modelVersionId: versions[0]?.id ?? '', createdById: viewer.id },
    })),
  });
  await services.database.bulkItem.createMany({
    data: rows.flatMap(({ id, bulkId }) => (bulkId ? [{ bulkId, key: id, predictionId: id }] : [])),
  });
  await services.database.review.createMany({
    data: rows
      .filter(({ reviewed }) => reviewed)
      .flatMap(({ id, label }) =>
        [label, 'normal', 'blast'].map((reviewed) => ({
          id: newId('rev'),
          predictionId: id,
          reviewerId: viewer.id,
          label: reviewed,
          agreesWithModel: reviewed === label,
        })),
      ),
  });
  // The newest by time has the smallest id, and the oldest the largest.
  const review = { reviewerId: viewer.id, agreesWithModel: false };
  await services.database.review.createMany({
    data: rows.flatMap(({ id, label, verdict }) => {
      if (verdict === null) return [];
      const other = verdict === 'LABEL' ? 'CANNOT_TELL' : 'LABEL';
      const [newest, oldest] = [new Date(Date.now() + HOUR), new Date(BEGIN)];
      return [
        {
          ...review,
          id: `rev_${'0'.repeat(27)}${id.slice(-5)}`,
          predictionId: id,
          label,
          verdict,
          createdAt: newest,
        },
        {
          ...review,
          id: `rev_${'f'.repeat(27)}${id.slice(-5)}`,
          predictionId: id,
          label,
          verdict: other,
          createdAt: oldest,
        },
      ];
    }),
  });
});
afterAll(() => services.close());

/** An id with this time in it. */
function idAt(time: Date, index: number): string {
  return `pred_${time.getTime().toString(16).padStart(12, '0')}7${index.toString(16).padStart(19, '0')}`;
}

const pageQuery = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: PredictionFilter, $order: PredictionOrder) {
  predictions(first: $first, after: $after, last: $last, before: $before, filter: $filter, order: $order) {
    totalCount totalCountIsEstimate
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

async function page(variables: Record<string, unknown>, as = viewer) {
  const { data, errors } = await services.execute(pageQuery, variables, as);
  expect(errors).toEqual([]);
  return data.predictions;
}

async function refusal(variables: Record<string, unknown>, as = viewer) {
  const { errors } = await services.execute(pageQuery, variables, as);
  return errors;
}

const idsOf = (connection: { edges: { node: { id: string } }[] }) =>
  connection.edges.map(({ node }) => node.id);

/** Filters, each with the same meaning in plain JavaScript. */
const single: [string, () => PredictionFilter, (row: Row) => boolean][] = [
  ['createdAfter', () => ({ createdAfter: at(50) }), (row) => row.createdAt >= at(50)],
  ['createdBefore', () => ({ createdBefore: at(50) }), (row) => row.createdAt < at(50)],
  [
    'a range of times',
    () => ({ createdAfter: at(20), createdBefore: at(150) }),
    (row) => row.createdAt >= at(20) && row.createdAt < at(150),
  ],
  [
    'a short time',
    () => ({ createdAfter: at(20), createdBefore: at(21) }),
    (row) => row.createdAt >= at(20) && row.createdAt < at(21),
  ],
  [
    'modelVersionId',
    () => ({ modelVersionId: rows[0]?.modelVersionId ?? null }),
    (row) => row.modelVersionId === rows[0]?.modelVersionId,
  ],
  [
    'the whole of time',
    () => ({ createdAfter: new Date('0000-01-01'), createdBefore: new Date('9999-12-31') }),
    () => true,
  ],
  ['a time before all predictions', () => ({ createdBefore: new Date('0000-01-01') }), () => false],
  ['modelName', () => ({ modelName: 'one' }), (row) => row.modelName === 'one'],
  ['a model without predictions', () => ({ modelName: 'unused' }), () => false],
  ['label', () => ({ label: 'blast' }), (row) => row.label === 'blast'],
  ['outcome', () => ({ outcome: PredictionOutcome.INDETERMINATE }), (row) => row.outcome === 'INDETERMINATE'],
  ['caseReference', () => ({ caseReference: 'case 1' }), (row) => row.caseReference === 'case 1'],
  ['createdById', () => ({ createdById: viewer.id }), (row) => row.createdById === viewer.id],
  ['reviewed', () => ({ reviewed: true }), (row) => row.reviewed],
  ['not reviewed', () => ({ reviewed: false }), (row) => !row.reviewed],
  ['verdict', () => ({ verdict: 'NOT_A_CELL' }), (row) => row.verdict === 'NOT_A_CELL'],
  ['imageSha256', () => ({ imageSha256: 'a'.repeat(64) }), (row) => row.imageSha256 === 'a'.repeat(64)],
  ['siteId', () => ({ siteId: siteIds[0] ?? null }), (row) => row.siteId === siteIds[0]],
  ['a site without predictions', () => ({ siteId: unusedSite }), () => false],
  ['minConfidence', () => ({ minConfidence: 0.5 }), (row) => row.confidence >= 0.5],
  ['search in file names', () => ({ search: 'sMEAR_1' }), (row) => row.fileName === 'Smear_1.png'],
  [
    'search in file names and cases',
    () => ({ search: ' Case 2 ' }),
    (row) => row.fileName === 'of case 2.png' || row.caseReference === 'case 2',
  ],
  ['qualityWarning', () => ({ qualityWarning: 'BLURRED' }), (row) => row.qualityWarnings.includes('BLURRED')],
  [
    'bulkClassificationId',
    () => ({ bulkClassificationId: bulkIds[0] ?? null }),
    (row) => row.bulkId === bulkIds[0],
  ],
  ['maxConfidence', () => ({ maxConfidence: 0.5 }), (row) => row.confidence <= 0.5],
];
/** All pairs of filters on different fields. */
function pairs(): [string, PredictionFilter, (row: Row) => boolean][] {
  return single.flatMap(([name, filter, matches], index) =>
    single
      .slice(index + 1)
      .filter(([, other]) => Object.keys(other()).every((key) => !(key in filter())))
      .filter(([, other]) => !(filter().reviewed === false && other().verdict)) // is refused
      .map(([otherName, other, otherMatches]): ReturnType<typeof pairs>[number] => [
        `${name}, ${otherName}`,
        Object.assign({}, filter(), other()),
        (row) => matches(row) && otherMatches(row),
      ]),
  );
}
const filters: typeof single = [
  ['nothing', () => ({}), () => true],
  ...single,
  [
    'all of them',
    () => ({
      createdAfter: at(10),
      createdBefore: at(190),
      modelName: 'one',
      label: 'blast',
      outcome: PredictionOutcome.CLASSIFIED,
      reviewed: false,
      minConfidence: 0.1,
      maxConfidence: 0.95,
    }),
    (row) =>
      row.createdAt >= at(10) &&
      row.createdAt < at(190) &&
      row.modelName === 'one' &&
      row.label === 'blast' &&
      row.outcome === 'CLASSIFIED' &&
      !row.reviewed &&
      row.confidence >= 0.1 &&
      row.confidence <= 0.95,
  ],
  [
    'search, qualityWarning and bulkClassificationId',
    () => ({ search: 'SMEAR', qualityWarning: 'BLURRED', bulkClassificationId: bulkIds[0] ?? null }),
    (row) =>
      (row.fileName?.toLowerCase().includes('smear') ?? false) &&
      row.qualityWarnings.includes('BLURRED') &&
      row.bulkId === bulkIds[0],
  ],
];
const at = (index: number) => new Date(BEGIN + index * HOUR);

const byId = (a: Row, b: Row) => (a.id < b.id ? -1 : 1);
const byTime = (a: Row, b: Row) => a.createdAt.getTime() - b.createdAt.getTime() || byId(a, b);
const orders: [keyof typeof PredictionOrder, (a: Row, b: Row) => number][] = [
  ['NEWEST_FIRST', (a, b) => -byTime(a, b)],
  ['OLDEST_FIRST', byTime],
  ['LEAST_CONFIDENT_FIRST', (a, b) => a.confidence - b.confidence || byId(a, b)],
];
const matrix = filters.flatMap(([name, filter, matches]) =>
  orders.map(([order, compare]) => ({ name, filter, matches, order, compare })),
);

test.each(matrix)(
  '$name, $order: the same rows as a filter in JavaScript, page by page in both directions',
  async (one) => {
    const { filter, matches, order, compare } = one;
    const expected = rows
      .filter(matches)
      .sort(compare)
      .map(({ id }) => id);
    const size = 37;

    const forward: string[] = [];
    let after: string | null = null;
    for (;;) {
      const { edges, pageInfo, totalCount, totalCountIsEstimate } = await page({
        first: size,
        after,
        filter: filter(),
        order,
      });
      expect({ totalCount, totalCountIsEstimate }).toEqual({
        totalCount: expected.length,
        totalCountIsEstimate: false,
      });
      forward.push(...idsOf({ edges }));
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      expect(pageInfo.hasNextPage).toBe(forward.length < expected.length);
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    expect(forward).toEqual(expected);

    const backward: string[] = [];
    let before: string | null = null;
    for (;;) {
      const { edges, pageInfo } = await page({ last: size, before, filter: filter(), order });
      backward.unshift(...idsOf({ edges }));
      if (!pageInfo.hasPreviousPage) break;
      before = pageInfo.startCursor;
    }
    expect(backward).toEqual(expected);
  },
);

/** Viewers who see some of the sites, and what they see. */
const limits = [
  ['one site', () => siteIds.slice(0, 1)],
  ['two sites', () => siteIds.slice(1)],
  ['no site', () => []],
] as const;

test.each(limits)('a user who is limited to %s sees only their predictions', async (_, sites) => {
  const as = { ...viewer, siteIds: sites(), seesAllSites: false };
  for (const [name, filter, matches] of filters) {
    const { siteId, bulkClassificationId } = filter();
    const named = bulkClassificationId == null ? siteId : siteIds[bulkIds.indexOf(bulkClassificationId)];
    if (named != null && !as.siteIds.includes(named)) {
      expect(await refusal({ filter: filter() }, as)).toMatchObject([{ code: 'NOT_FOUND' }]);
      continue;
    }
    for (const [order, compare] of orders) {
      const expected = rows
        .filter((row) => matches(row) && row.siteId !== null && as.siteIds.includes(row.siteId))
        .sort(compare);
      const half = Math.floor(expected.length / 2);
      const first = await page({ first: 200, filter: filter(), order }, as);
      expect([name, order, idsOf(first)]).toEqual([name, order, expected.map(({ id }) => id)]);
      expect([name, first.totalCount]).toEqual([name, expected.length]);
      if (half === 0) continue;
      const after = first.edges[half - 1].cursor;
      const rest = await page({ first: 200, after, filter: filter(), order }, as);
      expect(idsOf(rest)).toEqual(expected.slice(half).map(({ id }) => id));
    }
  }
});

const ways = [
  ['with the range sorted', { probed: 1, few: COUNT }],
  ['with the order followed', { probed: 1, few: 0 }],
  ['with the order followed where the probe fills the page', { probed: COUNT, few: 2 }],
] as const;

/** Filters that are refused without a query. */
function isImpossible({ createdAfter, createdBefore }: PredictionFilter): boolean {
  return createdAfter != null && createdBefore != null && createdAfter >= createdBefore;
}

test.each(ways)(
  'all pairs of filters in every order: the same rows as filters in JavaScript, %s',
  async (_, limits) => {
    const { database } = services;
    for (const [name, filter, matches] of pairs()) {
      if (isImpossible(filter)) continue;
      const conditions = await conditionsOf(database, filter, viewer);
      const expectedCount = rows.filter(matches).length;
      for (const [order, compare] of orders) {
        const expected = rows.filter(matches).sort(compare);
        const half = expected[Math.floor(expected.length / 2)];
        const cursor = half ? cursorAt(half, PredictionOrder[order]) : null;
        const ids = async (backward: boolean) => {
          const statement = pageStatement(
            conditions,
            { size: 6, backward, cursor },
            PredictionOrder[order],
            limits,
          );
          return (await database.$queryRaw<{ id: string }[]>(statement)).map(({ id }) => id);
        };
        const middle = half ? expected.indexOf(half) : 0;
        const idsFrom = (found: Row[]) => found.slice(0, 7).map(({ id }) => id);
        expect({ name, order, forward: await ids(false), backward: await ids(true) }).toEqual({
          name,
          order,
          forward: idsFrom(expected.slice(middle + 1)),
          backward: idsFrom(expected.slice(0, middle).reverse()),
        });
      }
      expect({ name, ...(await countPredictions(database, conditions)) }).toEqual({
        name,
        count: expectedCount,
        isEstimate: false,
      });
    }
  },
);

test('new predictions do not shift pages', async () => {
  const first = await page({ first: 10 });
  const [row] = rows;
  const later = { id: idAt(at(0), 9999), createdAt: at(COUNT + 1) };
  await services.database.$executeRaw`
    INSERT INTO "Prediction" SELECT (jsonb_populate_record(p, ${JSON.stringify(later)}::jsonb)).*
    FROM "Prediction" p WHERE id = ${row?.id}`;
  const second = await page({ first: 10, after: first.pageInfo.endCursor });
  const erasure = newId('aud');
  await services.database.$transaction([
    services.database.auditEvent.create({ data: { id: erasure, action: 'CASE_ERASED', outcome: 'success' } }),
    services.database.$executeRaw`SELECT set_config('cytograph.erasure', ${erasure}, true)`,
    services.database.$executeRaw`DELETE FROM "Prediction" WHERE id = ${later.id}`,
  ]);
  const newest = [...rows].sort((a, b) => -byTime(a, b)).map(({ id }) => id);
  expect([...idsOf(first), ...idsOf(second)]).toEqual(newest.slice(0, 20));
});

test('impossible arguments are refused', async () => {
  const cursor = (await page({ first: 1 })).pageInfo.endCursor;
  const [{ id } = { id: '' }] = rows;
  const foreign = [
    [id],
    ['2026-01-01T00:00:00.000Z', 'pred_1'],
    ['2026-02-31T00:00:00.000Z', id],
    [0.5, id],
  ].map((key) => Buffer.from(JSON.stringify(key)).toString('base64url'));
  for (const variables of [
    { first: 0 },
    { first: 201 },
    { first: 1, last: 1 },
    { first: 1, before: cursor },
    { after: 'nonsense' },
    ...foreign.map((after) => ({ after })),
    { after: cursor, order: 'LEAST_CONFIDENT_FIRST' },
    { filter: { minConfidence: 0.9, maxConfidence: 0.1 } },
    { filter: { createdAfter: at(2), createdBefore: at(1) } },
    { filter: { reviewed: false, verdict: 'LABEL' } },
    { filter: { caseReference: 'a\u0000' } },
    { filter: { modelVersionId: '\u0000' } },
    { filter: { label: '\ud800' } },
    { filter: { search: 'a\u0000b' } },
    { filter: { bulkClassificationId: newId('mver') } },
  ]) {
    expect({ variables, errors: await refusal(variables) }).toMatchObject({
      errors: [{ code: 'BAD_USER_INPUT' }],
    });
  }
});

test.each([
  ['label', { label: 'lymphoma' }, "There is no model version with the class 'lymphoma'."],
  ['model', { modelName: 'none' }, "There is no model 'none'."],
  ['version', { modelVersionId: newId('mver') }, /^There is no model version 'mver_/],
  ['user', { createdById: newId('user') }, /^There is no user 'user_/],
  ['bulk classification', { bulkClassificationId: newId('bulk') }, /^There is no bulk classification 'bulk_/],
  ['site', { siteId: newId('site') }, /^There is no site 'site_.* that you see/],
])('a filter with a %s that does not exist is refused', async (_what, filter, message) => {
  expect(await refusal({ filter })).toEqual([{ code: 'NOT_FOUND', message: expect.stringMatching(message) }]);
});

test.each([
  ['a', /^'(filter\.)?search' must have 2 to 200 characters, without the white space around it, not 1\.$/],
  [' b ', /not 1\.$/],
  ['', /not 0\.$/],
  ['\u{1F52C}', /not 1\.$/],
  ['a'.repeat(201), /not 201\.$/],
])('a search for %j is refused', async (search, message) => {
  expect(await refusal({ filter: { search } })).toEqual([
    { code: 'BAD_USER_INPUT', message: expect.stringMatching(message) },
  ]);
});

test('a warning code that does not exist is refused with the codes that do', async () => {
  for (const qualityWarning of ['blurred', 'DUSTY', '']) {
    expect(await refusal({ filter: { qualityWarning } })).toEqual([
      {
        ...{ code: 'BAD_USER_INPUT' },
        message: expect.stringMatching(
          /must be one of these: BLURRED, .*, COLOUR_SPACE_UNKNOWN, .*\. '.*' is none/,
        ),
      },
    ]);
  }
});

test('a search takes every character as it is, except that capitals and the form of accents do not matter', async () => {
  const names = ['100%.png', '100 x.png', 'a_b.png', 'a-b.png', String.raw`c\d.png`, 'cd.png'];
  names.push('Käse.png', 'KA\u0308SE.png', 'Kase.png', '\u{1F52C}\u{1F52C}.png', `${'long'.repeat(50)}.png`);
  const [row] = rows;
  const ids = names.map((_, index) => idAt(at(0), 20_000 + index));
  for (const [index, fileName] of names.entries()) {
    const changed = { id: ids[index], fileName, caseReference: null };
    await services.database.$executeRaw`
      INSERT INTO "Prediction" SELECT (jsonb_populate_record(p, ${JSON.stringify(changed)}::jsonb)).*
      FROM "Prediction" p WHERE id = ${row?.id}`;
  }
  const found = async (search: string) => {
    const { edges, totalCount } = await page({ first: 200, filter: { search } });
    expect(totalCount).toBe(edges.length);
    return names.filter((_, index) => idsOf({ edges }).includes(ids[index] ?? ''));
  };
  expect(await found('0%')).toEqual(['100%.png']);
  expect(await found('%.')).toEqual(['100%.png']);
  expect(await found('A_B')).toEqual(['a_b.png']);
  expect(await found('__')).toEqual([]);
  expect(await found('%%')).toEqual([]);
  expect(await found('C\\')).toEqual([String.raw`c\d.png`]);
  expect(await found('\\\\')).toEqual([]);
  expect(await found("' OR TRUE --")).toEqual([]);
  expect(await found('KÄS')).toEqual(['Käse.png', 'KA\u0308SE.png']);
  expect(await found('ka\u0308s')).toEqual(['Käse.png', 'KA\u0308SE.png']);
  expect(await found('\u{1F52C}\u{1F52C}')).toEqual(['\u{1F52C}\u{1F52C}.png']);
  expect(await found('LONG'.repeat(50))).toEqual([`${'long'.repeat(50)}.png`]);
  const erasure = newId('aud');
  await services.database.$transaction([
    services.database.auditEvent.create({ data: { id: erasure, action: 'CASE_ERASED', outcome: 'success' } }),
    services.database.$executeRaw`SELECT set_config('cytograph.erasure', ${erasure}, true)`,
    services.database.$executeRaw`DELETE FROM "Prediction" WHERE id = ANY(${ids}::text[])`,
  ]);
});

test('a search is recorded as a search for a case, without its text', async () => {
  const searcher = await services.createViewer(Role.CLINICIAN);
  const searched = async (search: string) => {
    await page({ first: 1, filter: { search } }, searcher);
    await services.accesses.flush();
    return services.database.auditEvent.findFirstOrThrow({
      where: { actorId: searcher.id },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    });
  };
  const part = await searched('Smear_1');
  expect(part).toMatchObject({ action: 'CASE_SEARCHED', casePseudonym: null });
  expect(JSON.stringify(part).toLowerCase()).not.toContain('smear');
  const whole = await searched(' case 2');
  expect(whole).toMatchObject({
    action: 'CASE_SEARCHED',
    casePseudonym: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(JSON.stringify(whole)).not.toContain('case 2');
});

test('reading the history requires signing in', async () => {
  expect((await services.execute(pageQuery, {})).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  const [row] = rows;
  const one = await services.execute(`query ($id: ID!) { prediction(id: $id) { id } }`, { id: row?.id });
  expect(one.errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
});

test('the number of queries does not depend on the page size', async () => {
  const document = `query ($first: Int) { predictions(first: $first) { totalCount totalCountIsEstimate edges { node {
    id finalLabel probabilities { label } image { url } createdBy { displayName } reviews { label reviewer { id } }
    modelVersion { version aliases model { name champion { id } } }
  } } } }`;
  const queries = async (first: number) => {
    let count = 0;
    const counted = services.database.$extends({
      query: {
        $allOperations: ({ args, query }) => {
          count++;
          return query(args);
        },
      },
    });
    const contextValue = { ...services.contextOf(viewer), database: counted };
    const answer = await graphql({
      schema: services.schema,
      source: document,
      variableValues: { first },
      contextValue,
    });
    expect(answer.errors).toBeUndefined();
    return count;
  };
  const few = await queries(3);
  expect(few).toBeLessThan(12);
  expect(await queries(150)).toBe(few);
});

test('the newest label gives the final label, and the newest review the final verdict', async () => {
  const document = `{ predictions(first: 200) { edges { node {
    id label finalLabel finalVerdict reviews { label verdict }
  } } } }`;
  const { data } = await services.execute(document, {}, viewer);
  for (const { node } of data.predictions.edges) {
    const labels = node.reviews.filter(({ verdict }: { verdict: string }) => verdict === 'LABEL');
    expect(node.finalLabel).toBe(labels.at(-1)?.label ?? node.label);
    expect(node.finalVerdict).toBe(rows.find(({ id }) => id === node.id)?.verdict);
  }
});

test('above the limit the count is an estimate, never below the number already counted', async () => {
  // Only the owner of a table may analyse it.
  await services.ownerDatabase.$executeRaw`ANALYZE "Prediction"`;
  const everything = await conditionsOf(services.database, {}, viewer);
  expect(await countPredictions(services.database, everything, COUNT)).toEqual({
    count: COUNT,
    isEstimate: false,
  });
  const { count, isEstimate } = await countPredictions(services.database, everything, 50);
  expect(isEstimate).toBe(true);
  expect(count).toBe(COUNT);
});
