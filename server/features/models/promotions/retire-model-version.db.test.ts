import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { UserErrorException } from '../../../api/user-error.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { PromotionPolicy } from '../../../promotion-policy.js';
import { LENIENT_POLICY } from '../../../promotion-policy-testing.js';
import { createSnapshot } from '../../datasets/testing.js';
import { approvePromotion, approveRetirement } from './approve-promotion.js';
import { promoteModelVersion } from './promote-model-version.js';
import { retireModelVersion } from './retire-model-version.js';
import { rollbackModel } from './rollback-model.js';
import { recordEvaluation, registerRandomChampion, registerRandomVersion } from '../testing.js';

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

/** Retires a champion as administrator under a policy. Returns the promotion, or the user errors. */
async function retireUnder(policy: object, input: { modelVersionId: string; successorId?: string }) {
  const context = {
    ...services.contextOf(admin),
    config: { ...services.config, promotionPolicy: PromotionPolicy.parse({ ...LENIENT_POLICY, ...policy }) },
  };
  try {
    return (await retireModelVersion(context, { alias: 'CHAMPION', reason, ...input })).promotion;
  } catch (error) {
    if (!(error instanceof UserErrorException)) throw error;
    return error.errors;
  }
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

test('an administrator retires a champion, the model no longer answers, and a rollback brings it back', async () => {
  const modelName = newModel();
  const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName });
  const { promotion, userErrors } = await retire(id, {}, admin);
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
  expect(await eventsOf(id, 'MODEL_VERSION_RETIRED')).toMatchObject([{ actorId: admin.id }]);

  const { promotion: rolledBack } = await rollbackModel(services.contextOf(engineer), { modelName, reason });
  expect(rolledBack).toMatchObject({ kind: 'ROLLBACK', fromVersionId: null, toVersionId: id });
  expect(services.served.champion(modelName)?.id).toBe(id);
});

test('only an administrator retires a champion without a successor', async () => {
  const modelName = newModel();
  const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName });
  expect((await retire(id)).userErrors).toMatchObject([
    {
      code: 'FORBIDDEN',
      field: ['input', 'successorId'],
      message: expect.stringContaining('Name a successor'),
    },
  ]);
  expect(services.served.champion(modelName)?.id).toBe(id);
});

test('a champion is retired with a successor, which passes its gates in the same transaction', async () => {
  const modelName = newModel();
  const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const { id: successorId } = await registerRandomVersion(services, { modelName, seed: 2 });
  const refused = await retireUnder({ minSensitivity: 0.99 }, { modelVersionId: id, successorId });
  expect(refused).toMatchObject([
    { code: 'GATE_FAILED', field: ['input', 'successorId'], message: expect.stringContaining('sensitivity') },
  ]);
  expect(services.served.champion(modelName)?.id).toBe(id);
  expect(await eventsOf(id, 'MODEL_VERSION_RETIRED')).toEqual([]);

  const { promotion } = await retire(id, { successorId });
  expect(promotion).toMatchObject({ kind: 'PROMOTION', from: { id, aliases: [] }, to: { id: successorId } });
  expect(services.served.champion(modelName)?.id).toBe(successorId);
  expect(await eventsOf(id, 'MODEL_VERSION_RETIRED')).toHaveLength(1);
  expect(await eventsOf(successorId, 'MODEL_VERSION_PROMOTED')).toHaveLength(1);
});

test('the successor is another READY version of the same model', async () => {
  const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName: newModel() });
  const other = await registerRandomVersion(services, { modelName: newModel() });
  const field = ['input', 'successorId'];
  expect((await retire(id, { successorId: other.id })).userErrors).toMatchObject([
    { code: 'INVALID', field },
  ]);
  expect((await retire(id, { successorId: id })).userErrors).toMatchObject([{ code: 'CONFLICT', field }]);
  expect((await retire(id, { successorId: `mver_${'0'.repeat(32)}` })).userErrors).toMatchObject([
    { code: 'NOT_FOUND', field },
  ]);
});

describe('where the policy requires a second person', () => {
  const policy = { approval: 'second-person' };

  test('a champion is retired without a successor only after another person has approved it', async () => {
    const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName: newModel() });
    const input = { modelVersionId: id };
    expect(await retireUnder(policy, input)).toMatchObject([
      { code: 'GATE_FAILED', message: expect.stringContaining('approve the retirement') },
    ]);
    await approveRetirement(services.contextOf(admin), { modelVersionId: id, comment: reason });
    expect(await retireUnder(policy, input)).toMatchObject([
      { message: expect.stringContaining('The only approval is your own') },
    ]);
    const { approval } = await approveRetirement(services.contextOf(engineer), {
      modelVersionId: id,
      comment: reason,
    });
    expect(approval).toMatchObject({ kind: 'RETIREMENT', isStanding: true });
    expect(await retireUnder(policy, input)).toMatchObject({
      kind: 'RETIREMENT',
      approvalId: approval?.id,
      approvedById: engineer.id,
      gateResults: [{ gate: 'approval', passed: true }],
    });
  });

  test('an approval to retire a champion does not approve its promotion, and the other way round', async () => {
    const modelName = newModel();
    const champion = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
    const other = await registerRandomVersion(services, { modelName, seed: 2 });
    const by = services.contextOf(engineer);
    await expect(approveRetirement(by, { modelVersionId: other.id, comment: reason })).rejects.toThrow(
      'Version 2 of ' + modelName + ' is not the champion.',
    );
    await expect(approvePromotion(by, { modelVersionId: champion.id, comment: reason })).rejects.toThrow(
      'is already the champion',
    );
    await approvePromotion(by, { modelVersionId: other.id, comment: reason });
    expect(await retireUnder(policy, { modelVersionId: champion.id })).toMatchObject([
      { code: 'GATE_FAILED', message: expect.stringContaining('No one has approved it.') },
    ]);
  });
});

test('after a retirement, the candidate is compared with the last champion', async () => {
  const modelName = newModel();
  const good = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const poor = await registerRandomVersion(services, { modelName, seed: 2 });
  const snapshot = await createSnapshot(services.database, []);
  const auc = (estimate: number) => ({ auc: { estimate, lower: estimate - 0.01, upper: estimate + 0.001 } });
  await recordEvaluation(services.database, good.id, snapshot.id, auc(0.999));
  await recordEvaluation(services.database, poor.id, snapshot.id, auc(0.49));
  await retire(good.id, {}, admin);

  const promotion = promoteModelVersion(services.contextOf(engineer), {
    modelVersionId: poor.id,
    alias: 'CHAMPION',
    reason,
  });
  await expect(promotion).rejects.toThrow(
    /Gate 'auc': .* is 0\.480, compared with 0\.989 for the last champion, version 1\./,
  );
  expect(services.served.champion(modelName)).toBeNull();
});

test('a rollback after a retirement goes to the last champion that is READY', async () => {
  const modelName = newModel();
  const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const second = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 2 });
  await retire(second.id, {}, admin);
  await archive(second.id);
  const input = { modelName, reason };
  const { promotion } = await rollbackModel(services.contextOf(engineer), input);
  expect(promotion.toVersionId).toBe(first.id);
  await retire(first.id, {}, admin);
  await archive(first.id);
  await expect(rollbackModel(services.contextOf(engineer), input)).rejects.toThrow(
    'All earlier champions of ' + modelName + ' are archived. Promote a ready version instead.',
  );
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
  expect((await retire(`mver_${'0'.repeat(32)}`)).userErrors).toMatchObject([{ code: 'NOT_FOUND', field }]);
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
  await retire(id, {}, admin);
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
