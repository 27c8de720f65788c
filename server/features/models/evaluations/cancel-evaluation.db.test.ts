import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { markFailed } from '../../../jobs/job-table.js';
import { createSnapshot } from '../../datasets/testing.js';
import { recordEvaluation as recordSucceeded, registerRandomVersion } from '../testing.js';
import { evaluations, startEvaluation } from './evaluation-lifecycle.js';

let services: TestServices;
let engineer: Viewer;
let version: string;
let snapshot: string;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
  version = (await registerRandomVersion(services)).id;
  snapshot = (await createSnapshot(services.database, [{ image: 'a' }])).id;
});
afterAll(() => services.close());

const PAYLOAD = '{ evaluation { id status } userErrors { code field message } }';

async function call(mutation: string, id: string, viewer: Viewer | null = engineer) {
  const text = `mutation ($id: ID!) { ${mutation}(id: $id) ${PAYLOAD} }`;
  const { data, errors } = await services.execute(text, { id }, viewer);
  return { ...data?.[mutation], errors };
}

const cancel = (id: string, viewer: Viewer | null = engineer) => call('cancelEvaluation', id, viewer);

async function evaluate(): Promise<string> {
  const { data } = await services.execute(
    `mutation ($input: EvaluateModelVersionInput!) { evaluateModelVersion(input: $input) ${PAYLOAD} }`,
    { input: { modelVersionId: version, datasetSnapshotId: snapshot } },
    engineer,
  );
  expect(data.evaluateModelVersion.userErrors).toEqual([]);
  return data.evaluateModelVersion.evaluation.id;
}

const eventsOf = (entityId: string) =>
  services.database.auditEvent.findMany({
    where: { entityId, action: 'MODEL_EVALUATION_CANCELLED' },
    select: { actorId: true },
  });

test('a queued evaluation is CANCELLED at once, is never started, and can be requested again', async () => {
  const id = await evaluate();
  expect(await cancel(id)).toMatchObject({ evaluation: { id, status: 'CANCELLED' }, userErrors: [] });
  expect(await eventsOf(id)).toEqual([{ actorId: engineer.id }]);
  expect(await startEvaluation(services.database, id)).toBeNull();
  expect(await cancel(id)).toMatchObject({ evaluation: { status: 'CANCELLED' }, userErrors: [] });
  expect(await eventsOf(id)).toHaveLength(1);
  expect((await call('continueEvaluation', id)).userErrors).toMatchObject([
    { code: 'CONFLICT', message: expect.stringContaining('is CANCELLED. Only a FAILED evaluation') },
  ]);
  const next = await evaluate();
  expect(next).not.toBe(id);
  await cancel(next);
});

test('a running evaluation is asked to stop, also if its worker has died', async () => {
  const { database } = services;
  const id = await evaluate();
  await startEvaluation(database, id);
  expect(await cancel(id)).toMatchObject({ evaluation: { status: 'RUNNING' }, userErrors: [] });
  expect(await cancel(id)).toMatchObject({ evaluation: { status: 'RUNNING' }, userErrors: [] });
  expect(await eventsOf(id)).toHaveLength(1);
  expect(await startEvaluation(database, id)).toBeNull(); // the next worker
  const row = await database.evaluation.findUniqueOrThrow({ where: { id } });
  expect(row).toMatchObject({ status: 'CANCELLED', metrics: null, finishedAt: expect.any(Date) });
});

test('an evaluation that has finished is not cancelled', async () => {
  const { database } = services;
  const failed = await evaluate();
  await markFailed(database, evaluations, failed, 'x');
  await recordSucceeded(database, version, snapshot);
  const { id: succeeded } = await database.evaluation.findFirstOrThrow({ where: { status: 'SUCCEEDED' } });
  for (const [id, status] of [
    [failed, 'FAILED'],
    [succeeded, 'SUCCEEDED'],
  ] as const) {
    const message = `The evaluation has already ended: it is ${status}.`;
    expect(await cancel(id)).toMatchObject({
      evaluation: null,
      userErrors: [{ code: 'CONFLICT', field: ['id'], message }],
    });
    expect(await eventsOf(id)).toEqual([]);
  }
  expect((await cancel(newId('eval'))).userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['id'] }]);
  expect((await cancel(version)).userErrors).toMatchObject([{ code: 'INVALID', field: ['id'] }]);
});

test.each([Role.AUDITOR, Role.CLINICIAN])('%s may not cancel', async (role) => {
  const id = newId('eval');
  await services.database.evaluation.create({
    data: { id, status: 'QUEUED', modelVersionId: version, datasetSnapshotId: snapshot },
  });
  expect((await cancel(id, await services.createViewer(role))).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  const row = await services.database.evaluation.findUniqueOrThrow({ where: { id } });
  expect(row).toMatchObject({ status: 'QUEUED', cancelRequestedAt: null });
});
