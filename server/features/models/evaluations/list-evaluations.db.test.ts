import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { createSnapshot } from '../../datasets/testing.js';
import { registerRandomVersion } from '../testing.js';

let services: TestServices;
let auditor: Viewer;
/** Two versions of one model, and one of another. */
let versions: string[];
let snapshots: string[];
/** For each version and each snapshot one that FAILED and then one that is QUEUED; oldest first. */
let all: { id: string; version: string; snapshot: string; status: string }[];

beforeAll(async () => {
  services = await openTestServices();
  auditor = await services.createViewer(Role.AUDITOR);
  const register = async (modelName: string, seed: number) =>
    (await registerRandomVersion(services, { modelName, seed })).id;
  versions = [await register('one', 1), await register('one', 2), await register('two', 3)];
  const snapshot = async (image: string) => (await createSnapshot(services.database, [{ image }])).id;
  snapshots = [await snapshot('a'), await snapshot('b')];
  all = versions.flatMap((version) =>
    snapshots.flatMap((snapshot) =>
      ['FAILED', 'QUEUED'].map((status) => ({ id: newId('eval'), version, snapshot, status })),
    ),
  );
  await services.database.evaluation.createMany({
    data: all.map(({ id, version, snapshot, status }, index) => ({
      ...{ id, status: status as 'FAILED', modelVersionId: version, datasetSnapshotId: snapshot },
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
    })),
  });
});
afterAll(() => services.close());

async function list(args: string, viewer: Viewer | null = auditor) {
  const { data, errors } = await services.execute(
    `{ evaluations${args} { totalCount edges { node { id } } pageInfo { startCursor endCursor } } }`,
    {},
    viewer,
  );
  const connection = data?.evaluations;
  return { ...connection, ids: connection?.edges.map(({ node }: any) => node.id), errors };
}

/** The ids of the evaluations that a test expects, newest first. */
const idsOf = (isWanted: (evaluation: (typeof all)[number]) => boolean) =>
  all
    .filter(isWanted)
    .map(({ id }) => id)
    .reverse();

test('lists evaluations by model, version, snapshot and status, newest first, with their number', async () => {
  const [first = '', , third = ''] = versions;
  const [a = '', b = ''] = snapshots;
  const cases: [args: string, ids: string[]][] = [
    ['', idsOf(() => true)],
    ['(modelName: "one")', idsOf(({ version }) => version !== third)],
    [`(modelVersionId: "${first}")`, idsOf(({ version }) => version === first)],
    [`(datasetSnapshotId: "${b}")`, idsOf(({ snapshot }) => snapshot === b)],
    ['(status: QUEUED)', idsOf(({ status }) => status === 'QUEUED')],
    ['(status: SUCCEEDED)', []],
    [`(modelName: "two", modelVersionId: "${first}")`, []],
    [
      `(modelName: "one", datasetSnapshotId: "${a}", status: FAILED)`,
      idsOf(({ version, snapshot, status }) => version !== third && snapshot === a && status === 'FAILED'),
    ],
  ];
  for (const [args, ids] of cases) {
    const found = await list(args);
    expect([args, found.errors, found.ids, found.totalCount]).toEqual([args, [], ids, ids.length]);
  }
});

test.each([
  ['forward', 'first', 'after', 'endCursor'],
  ['backward', 'last', 'before', 'startCursor'],
])('pages %s through what the filter finds', async (direction, size, from, next) => {
  const wanted = idsOf(({ status }) => status === 'QUEUED');
  const found: string[] = [];
  let cursor = '';
  for (let page = 0; page < 3; page++) {
    const { ids, pageInfo, totalCount } = await list(`(status: QUEUED, ${size}: 2${cursor})`);
    expect([ids.length, totalCount]).toEqual([2, wanted.length]);
    if (direction === 'forward') found.push(...ids);
    else found.unshift(...ids);
    cursor = `, ${from}: "${pageInfo[next]}"`;
  }
  expect(found).toEqual(wanted);
  expect((await list(`(status: QUEUED, ${size}: 2${cursor})`)).ids).toEqual([]);
});

test('finds one evaluation by its id', async () => {
  const [{ id, version, snapshot } = { id: '', version: '', snapshot: '' }] = all;
  const find = (wanted: string) =>
    services.execute(
      `{ evaluation(id: "${wanted}") { id status modelVersion { id } datasetSnapshot { id } } }`,
      {},
      auditor,
    );
  expect(await find(id)).toMatchObject({
    data: {
      evaluation: { id, status: 'FAILED', modelVersion: { id: version }, datasetSnapshot: { id: snapshot } },
    },
    errors: [],
  });
  expect(await find(newId('eval'))).toMatchObject({ data: { evaluation: null }, errors: [] });
  expect((await find(version)).errors).toMatchObject([
    { code: 'BAD_USER_INPUT', message: expect.stringContaining('must be the id of an evaluation') },
  ]);
});

test('refuses a filter that can find nothing', async () => {
  const [version = ''] = versions;
  const refusals = [
    ['modelName: "three"', 'NOT_FOUND', "no model 'three'"],
    [`modelVersionId: "mver_${'0'.repeat(32)}"`, 'NOT_FOUND', 'no model version'],
    [`datasetSnapshotId: "snap_${'0'.repeat(32)}"`, 'NOT_FOUND', 'no dataset snapshot'],
    ['modelVersionId: "mver_1"', 'BAD_USER_INPUT', 'must be the id of a model version'],
    [`datasetSnapshotId: "${version}"`, 'BAD_USER_INPUT', 'must be the id of a dataset snapshot'],
  ];
  for (const [argument, code, message] of refusals)
    expect((await list(`(${argument})`)).errors).toMatchObject([
      { code, message: expect.stringContaining(message ?? '') },
    ]);
  expect((await list('', null)).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
});
