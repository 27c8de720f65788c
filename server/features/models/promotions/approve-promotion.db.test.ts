import type { RequestContext, Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { PromotionPolicy } from '../../../promotion-policy.js';
import { LENIENT_POLICY } from '../../../promotion-policy-testing.js';
import { newId } from '../../../database/ids.js';
import { createSnapshot } from '../../datasets/testing.js';
import { changeAlias, recordAliasChange } from './change-alias.js';
import { loadApprovalsOfVersions } from './approvals.js';
import { promoteModelVersion } from './promote-model-version.js';
import { flipAlias, registerRandomVersion } from '../testing.js';

let services: TestServices;
let promoter: Viewer;
let approver: Viewer;
let models = 0;

beforeAll(async () => {
  services = await openTestServices();
  promoter = await services.createViewer(Role.ML_ENGINEER);
  approver = await services.createViewer(Role.ML_ENGINEER);
});
afterAll(() => services.close());

const APPROVE = `mutation ($input: ApprovePromotionInput!) {
  approvePromotion(input: $input) {
    approval { id comment isStanding expiresAt createdAt approvedBy { id } modelVersion { id } promotion { id } }
    userErrors { code field message }
  }
}`;

async function approve(modelVersionId: string, viewer = approver, comment = 'The figures were looked at') {
  const { data, errors } = await services.execute(APPROVE, { input: { modelVersionId, comment } }, viewer);
  return { ...data?.approvePromotion, errors };
}

/** Promotes under a policy that requires a second person. */
function promote({ id }: { id: string }, viewer = promoter) {
  const context: RequestContext = {
    ...services.contextOf(viewer),
    config: {
      ...services.config,
      promotionPolicy: PromotionPolicy.parse({ ...LENIENT_POLICY, approval: 'second-person' }),
    },
  };
  const input = { modelVersionId: id, alias: 'CHAMPION' as const, reason: 'A test promotes it' };
  return promoteModelVersion(context, input);
}

const registerVersions = async (...seeds: number[]) => {
  const modelName = `approved-${++models}`;
  const versions: { id: string; modelId: string; version: number }[] = [];
  for (const seed of seeds) versions.push(await registerRandomVersion(services, { modelName, seed }));
  return versions as [(typeof versions)[0], ...typeof versions];
};

const isStanding = async ({ id }: { id: string }) =>
  (await loadApprovalsOfVersions(services.database, [id])).get(id)?.map((approval) => approval.isStanding);

test('an approval by a second person allows one promotion, which records it', async () => {
  const [version] = await registerVersions(1);
  await expect(promote(version)).rejects.toThrow(
    "Gate 'approval': No one has approved it. Ask another person who may promote models, and who neither trained, fitted nor registered the version, to approve it.",
  );

  const { approval, userErrors } = await approve(version.id);
  expect(userErrors).toEqual([]);
  expect(approval).toMatchObject({
    comment: 'The figures were looked at',
    isStanding: true,
    approvedBy: { id: approver.id },
    modelVersion: { id: version.id },
    promotion: null,
  });
  expect(Date.parse(approval.expiresAt) - Date.parse(approval.createdAt)).toBe(7 * 24 * 60 * 60 * 1000);
  const audit = { where: { action: 'PROMOTION_APPROVED', entityId: version.id, actorId: approver.id } };
  expect(await services.database.auditEvent.count(audit)).toBe(1);

  const { promotion } = await promote(version);
  expect(promotion).toMatchObject({ approvalId: approval.id, approvedById: approver.id });
  expect(promotion.gateResults.at(-1)).toMatchObject({ gate: 'approval', passed: true });

  const { data } = await services.execute(
    `query ($id: ID!, $approval: ID!) {
      modelVersion(id: $id) { approvals { isStanding promotion { id } }
        model { promotions { approvedBy { id } approval { id comment } } } }
      node(id: $approval) { __typename id }
    }`,
    { id: version.id, approval: approval.id },
    promoter,
  );
  expect(data).toEqual({
    modelVersion: {
      approvals: [{ isStanding: false, promotion: { id: promotion.id } }],
      model: {
        promotions: [
          { approvedBy: { id: approver.id }, approval: { id: approval.id, comment: approval.comment } },
        ],
      },
    },
    node: { __typename: 'PromotionApproval', id: approval.id },
  });
});

test('your own approval does not count', async () => {
  const [version] = await registerVersions(1);
  await approve(version.id, promoter);
  await expect(promote(version)).rejects.toThrow('The only approval is your own, which does not count.');
  await expect(promote(version, approver)).resolves.toMatchObject({
    promotion: { approvedById: promoter.id },
  });
});

test('people who trained, fitted or registered a version cannot approve it', async () => {
  const { database } = services;
  const trainer = await services.createViewer(Role.ML_ENGINEER);
  const modelName = `approved-${++models}`;
  const model = await database.model.create({ data: { id: newId('model'), name: modelName } });
  const run = await database.trainingRun.create({
    data: {
      id: newId('run'),
      status: 'SUCCEEDED',
      modelId: model.id,
      datasetSnapshotId: (await createSnapshot(database, [])).id,
      positiveLabel: 'blast',
      parameters: {},
      seed: 1,
      createdById: trainer.id,
    },
  });
  const trained = await registerRandomVersion(services, {
    modelName,
    seed: 1,
    origin: { trainingRunId: run.id, createdById: promoter.id },
  });
  const uploaded = await registerRandomVersion(services, {
    modelName,
    seed: 2,
    origin: { trainedElsewhere: true, createdById: trainer.id },
  });
  const fitter = await services.createViewer(Role.ML_ENGINEER);
  const fitted = await registerRandomVersion(services, {
    modelName,
    seed: 3,
    origin: { createdById: fitter.id },
  });
  await database.fit.create({
    data: {
      ...{ id: newId('fit'), status: 'SUCCEEDED', modelVersionId: trained.id, fittedVersionId: fitted.id },
      ...{ counts: {}, figures: {}, cellsDigest: 'a', createdById: fitter.id },
    },
  });
  const refusal = {
    code: 'FORBIDDEN',
    message: expect.stringContaining('You trained, fitted or registered this version'),
  };
  expect((await approve(trained.id, trainer)).userErrors).toMatchObject([refusal]);
  expect((await approve(trained.id, promoter)).userErrors).toMatchObject([refusal]);
  expect((await approve(uploaded.id, trainer)).userErrors).toMatchObject([refusal]);

  expect((await approve(fitted.id, fitter)).userErrors).toMatchObject([refusal]);

  // An approval that gets into the database in another way does not count either.
  for (const [version, author] of [
    [trained, trainer],
    [fitted, fitter],
  ] as const) {
    const id = newId('appr');
    await database.promotionApproval.create({
      data: { id, modelVersionId: version.id, approvedById: author.id, comment: 'my own' },
    });
    expect(await isStanding(version)).toEqual([false]);
    const recorded = database.$transaction((tx) =>
      recordAliasChange(tx, {
        ...{ kind: 'PROMOTION', alias: 'CHAMPION', model, before: null, toVersionId: version.id },
        ...{ reason: 'A test', requestedById: promoter.id, gateResults: [] },
        approval: { id, approvedById: author.id },
      }),
    );
    await expect(recorded).rejects.toThrow('trained, fitted or registered the version');
  }
  await expect(promote(fitted)).rejects.toThrow('There is no valid approval');
  await expect(promote(trained)).rejects.toThrow('There is no valid approval');
  expect((await approve(trained.id)).userErrors).toEqual([]);
  await expect(promote(trained)).resolves.toMatchObject({ promotion: { approvedById: approver.id } });
});

test('a version that is bundled with Cytograph may be approved by the administrator in whose name it was registered', async () => {
  const bundled = await registerRandomVersion(services, {
    modelName: `approved-${++models}`,
    origin: { createdById: approver.id },
  });
  expect((await approve(bundled.id)).userErrors).toEqual([]);
});

describe('withdrawing an approval', () => {
  const withdraw = async (approvalId: string, viewer: Viewer, reason = 'The figures were wrong') => {
    const { data, errors } = await services.execute(
      `mutation ($input: WithdrawApprovalInput!) { withdrawApproval(input: $input) {
        approval { id isStanding withdrawal { reason withdrawnBy { id } } } userErrors { code field message } } }`,
      { input: { approvalId, reason } },
      viewer,
    );
    return { ...data?.withdrawApproval, errors };
  };

  test('makes it void, and is recorded', async () => {
    const [version] = await registerVersions(1);
    const { approval } = await approve(version.id);
    const { approval: withdrawn, userErrors } = await withdraw(approval.id, approver);
    expect(userErrors).toEqual([]);
    expect(withdrawn).toEqual({
      id: approval.id,
      isStanding: false,
      withdrawal: { reason: 'The figures were wrong', withdrawnBy: { id: approver.id } },
    });
    const where = { action: 'APPROVAL_WITHDRAWN', entityId: version.id, actorId: approver.id };
    expect(await services.database.auditEvent.count({ where })).toBe(1);
    await expect(promote(version)).rejects.toThrow('There is no valid approval: each was used or withdrawn');
    expect((await withdraw(approval.id, approver)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);

    await approve(version.id); // it can be given again
    await expect(promote(version)).resolves.toMatchObject({ promotion: { approvedById: approver.id } });
  });

  test('is possible for its author and for administrators only', async () => {
    const [version] = await registerVersions(1);
    const { approval } = await approve(version.id);
    expect((await withdraw(approval.id, promoter)).userErrors).toMatchObject([{ code: 'FORBIDDEN' }]);
    const clinician = await services.createViewer(Role.CLINICIAN);
    expect((await withdraw(approval.id, clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect((await withdraw(`appr_${'0'.repeat(32)}`, approver)).userErrors).toMatchObject([
      { code: 'NOT_FOUND' },
    ]);
    expect((await withdraw(approval.id, approver, 'no')).userErrors).toMatchObject([{ code: 'INVALID' }]);
    const admin = await services.createViewer(Role.ADMIN);
    expect((await withdraw(approval.id, admin)).approval).toMatchObject({ isStanding: false });
  });

  test('is not possible after the promotion, not even in the database', async () => {
    const [version] = await registerVersions(1);
    const { approval } = await approve(version.id);
    await promote(version);
    expect((await withdraw(approval.id, approver)).userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining('has already been used') },
    ]);
    const data = { approvalId: approval.id, withdrawnById: approver.id, reason: 'too late' };
    await expect(services.database.promotionApprovalWithdrawal.create({ data })).rejects.toThrow(
      'cannot be withdrawn: a promotion has used it',
    );
  });

  test('after the gates were checked refuses the promotion', async () => {
    const [version] = await registerVersions(1);
    const { approval } = await approve(version.id);
    const model = await services.database.model.findUniqueOrThrow({ where: { id: version.modelId } });
    const change = {
      ...{ kind: 'PROMOTION' as const, alias: 'CHAMPION' as const, model, before: null },
      ...{ toVersionId: version.id, reason: 'A test', requestedById: promoter.id, gateResults: [] },
      approval: { id: approval.id, approvedById: approver.id },
    };
    await withdraw(approval.id, approver);
    const changed = changeAlias(services.contextOf(promoter), change, { audit: [], field: ['input'] });
    await expect(changed).rejects.toThrow('it was withdrawn or has expired since you decided');
    const recorded = services.database.$transaction((tx) => recordAliasChange(tx, change));
    await expect(recorded).rejects.toThrow('was withdrawn');
  });
});

test('an approval is recorded even if the policy requires none', async () => {
  const [version] = await registerVersions(1);
  await approve(version.id);
  const input = { modelVersionId: version.id, alias: 'CHAMPION' as const, reason: 'A test promotes it' };
  const { promotion } = await promoteModelVersion(services.contextOf(promoter), input);
  expect(promotion.approvedById).toBe(approver.id);
});

test('an approval is void once the champion has changed, even if it has changed back', async () => {
  const [first, second, third] = await registerVersions(1, 2, 3);
  const flip = (toVersionId = '') =>
    flipAlias(services.database, { modelId: first.modelId, alias: 'CHAMPION', toVersionId });
  await flip(first.id);
  await approve(third?.id ?? '');
  expect(await isStanding(third ?? first)).toEqual([true]);
  await flip(second?.id);
  await flip(first.id);
  expect(await isStanding(third ?? first)).toEqual([false]);
  await expect(promote(third ?? first)).rejects.toThrow('There is no valid approval');
});

test('an approval is void after a week', async () => {
  const [version] = await registerVersions(1);
  await services.database.promotionApproval.create({
    data: {
      id: `appr_${'0'.repeat(31)}1`,
      modelVersionId: version.id,
      approvedById: approver.id,
      comment: 'long ago',
      createdAt: new Date(Date.now() - 7 * 24 * 60 * 60 * 1000 - 1000),
    },
  });
  expect(await isStanding(version)).toEqual([false]);
  await expect(promote(version)).rejects.toThrow('There is no valid approval');
});

test('an approval is void once its author may no longer promote models', async () => {
  const [version] = await registerVersions(1);
  const leaving = await services.createViewer(Role.ADMIN);
  await approve(version.id, leaving);
  const user = { where: { id: leaving.id } };
  await services.database.user.update({ ...user, data: { disabledAt: new Date() } });
  expect(await isStanding(version)).toEqual([false]);
  await services.database.user.update({ ...user, data: { disabledAt: null, roles: [Role.CLINICIAN] } });
  expect(await isStanding(version)).toEqual([false]);
});

test('refuses, with a reason, a version that cannot be approved', async () => {
  const [version, other] = await registerVersions(1, 2);
  const clinician = await services.createViewer(Role.CLINICIAN);
  expect((await approve(version.id, clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  expect((await approve(`mver_${'0'.repeat(32)}`)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await approve(version.id, approver, 'fine')).userErrors).toMatchObject([
    { code: 'INVALID', field: ['input', 'comment'] },
  ]);
  await approve(version.id);
  expect((await approve(version.id)).userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('You have already approved it') },
  ]);
  await promote(version);
  expect((await approve(version.id)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  await services.database.modelVersion.update({ where: { id: other?.id }, data: { status: 'ARCHIVED' } });
  expect((await approve(other?.id ?? '')).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
});
