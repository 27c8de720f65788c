import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { promoteModelVersion } from './promote-model-version.js';
import { registerRandomChampion, registerRandomVersion } from '../testing.js';

let services: TestServices;
let engineer: Viewer;
let models = 0;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
});
afterAll(() => services.close());

const newModel = () => `retired-${++models}`;
const reason = 'A test takes it away';

async function retire(modelVersionId: string, more: Record<string, unknown> = {}, viewer = engineer) {
  const { data, errors } = await services.execute(
    `mutation ($input: RetireModelVersionInput!) { retireModelVersion(input: $input) {
      promotion { kind alias from { id aliases } to { id } reason overridden model { champion { id } challenger { id } } }
      userErrors { code field message } } }`,
    { input: { modelVersionId, alias: 'CHAMPION', reason, ...more } },
    viewer,
  );
  return { ...data?.retireModelVersion, errors };
}

async function archive(modelVersionId: string, more: Record<string, unknown> = {}, viewer = engineer) {
  const { data, errors } = await services.execute(
    `mutation ($input: ArchiveModelVersionInput!) { archiveModelVersion(input: $input) {
      modelVersion { id status } userErrors { code field message } } }`,
    { input: { modelVersionId, reason, ...more } },
    viewer,
  );
  return { ...data?.archiveModelVersion, errors };
}

const eventsOf = (entityId: string, action: string) =>
  services.database.auditEvent.findMany({ where: { entityId, action, outcome: 'success' } });

test('a champion is retired, and the model no longer answers', async () => {
  const modelName = newModel();
  const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName });
  const { promotion, userErrors } = await retire(id);
  expect(userErrors).toEqual([]);
  expect(promotion).toEqual({
    kind: 'RETIREMENT',
    alias: 'CHAMPION',
    from: { id, aliases: [] },
    to: null,
    reason,
    overridden: [],
    model: { champion: null, challenger: null },
  });
  expect(services.served.champion(modelName)).toBeNull();
  expect(await eventsOf(id, 'MODEL_VERSION_RETIRED')).toMatchObject([{ actorId: engineer.id }]);

  const { data } = await services.execute(
    `mutation ($input: RollbackModelInput!) { rollbackModel(input: $input) { userErrors { code message } } }`,
    { input: { modelName, reason } },
    engineer,
  );
  expect(data.rollbackModel.userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('has no champion now') },
  ]);
  await promoteModelVersion(services.contextOf(engineer), { modelVersionId: id, alias: 'CHAMPION', reason });
  expect(services.served.champion(modelName)?.id).toBe(id);
});

test('a challenger is retired, and the champion continues to answer', async () => {
  const modelName = newModel();
  const champion = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const { id } = await registerRandomVersion(services, { modelName, seed: 2 });
  await promoteModelVersion(services.contextOf(engineer), {
    modelVersionId: id,
    alias: 'CHALLENGER',
    reason,
  });
  expect((await retire(id, { alias: 'CHALLENGER' })).promotion).toMatchObject({
    alias: 'CHALLENGER',
    model: { champion: { id: champion.id }, challenger: null },
  });
});

test('a version cannot be retired from an alias that it does not have', async () => {
  const modelName = newModel();
  const champion = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const other = await registerRandomVersion(services, { modelName, seed: 2 });
  const field = ['input', 'modelVersionId'];
  expect((await retire(other.id)).userErrors).toMatchObject([{ code: 'CONFLICT', field }]);
  expect((await retire(champion.id, { alias: 'CHALLENGER' })).userErrors).toMatchObject([
    { code: 'CONFLICT' },
  ]);
  expect((await retire('mver_0')).userErrors).toMatchObject([{ code: 'NOT_FOUND', field }]);
  expect((await retire(champion.id, { reason: 'so' })).userErrors).toMatchObject([{ code: 'INVALID' }]);
  const clinician = await services.createViewer(Role.CLINICIAN);
  expect((await retire(champion.id, {}, clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  expect(services.served.champion(modelName)?.id).toBe(champion.id);
});

test('a version without an alias can be archived, and is then unusable', async () => {
  const modelName = newModel();
  const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName });
  expect(await archive(id)).toMatchObject({
    modelVersion: null,
    userErrors: [{ code: 'CONFLICT', message: expect.stringContaining('is the champion') }],
  });
  await retire(id);
  expect(await archive(id)).toMatchObject({ modelVersion: { id, status: 'ARCHIVED' }, userErrors: [] });
  expect(await eventsOf(id, 'MODEL_VERSION_ARCHIVED')).toMatchObject([{ actorId: engineer.id }]);
  expect((await archive(id)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  const again = promoteModelVersion(services.contextOf(engineer), {
    modelVersionId: id,
    alias: 'CHAMPION',
    reason,
  });
  await expect(again).rejects.toThrow('The version is archived');
});

test('a version cannot be archived while it answers on a server where the champion does not load', async () => {
  const { id, modelId } = await registerRandomVersion(services, { modelName: newModel() });
  const replica = { replicaId: newId('repl'), modelId };
  await services.database.replicaState.create({
    data: { ...replica, name: 'host-7/42', servedVersionId: id, error: 'model.onnx is missing.' },
  });
  expect((await archive(id)).userErrors).toMatchObject([
    {
      code: 'CONFLICT',
      message: expect.stringMatching(/still answers on host-7\/42, because .*: model\.onnx is missing\./),
    },
  ]);
  const where = { replicaId_modelId: replica };
  await services.database.replicaState.update({ where, data: { servedVersionId: null, error: null } });
  expect(await archive(id)).toMatchObject({ modelVersion: { status: 'ARCHIVED' }, userErrors: [] });
});

test('viewers who may not promote models cannot archive versions', async () => {
  const { id } = await registerRandomVersion(services, { modelName: newModel() });
  const auditor = await services.createViewer(Role.AUDITOR);
  expect((await archive(id, {}, auditor)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  expect((await archive(id, { reason: '' })).userErrors).toMatchObject([{ code: 'INVALID' }]);
});
