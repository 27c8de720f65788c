import { parse, subscribe } from 'graphql';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { TrainingParameters } from './parameters.js';
import {
  isCancelRequested,
  recordEpoch,
  recordRunProgress,
  recordRunSucceeded,
  startRun,
  trainingRuns,
} from './run-lifecycle.js';
import { JobNotRunningError, markCancelled, markFailed } from '../../jobs/job-table.js';
import type { StartTrainingInput } from './types.js';

const RUN = `id status modelName positiveLabel seed acknowledgedFindings progress error startedAt finishedAt
  datasetSnapshot { id } createdBy { email } parameters { name value } epochs { epoch loss validationAuc } modelVersion { id }`;
const START = `mutation ($input: StartTrainingInput!) {
  startTraining(input: $input) { trainingRun { ${RUN} } userErrors { code field message } }
}`;
const CANCEL = `mutation ($id: ID!) {
  cancelTraining(id: $id) { trainingRun { id status finishedAt } userErrors { code field message } }
}`;
const EPOCH = { epoch: 1, loss: 0.7, validationLoss: 0.6, validationAuc: 0.8, seconds: 2 };

let services: TestServices;
let engineer: Viewer;
let snapshotId: string;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
  snapshotId = await createSnapshot('READY');
});
afterAll(() => services.close());

async function createSnapshot(
  status: 'READY' | 'REJECTED',
  warnings: string[] = [],
  labels = ['blast', 'lymphocyte', 'monocyte'],
): Promise<string> {
  const id = newId('snap');
  const image = { sha256: 'a'.repeat(64), width: 1, height: 1, byteSize: 1, mediaType: 'image/png' };
  await services.database.image.createMany({ data: image, skipDuplicates: true });
  await services.database.datasetSnapshot.create({
    data: {
      id,
      name: id,
      version: 1,
      status: 'INGESTING',
      source: 'file:/cells',
      items: {
        create: labels.map((label) => ({
          key: label,
          label,
          imageSha256: image.sha256,
        })),
      },
      findings: {
        create: [...warnings, 'for-information'].map((check) => ({
          id: newId('find'),
          check,
          severity: check === 'for-information' ? 'INFO' : 'WARNING',
          message: `What ${check} means.`,
          count: 1,
        })),
      },
    },
  });
  const digest = status === 'READY' ? 'b'.repeat(64) : null;
  await services.database.datasetSnapshot.update({ where: { id }, data: { status, digest } });
  return id;
}

async function start(input: Partial<StartTrainingInput> = {}, viewer: Viewer | null = engineer) {
  const whole = { modelName: 'cells', datasetSnapshotId: snapshotId, positiveLabel: 'blast', ...input };
  const { data, errors } = await services.execute(START, { input: whole }, viewer);
  return { ...data?.startTraining, errors };
}
const startedRun = async (): Promise<string> => (await start()).trainingRun.id;
const cancel = async (id: string, viewer: Viewer | null = engineer) => {
  const { data, errors } = await services.execute(CANCEL, { id }, viewer);
  return { ...data?.cancelTraining, errors };
};
const query = async (id: string) =>
  (await services.execute(`query ($id: ID!) { trainingRun(id: $id) { ${RUN} } }`, { id }, engineer)).data
    .trainingRun;

describe('startTraining', () => {
  test('queues a run with its whole recipe, its job and its audit event', async () => {
    const parameters = [{ name: 'inputSize', value: '128' }];
    const { trainingRun, userErrors } = await start({ epochs: 2, seed: 7, parameters });

    expect(userErrors).toEqual([]);
    expect(trainingRun).toMatchObject({
      status: 'QUEUED',
      modelName: 'cells',
      positiveLabel: 'blast',
      seed: 7,
      acknowledgedFindings: [],
      progress: 0,
      error: null,
      startedAt: null,
      datasetSnapshot: { id: snapshotId },
      createdBy: { email: engineer.email },
      epochs: [],
      modelVersion: null,
    });
    const recipe = Object.entries(TrainingParameters.parse({ epochs: 2, inputSize: 128 }));
    expect(trainingRun.parameters).toEqual(recipe.map(([name, value]) => ({ name, value: String(value) })));
    const jobs = await services.database.$queryRaw`
      SELECT job.payload FROM graphile_worker._private_jobs AS job
      JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id WHERE task.identifier = 'train'`;
    expect(jobs).toEqual([{ payload: { trainingRunId: trainingRun.id } }]);
    const events = await services.database.auditEvent.findMany({ where: { entityId: trainingRun.id } });
    expect(events).toMatchObject([{ action: 'TRAINING_STARTED', actorId: engineer.id }]);
  });

  test('draws a seed where none is given', async () => {
    const [one, two] = [await start(), await start()];
    expect(one.trainingRun.seed).toBeGreaterThanOrEqual(0);
    expect(one.trainingRun.seed).not.toBe(two.trainingRun.seed);
  });

  test.each([
    [['blast', 'Blast', 'lymphocyte'], /'Blast'.*'blast'|'blast'.*'Blast'/],
    [['blast', 'Zelle \u00e4', 'Zelle a\u0308'], /U\+0308/],
  ])('refuses a snapshot whose labels %j are one name in several spellings', async (labels, spelled) => {
    const datasetSnapshotId = await createSnapshot('READY', [], labels);
    const { trainingRun, userErrors } = await start({ datasetSnapshotId });
    expect(trainingRun).toBeNull();
    expect(userErrors).toMatchObject([
      { code: 'INVALID', field: ['input', 'datasetSnapshotId'], message: expect.stringMatching(spelled) },
    ]);
    expect(userErrors[0].message).toContain('class mapping');
  });

  test('only those who may train do', async () => {
    expect((await start({}, null)).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
    const clinician = await services.createViewer(Role.CLINICIAN);
    expect((await start({}, clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect((await cancel(await startedRun(), clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  });

  test.each<[string, Partial<StartTrainingInput>, string, string[], string]>([
    ['a bad model name', { modelName: 'My Model' }, 'INVALID', ['modelName'], 'lower-case'],
    [
      'an unknown snapshot',
      { datasetSnapshotId: `snap_${'0'.repeat(32)}` },
      'NOT_FOUND',
      ['datasetSnapshotId'],
      '',
    ],
    [
      'an unknown label',
      { positiveLabel: 'blasts' },
      'INVALID',
      ['positiveLabel'],
      'only: blast, lymphocyte, monocyte',
    ],
    ['too many epochs', { epochs: 501 }, 'INVALID', ['epochs'], '500'],
    ['a negative seed', { seed: -1 }, 'INVALID', ['seed'], 'from 0'],
    [
      'an unknown parameter',
      { parameters: [{ name: 'momentum', value: '1' }] },
      'INVALID',
      ['parameters', '0', 'value'],
      "no parameter 'momentum'",
    ],
  ])('%s is a user error', async (_, input, code, field, message) => {
    expect(await start(input)).toEqual({
      errors: [],
      trainingRun: null,
      userErrors: [{ code, field: ['input', ...field], message: expect.stringContaining(message) }],
    });
  });

  test('a snapshot that is not READY is a user error', async () => {
    const datasetSnapshotId = await createSnapshot('REJECTED');
    expect((await start({ datasetSnapshotId })).userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining('REJECTED') },
    ]);
  });
});

describe('what validation warned of', () => {
  test('must be acknowledged check by check', async () => {
    const datasetSnapshotId = await createSnapshot('READY', ['no-groups', 'class-balance']);
    const field = ['input', 'acknowledgedFindings'];
    const unacknowledged = (check: string) => ({
      code: 'CONFLICT',
      field,
      message: `${check}: What ${check} means. Fix the data, or acknowledge '${check}' to train on it anyway.`,
    });
    const { trainingRun, userErrors } = await start({ datasetSnapshotId });
    expect(trainingRun).toBeNull();
    expect(userErrors).toEqual([unacknowledged('no-groups'), unacknowledged('class-balance')]);
    const half = await start({ datasetSnapshotId, acknowledgedFindings: ['no-groups', 'for-information'] });
    expect(half.userErrors).toEqual([unacknowledged('class-balance')]);
  });

  test('stays with the run and in the audit trail once it is acknowledged', async () => {
    const datasetSnapshotId = await createSnapshot('READY', ['no-groups', 'class-balance']);
    const acknowledgedFindings = ['class-balance', 'something-else', 'no-groups'];
    const { trainingRun, userErrors } = await start({ datasetSnapshotId, acknowledgedFindings });
    expect(userErrors).toEqual([]);
    expect((await query(trainingRun.id)).acknowledgedFindings).toEqual(['no-groups', 'class-balance']);
    const events = await services.database.auditEvent.findMany({ where: { entityId: trainingRun.id } });
    expect(events).toMatchObject([{ detail: expect.stringMatching(/, despite no-groups, class-balance$/) }]);
  });
});

describe('a run', () => {
  test('is taken up, recorded epoch by epoch, and ends', async () => {
    const { database } = services;
    const id = await startedRun();
    const run = await startRun(database, id);
    expect(run).toMatchObject({
      id,
      modelName: 'cells',
      datasetSnapshotId: snapshotId,
      positiveLabel: 'blast',
    });
    expect(run?.parameters).toEqual(TrainingParameters.parse({}));
    await recordRunProgress(database, id, 0.1);
    await recordEpoch(database, id, EPOCH, 0.5);
    await recordEpoch(database, id, { ...EPOCH, loss: 0.3 }, 0.5);
    expect(await query(id)).toMatchObject({
      status: 'RUNNING',
      progress: 0.5,
      finishedAt: null,
      epochs: [{ epoch: 1, loss: 0.3, validationAuc: 0.8 }],
    });

    await database.$transaction((tx) => recordRunSucceeded(tx, id));
    expect(await query(id)).toMatchObject({ status: 'SUCCEEDED', progress: 1 });
    expect((await query(id)).finishedAt).not.toBeNull();
    expect(await startRun(database, id)).toBeNull();
    await markFailed(database, trainingRuns, id, 'too late');
    expect(await query(id)).toMatchObject({ status: 'SUCCEEDED', error: null });
  });

  test('whose process died is taken up again, with its first start kept', async () => {
    const id = await startedRun();
    await startRun(services.database, id);
    const { startedAt } = await query(id);
    expect(await startRun(services.database, id)).toMatchObject({ id });
    expect((await query(id)).startedAt).toBe(startedAt);
  });

  test('that fails says why', async () => {
    const id = await startedRun();
    await markFailed(services.database, trainingRuns, id, 'The disk is full.');
    expect(await query(id)).toMatchObject({ status: 'FAILED', error: 'The disk is full.' });
  });
});

describe('continueTraining', () => {
  const proceed = async (id: string, viewer = engineer) =>
    (
      await services.execute(
        `mutation ($id: ID!) {
          continueTraining(id: $id) { trainingRun { id status error finishedAt } userErrors { code message field } }
        }`,
        { id },
        viewer,
      )
    ).data?.continueTraining;

  test('queues a FAILED run again, and says so in the audit trail', async () => {
    const { database } = services;
    const id = await startedRun();
    await startRun(database, id);
    await recordEpoch(database, id, EPOCH, 0.5);
    expect((await proceed(id)).userErrors).toMatchObject([
      { code: 'CONFLICT', field: ['id'], message: expect.stringContaining('RUNNING') },
    ]);
    await markFailed(database, trainingRuns, id, 'The disk is full.');
    await database.$executeRaw`SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs`;
    expect(await proceed(id)).toEqual({
      trainingRun: { id, status: 'QUEUED', error: null, finishedAt: null },
      userErrors: [],
    });
    const jobs = await database.$queryRaw<unknown[]>`SELECT FROM graphile_worker.jobs`;
    expect(jobs).toHaveLength(1);
    const action = 'TRAINING_CONTINUED';
    expect(await database.auditEvent.count({ where: { entityId: id, action, actorId: engineer.id } })).toBe(
      1,
    );
    expect((await query(id)).epochs).toHaveLength(1);
    expect((await proceed(id)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    expect((await proceed(newId('run'))).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  });
});

describe('cancelTraining', () => {
  test('ends a QUEUED run at once, and its job finds nothing to do', async () => {
    const id = await startedRun();
    const { trainingRun, userErrors } = await cancel(id);
    expect(userErrors).toEqual([]);
    expect(trainingRun).toEqual({ id, status: 'CANCELLED', finishedAt: expect.any(String) });
    expect(await startRun(services.database, id)).toBeNull();
    expect((await query(id)).status).toBe('CANCELLED');
  });

  test('asks a RUNNING run to stop, and nothing is registered for it any more', async () => {
    const { database } = services;
    const id = await startedRun();
    await startRun(database, id);
    expect(await isCancelRequested(database, id)).toBe(false);
    expect((await cancel(id)).trainingRun).toEqual({ id, status: 'RUNNING', finishedAt: null });
    expect(await isCancelRequested(database, id)).toBe(true);
    await expect(database.$transaction((tx) => recordRunSucceeded(tx, id))).rejects.toThrow(
      JobNotRunningError,
    );
    await markCancelled(database, trainingRuns, id);
    expect(await query(id)).toMatchObject({ status: 'CANCELLED' });
    expect(await isCancelRequested(database, id)).toBe(true);
  });

  test('holds for a run whose process died before it saw it', async () => {
    const id = await startedRun();
    await startRun(services.database, id);
    await cancel(id);
    expect(await startRun(services.database, id)).toBeNull();
    expect(await query(id)).toMatchObject({ status: 'CANCELLED' });
  });

  test('is done once, refused for a run that has ended, and for one there is not', async () => {
    const id = await startedRun();
    await cancel(id);
    expect(await cancel(id)).toMatchObject({ trainingRun: { status: 'CANCELLED' }, userErrors: [] });
    const events = await services.database.auditEvent.findMany({
      where: { entityId: id, action: 'TRAINING_CANCELLED' },
    });
    expect(events).toHaveLength(1);

    const failed = await startedRun();
    await markFailed(services.database, trainingRuns, failed, 'x');
    expect((await cancel(failed)).userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining('FAILED') },
    ]);
    expect((await cancel(newId('run'))).userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['id'] }]);
  });
});

test('trainingRuns lists newest first, by model and by page; node finds one', async () => {
  const { id } = (await start({ modelName: 'listed' })).trainingRun;
  const second = (await start({ modelName: 'listed' })).trainingRun.id;
  const list = `query ($after: String, $id: ID!) {
    trainingRuns(first: 1, after: $after, modelName: "listed") { totalCount pageInfo { endCursor hasNextPage } edges { node { id } } }
    node(id: $id) { ... on TrainingRun { modelName } }
  }`;
  const { trainingRuns, node } = (await services.execute(list, { id }, engineer)).data;
  expect(node).toEqual({ modelName: 'listed' });
  expect(trainingRuns).toMatchObject({
    totalCount: 2,
    pageInfo: { hasNextPage: true },
    edges: [{ node: { id: second } }],
  });
  const after = trainingRuns.pageInfo.endCursor;
  const next = (await services.execute(list, { id, after }, engineer)).data.trainingRuns;
  expect(next).toMatchObject({ pageInfo: { hasNextPage: false }, edges: [{ node: { id } }] });
});

describe('trainingRunChanged', () => {
  const document = parse(
    'subscription ($id: ID!) { trainingRunChanged(id: $id) { status progress epochs { epoch } } }',
  );

  async function watch(id: string, viewer: Viewer | null = engineer) {
    const contextValue = services.contextOf(viewer);
    return subscribe({ schema: services.schema, document, variableValues: { id }, contextValue });
  }
  async function watched(id: string) {
    const stream = await watch(id);
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
    const next = async () =>
      JSON.parse(JSON.stringify((await stream.next()).value?.data?.trainingRunChanged ?? null));
    return { stream, next };
  }

  test('yields the current state, then each change, and ends with the run', async () => {
    const { database } = services;
    const id = await startedRun();
    const other = await startedRun();
    const { next, stream } = await watched(id);
    expect(await next()).toEqual({ status: 'QUEUED', progress: 0, epochs: [] });

    await startRun(database, other);
    await startRun(database, id);
    expect(await next()).toEqual({ status: 'RUNNING', progress: 0, epochs: [] });
    await recordEpoch(database, id, EPOCH, 0.5);
    expect(await next()).toEqual({ status: 'RUNNING', progress: 0.5, epochs: [{ epoch: 1 }] });
    await markFailed(database, trainingRuns, id, 'x');
    expect(await next()).toMatchObject({ status: 'FAILED' });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('yields only the newest state to a slow listener', async () => {
    const { database } = services;
    const id = await startedRun();
    const { next } = await watched(id);
    await next();
    await startRun(database, id);
    for (let step = 1; step <= 20; step++) await recordRunProgress(database, id, step / 40);
    await markFailed(database, trainingRuns, id, 'x');
    let last = await next();
    for (let seen = 0; last.status !== 'FAILED' && seen < 5; seen++) last = await next();
    expect(last).toMatchObject({ status: 'FAILED', progress: 0.5 });
  });

  test('yields the state of a run that has ended, and ends', async () => {
    const id = await startedRun();
    await cancel(id);
    const { next, stream } = await watched(id);
    expect(await next()).toMatchObject({ status: 'CANCELLED' });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('ends at once when its listener leaves', async () => {
    const { next, stream } = await watched(await startedRun());
    await next();
    const waiting = stream.next();
    await sleep(20);
    await stream.return(undefined);
    const last = await waiting; // on a busy machine it may hear again that the run was started
    expect(last.done ? last : await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('is for those who may read training, and of runs that there are', async () => {
    expect(await watch(await startedRun(), null)).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(await watch(newId('run'))).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });
});
