import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { promoteModelVersion } from './promote-model-version.js';
import { retireModelVersion } from './retire-model-version.js';
import { rollbackModel } from './rollback-model.js';
import { registerRandomVersion } from '../testing.js';

let services: TestServices;
let engineer: Viewer;
let admin: Viewer;
let models = 0;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
  admin = await services.createViewer(Role.ADMIN);
});
afterAll(() => services.close());

const reason = 'A test changes it';

async function championAt(modelName: string, at: Date): Promise<string | null> {
  const { data, errors } = await services.execute(
    `query ($modelName: String!, $at: DateTime!) { championAt(modelName: $modelName, at: $at) { id } }`,
    { modelName, at },
    engineer,
  );
  expect(errors).toEqual([]);
  return data.championAt?.id ?? null;
}

/** The current champion according to the alias table, which is independent of the promotion history. */
async function live(modelId: string): Promise<string | null> {
  const where = { modelId_alias: { modelId, alias: 'CHAMPION' as const } };
  return (await services.database.modelAliasAssignment.findUnique({ where }))?.modelVersionId ?? null;
}

test('the promotion history gives the champion at any time', async () => {
  const modelName = `history-${++models}`;
  const context = () => services.contextOf(engineer);
  const versions: { id: string; modelId: string }[] = [];
  for (const seed of [1, 2, 3]) versions.push(await registerRandomVersion(services, { modelName, seed }));
  const [one = '', two = '', three = ''] = versions.map(({ id }) => id);
  const modelId = versions[0]?.modelId ?? '';
  const promote = (modelVersionId: string, alias: 'CHAMPION' | 'CHALLENGER' = 'CHAMPION') =>
    promoteModelVersion(context(), { modelVersionId, alias, reason });

  const changes = [
    () => promote(one),
    () => promote(two),
    () => promote(three, 'CHALLENGER'), // does not affect the champion
    () => promote(three), // also removes its CHALLENGER alias
    () => rollbackModel(context(), { modelName, reason }),
    () => retireModelVersion(services.contextOf(admin), { modelVersionId: two, alias: 'CHAMPION', reason }),
    () => promote(one),
  ];
  const observed: { at: Date; champion: string | null }[] = [];
  for (const change of changes) {
    const { promotion } = await change();
    observed.push({ at: promotion.createdAt, champion: await live(modelId) });
  }
  expect(observed.map(({ champion }) => champion)).toEqual([one, two, two, three, two, null, one]);

  let before: string | null = null;
  for (const { at, champion } of observed) {
    expect(await championAt(modelName, new Date(at.getTime() - 1))).toBe(before);
    expect(await championAt(modelName, at)).toBe(champion);
    before = champion;
  }
  expect(await championAt(modelName, new Date(0))).toBeNull();
  expect(await championAt(modelName, new Date('2100-01-01'))).toBe(one);
});

test('a model that does not exist is refused, and so are strangers', async () => {
  for (const modelName of ['no-such-model', ' ']) {
    const { errors } = await services.execute(
      'query ($modelName: String!) { championAt(modelName: $modelName, at: "2026-01-01T00:00:00Z") { id } }',
      { modelName },
      engineer,
    );
    expect(errors).toMatchObject([{ code: 'NOT_FOUND' }]);
  }
  const { errors } = await services.execute(
    `query { championAt(modelName: "x", at: "2026-01-01T00:00:00Z") { id } }`,
  );
  expect(errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
});
