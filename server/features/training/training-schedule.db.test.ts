import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import type { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { continueScheduledTraining } from './continue-scheduled-training.js';
import { planAllTicks } from './plan-tick.js';
import { setTrainingSchedule } from './set-training-schedule.js';
import { tickTrainingSchedule } from './tick-training-schedule.js';
import type { SetTrainingScheduleInput } from './types.js';

const SCHEDULE = `id modelName datasetName positiveLabel cron enabled nextRunAt lastTickAt lastOutcome acknowledgedFindings
  parameters { name value } lastRun { id status } createdBy { email }`;
const SET = `mutation ($input: SetTrainingScheduleInput!) {
  setTrainingSchedule(input: $input) { schedule { ${SCHEDULE} } userErrors { code field message } }
}`;

/** A Tuesday. */
const NOW = new Date('2026-11-24T08:00:00Z');
const hours = (count: number) => new Date(NOW.getTime() + count * 3_600_000);
/** Every full hour. */
const HOURLY = '0 * * * *';
const FINDING = { count: 1, examples: [] };

let services: TestServices;
let engineer: Viewer;
let count = 0;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
});
afterAll(() => services.close());

type Given = Partial<Prisma.DatasetSnapshotCreateInput>;

/** Creates the first READY snapshot of a separate dataset, from an unusual source, and returns the dataset's name. */
async function createDataset({
  status = 'READY',
  digest = 'b'.repeat(64),
  ...given
}: Given = {}): Promise<string> {
  const name = `marrow-${++count}`;
  const image = { sha256: 'a'.repeat(64), width: 1, height: 1, byteSize: 1, mediaType: 'image/png' };
  await services.database.image.createMany({ data: image, skipDuplicates: true });
  const id = newId('snap');
  await services.database.datasetSnapshot.create({
    data: {
      id,
      name,
      version: 1,
      status: 'INGESTING',
      source: `s3://bucket/${name}`,
      classes: [
        { folder: 'myeloblast', label: 'blast' },
        { folder: 'lymphocyte', label: 'normal' },
      ],
      groupsCsv: 'patients.csv',
      ...itemsOf(['blast', 'normal']),
      ...given,
    },
  });
  await services.database.datasetSnapshot.update({
    where: { id },
    data: { status, digest },
  });
  return name;
}

const itemsOf = (labels: string[]) => ({
  itemCount: labels.length,
  items: { create: labels.map((label) => ({ key: label, label, imageSha256: 'a'.repeat(64) })) },
});

async function set(input: Partial<SetTrainingScheduleInput>, viewer: Viewer | null = engineer) {
  const whole = { modelName: 'cells', positiveLabel: 'blast', cron: HOURLY, enabled: true, ...input };
  const { data, errors } = await services.execute(SET, { input: whole }, viewer);
  return { ...data?.setTrainingSchedule, errors };
}

/** Sets a schedule at NOW, for a separate dataset if none is named. */
async function schedule(input: Partial<SetTrainingScheduleInput> = {}, given: Given = {}, now = NOW) {
  const datasetName = input.datasetName ?? (await createDataset(given));
  const whole = {
    modelName: `model-${datasetName}`,
    positiveLabel: 'blast',
    cron: HOURLY,
    enabled: true,
    ...input,
    datasetName,
  };
  const set = await setTrainingSchedule(services.contextOf(engineer), whole, now);
  return { id: set.schedule.id, input: whole };
}

async function read(id: string) {
  const { data } = await services.execute(
    `query ($id: ID!) { node(id: $id) { ... on TrainingSchedule { ${SCHEDULE} } } }`,
    { id },
    engineer,
  );
  return data.node;
}

/** The tick that waits in the queue for a schedule: its payload, and from when it may be taken. */
async function waitingTicks(scheduleId: string) {
  return services.database.$queryRaw<{ payload: { scheduleId: string; dueAt: string }; runAt: Date }[]>`
    SELECT payload, run_at AS "runAt" FROM graphile_worker._private_jobs
    WHERE key = ${`training-schedule:${scheduleId}`}`;
}

/** Runs the waiting tick, as a worker would at `now`. */
async function tick(scheduleId: string, now: Date) {
  const [waiting] = await waitingTicks(scheduleId);
  if (!waiting) throw new Error('No tick waits.');
  await tickTrainingSchedule(services, waiting.payload, now);
  return waiting.payload;
}

const snapshotsOf = (name: string) =>
  services.database.datasetSnapshot.findMany({ where: { name }, orderBy: { version: 'asc' } });

async function newestOf(name: string) {
  const newest = (await snapshotsOf(name)).at(-1);
  if (!newest) throw new Error('There is none.');
  return newest;
}

/** What a worker does when it has ingested the newest snapshot. */
async function endIngestion(
  name: string,
  {
    status = 'READY',
    labels = ['blast', 'normal'],
    findings = [],
  }: {
    status?: 'READY' | 'REJECTED' | 'FAILED';
    labels?: string[];
    findings?: { check: string; severity: 'ERROR' | 'WARNING'; message: string }[];
  } = {},
): Promise<string> {
  const { id } = await newestOf(name);
  await services.database.datasetSnapshot.update({ where: { id }, data: itemsOf(labels) });
  await services.database.datasetSnapshot.update({
    where: { id },
    data: {
      status,
      digest: status === 'READY' ? 'c'.repeat(64) : null,
      findings: { create: findings.map((finding) => ({ id: newId('find'), ...FINDING, ...finding })) },
    },
  });
  await continueScheduledTraining(services, id);
  return id;
}

const runsOf = (modelName: string) =>
  services.database.trainingRun.findMany({ where: { model: { name: modelName } }, orderBy: { id: 'asc' } });

const auditOf = async (entityId: string) =>
  (await services.database.auditEvent.findMany({ where: { entityId }, orderBy: { id: 'asc' } })).map(
    ({ action, outcome, actorId }) => ({ action, outcome, actorId }),
  );

describe('setTrainingSchedule', () => {
  test('records it with the first time in UTC, its tick and its audit event; again changes the same one', async () => {
    const datasetName = await createDataset();
    const { id } = await schedule({ datasetName, cron: ' 30  3 * * 1 ' });
    expect(await read(id)).toEqual({
      id,
      modelName: `model-${datasetName}`,
      datasetName,
      positiveLabel: 'blast',
      cron: '30 3 * * 1',
      enabled: true,
      nextRunAt: '2026-11-30T03:30:00.000Z',
      lastTickAt: null,
      lastOutcome: null,
      acknowledgedFindings: [],
      parameters: [],
      lastRun: null,
      createdBy: { email: engineer.email },
    });
    const runAt = new Date('2026-11-30T03:30:00Z');
    expect(await waitingTicks(id)).toEqual([
      { payload: { scheduleId: id, dueAt: runAt.toISOString() }, runAt },
    ]);
    expect(await auditOf(id)).toEqual([
      { action: 'TRAINING_SCHEDULE_SET', outcome: 'success', actorId: engineer.id },
    ]);

    const again = await schedule({ datasetName, acknowledgedFindings: ['no-groups', 'no-groups'] });
    expect(again.id).toBe(id);
    expect(await read(id)).toMatchObject({ cron: HOURLY, acknowledgedFindings: ['no-groups'] });
    expect(await waitingTicks(id)).toMatchObject([{ runAt: hours(1) }]);
    const other = await schedule({ datasetName, modelName: 'another' });
    expect(other.id).not.toBe(id);
    const { data } = await services.execute(`{ trainingSchedules { id } }`, {}, engineer);
    expect(data.trainingSchedules).toEqual(expect.arrayContaining([{ id }, { id: other.id }]));
  });

  test('only those who may train do; all may look', async () => {
    const datasetName = await createDataset();
    expect((await set({ datasetName }, null)).errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
    const clinician = await services.createViewer(Role.CLINICIAN);
    expect((await set({ datasetName }, clinician)).errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    const { data } = await services.execute(`{ trainingSchedules { id } }`, {}, clinician);
    expect(data.trainingSchedules).toBeInstanceOf(Array);
    expect((await services.execute(`{ trainingSchedules { id } }`)).errors).toMatchObject([
      { code: 'UNAUTHENTICATED' },
    ]);
  });

  test.each<[string, Partial<SetTrainingScheduleInput>, string, string[], RegExp]>([
    [
      'a word for a cron expression',
      { cron: 'weekly' },
      'INVALID',
      ['cron'],
      /five fields.*UTC: '30 3 \* \* 1'/,
    ],
    ['a day that never comes', { cron: '0 0 31 2 *' }, 'INVALID', ['cron'], /never comes/],
    ['a bad model name', { modelName: 'My Model' }, 'INVALID', ['modelName'], /lower-case/],
    ['an unknown dataset', { datasetName: 'none' }, 'NOT_FOUND', ['datasetName'], /create one first/],
    ['an unknown label', { positiveLabel: 'blasts' }, 'INVALID', ['positiveLabel'], /only: blast, normal/],
    [
      'an unknown parameter',
      {
        parameters: [
          { name: 'epochs', value: '3' },
          { name: 'momentum', value: '1' },
        ],
      },
      'INVALID',
      ['parameters', '1', 'value'],
      /no parameter 'momentum'/,
    ],
  ])('%s is a user error', async (_, input, code, field, message) => {
    const { schedule, userErrors } = await set({ datasetName: await createDataset(), ...input });
    expect(schedule).toBeNull();
    expect(userErrors).toEqual([
      { code, field: ['input', ...field], message: expect.stringMatching(message) },
    ]);
  });
});

describe('a tick', () => {
  test('ingests the dataset again from where its newest snapshot came from, and plans the next one', async () => {
    const { id, input } = await schedule();
    await tick(id, hours(1));
    const [first, second, ...more] = await snapshotsOf(input.datasetName);
    expect(more).toEqual([]);
    expect(second).toMatchObject({
      version: 2,
      status: 'INGESTING',
      source: first?.source,
      classes: first?.classes,
      groupsCsv: 'patients.csv',
      createdById: engineer.id,
    });
    const jobs = await services.database.$queryRaw`
      SELECT payload FROM graphile_worker._private_jobs WHERE payload ->> 'snapshotId' = ${second?.id}`;
    expect(jobs).toHaveLength(1);
    expect(await read(id)).toMatchObject({
      lastTickAt: hours(1).toISOString(),
      nextRunAt: hours(2).toISOString(),
      lastOutcome: `Ingesting ${input.datasetName} version 2.`,
    });
    expect(await waitingTicks(id)).toMatchObject([{ runAt: hours(2) }]);
    expect(await auditOf(id)).toContainEqual({
      action: 'TRAINING_SCHEDULE_TICKED',
      outcome: 'success',
      actorId: null,
    });
  });

  test('then trains on what was ingested, once, and promotes nobody', async () => {
    const parameters = [{ name: 'epochs', value: '3' }];
    const { id, input } = await schedule({ parameters });
    await tick(id, hours(1));
    expect(await runsOf(input.modelName)).toEqual([]);
    const datasetSnapshotId = await endIngestion(input.datasetName);
    await continueScheduledTraining(services, datasetSnapshotId); // the job is tried again after it was done

    const [run, ...more] = await runsOf(input.modelName);
    expect(more).toEqual([]);
    expect(run).toMatchObject({
      status: 'QUEUED',
      datasetSnapshotId,
      positiveLabel: 'blast',
      parameters: { epochs: 3 },
      acknowledgedFindings: [],
      createdById: engineer.id,
    });
    const jobs = await services.database.$queryRaw`
      SELECT payload FROM graphile_worker._private_jobs WHERE payload ->> 'trainingRunId' = ${run?.id}`;
    expect(jobs).toHaveLength(1);
    const shown = { id: run?.id, status: 'QUEUED' };
    expect(await read(id)).toMatchObject({
      lastRun: shown,
      lastOutcome: `Training run ${run?.id} is QUEUED.`,
    });
    await services.database.trainingRun.update({
      where: { id: run?.id },
      data: { status: 'FAILED', error: 'The disk is full.' },
    });
    expect(await read(id)).toMatchObject({ lastOutcome: expect.stringContaining('The disk is full.') });
    expect(await services.database.promotion.count()).toBe(0);
  });

  test('is caught up on once, however many were missed', async () => {
    const { id, input } = await schedule();
    await tick(id, hours(49.5)); // the server was off for two days
    expect(await snapshotsOf(input.datasetName)).toHaveLength(2);
    expect(await waitingTicks(id)).toMatchObject([{ runAt: hours(50) }]);
  });

  test('happens once, though its job is tried again', async () => {
    const { id, input } = await schedule();
    const payload = await tick(id, hours(1));
    await endIngestion(input.datasetName, { status: 'FAILED' });
    await tickTrainingSchedule(services, payload, hours(1));
    expect(await snapshotsOf(input.datasetName)).toHaveLength(2);
  });

  test('is not repeated on a clock that is behind that of the queue', async () => {
    const { id } = await schedule();
    await tick(id, new Date(hours(1).getTime() - 5));
    expect(await waitingTicks(id)).toMatchObject([{ runAt: hours(2) }]);
  });

  test('marks a snapshot whose job is lost as FAILED, and continues', async () => {
    const { id, input } = await schedule();
    await tick(id, hours(1));
    const [, second] = await snapshotsOf(input.datasetName);
    await services.database.$executeRaw`
      DELETE FROM graphile_worker._private_jobs WHERE payload ->> 'snapshotId' = ${second?.id}`;
    await tick(id, hours(2));
    const [, lost, third] = await snapshotsOf(input.datasetName);
    expect([lost?.status, third?.status]).toEqual(['FAILED', 'INGESTING']);
    expect(
      await services.database.validationFinding.findMany({ where: { snapshotId: second?.id } }),
    ).toMatchObject([{ severity: 'ERROR', message: expect.stringContaining('no longer in the queue') }]);
    // The third's job has failed as often as it may.
    await services.database.$executeRaw`
      UPDATE graphile_worker._private_jobs SET attempts = max_attempts WHERE payload ->> 'snapshotId' = ${third?.id}`;
    await tick(id, hours(3));
    expect((await snapshotsOf(input.datasetName)).map(({ status }) => status)).toEqual([
      'READY',
      'FAILED',
      'FAILED',
      'INGESTING',
    ]);
  });

  test('is skipped, and says why, while the one before is at work', async () => {
    const { id, input } = await schedule();
    await tick(id, hours(1));
    await tick(id, hours(2));
    expect(await snapshotsOf(input.datasetName)).toHaveLength(2);
    expect(await read(id)).toMatchObject({
      lastTickAt: hours(2).toISOString(),
      lastOutcome: `Skipped: ${input.datasetName} version 2 of an earlier tick is INGESTING.`,
    });
    expect((await auditOf(id)).at(-1)).toMatchObject({ outcome: 'failure' });

    await endIngestion(input.datasetName); // the previous tick continues anyway
    const [run] = await runsOf(input.modelName);
    await services.database.trainingRun.update({ where: { id: run?.id }, data: { status: 'RUNNING' } });
    await tick(id, hours(3));
    expect(await snapshotsOf(input.datasetName)).toHaveLength(2);
    const lastOutcome = `Skipped: training run ${run?.id} of an earlier tick is RUNNING.`;
    expect(await read(id)).toMatchObject({ lastOutcome, nextRunAt: hours(4).toISOString() });

    await services.database.trainingRun.update({ where: { id: run?.id }, data: { status: 'SUCCEEDED' } });
    await tick(id, hours(4));
    expect(await snapshotsOf(input.datasetName)).toHaveLength(3);
  });

  test.each(['REJECTED', 'FAILED'] as const)(
    'whose data is %s does not train; the next tick does',
    async (status) => {
      const { id, input } = await schedule();
      await tick(id, hours(1));
      const findings = [
        { check: 'shortcut', severity: 'ERROR' as const, message: 'The corners tell the label.' },
      ];
      await endIngestion(input.datasetName, { status, findings });
      expect(await runsOf(input.modelName)).toEqual([]);
      const lastOutcome = `${input.datasetName} version 2 was not trained on: it is ${status}. The corners tell the label.`;
      expect(await read(id)).toMatchObject({ lastOutcome });
      expect((await auditOf(id)).at(-1)).toMatchObject({ outcome: 'failure', actorId: null });

      await tick(id, hours(2));
      await endIngestion(input.datasetName);
      expect(await runsOf(input.modelName)).toHaveLength(1);
      expect((await read(id)).lastOutcome).toMatch(/is QUEUED/);
    },
  );

  describe('whose data validation warns of', () => {
    const findings = ['no-groups', 'drift'].map((check) => ({
      check,
      severity: 'WARNING' as const,
      message: `What ${check} means.`,
    }));

    test('does not train while nobody has acknowledged it', async () => {
      const { id, input } = await schedule({ acknowledgedFindings: ['no-groups'] });
      await tick(id, hours(1));
      await endIngestion(input.datasetName, { findings });
      expect(await runsOf(input.modelName)).toEqual([]);
      const { lastOutcome } = await read(id);
      expect(lastOutcome).toContain('drift: What drift means.');
      expect(lastOutcome).not.toContain('no-groups');
    });

    test('trains where the schedule, or an earlier run on the dataset, has', async () => {
      const { id, input } = await schedule({ acknowledgedFindings: ['no-groups', 'never-found'] });
      const model = await services.database.model.findUniqueOrThrow({ where: { name: input.modelName } });
      const { id: datasetSnapshotId } = await newestOf(input.datasetName);
      await services.database.trainingRun.create({
        data: {
          id: newId('run'),
          status: 'SUCCEEDED',
          modelId: model.id,
          datasetSnapshotId,
          positiveLabel: 'blast',
          parameters: {},
          seed: 1,
          acknowledgedFindings: ['drift'],
        },
      });
      await tick(id, hours(1));
      await endIngestion(input.datasetName, { findings });
      const runs = await runsOf(input.modelName);
      expect(runs).toHaveLength(2);
      expect(runs[1]?.acknowledgedFindings).toEqual(['no-groups', 'drift']);
    });
  });

  test('does not train if the snapshot no longer has the positive label', async () => {
    const { id, input } = await schedule();
    await tick(id, hours(1));
    await endIngestion(input.datasetName, { labels: ['aml', 'normal'] });
    expect(await runsOf(input.modelName)).toEqual([]);
    expect((await read(id)).lastOutcome).toContain("no label 'blast', only: aml, normal");
  });

  test('does not train where its parameters fit the recipe no more', async () => {
    const { id, input } = await schedule();
    const parameters = [{ name: 'momentum', value: '1' }];
    await services.database.trainingSchedule.update({ where: { id }, data: { parameters } });
    await tick(id, hours(1));
    await endIngestion(input.datasetName);
    expect(await runsOf(input.modelName)).toEqual([]);
    expect((await read(id)).lastOutcome).toContain("no parameter 'momentum'");
  });

  test('of a dataset that was deleted says so, and comes again', async () => {
    // One that was never READY: the database refuses to delete what was.
    const { id, input } = await schedule({}, { status: 'REJECTED', digest: null });
    await services.ownerDatabase.datasetSnapshot.deleteMany({ where: { name: input.datasetName } });
    await tick(id, hours(1));
    expect(await read(id)).toMatchObject({
      lastOutcome: expect.stringContaining(`no snapshot named '${input.datasetName}' any more`),
      nextRunAt: hours(2).toISOString(),
    });
  });

  test('that was planned before the cron expression changed does nothing', async () => {
    const { id, input } = await schedule();
    const [old] = await waitingTicks(id);
    await schedule({ ...input, cron: '30 8 * * *' });
    expect(await waitingTicks(id)).toMatchObject([{ runAt: hours(0.5) }]);
    if (old) await tickTrainingSchedule(services, old.payload, hours(1)); // it was being taken already
    expect(await snapshotsOf(input.datasetName)).toHaveLength(1);
    expect(await waitingTicks(id)).toMatchObject([{ runAt: hours(0.5) }]);
    await tick(id, hours(0.5));
    expect(await snapshotsOf(input.datasetName)).toHaveLength(2);
  });

  test('of a schedule that was switched off does nothing, and its ingestion starts no training', async () => {
    const { id, input } = await schedule();
    await tick(id, hours(1));
    await schedule({ ...input, enabled: false });
    expect(await read(id)).toMatchObject({ enabled: false, nextRunAt: null });
    await tick(id, hours(2));
    expect(await snapshotsOf(input.datasetName)).toHaveLength(2);
    await endIngestion(input.datasetName);
    expect(await runsOf(input.modelName)).toEqual([]);
    expect((await read(id)).lastOutcome).toContain('has been switched off');

    await schedule(input, {}, hours(2));
    await tick(id, hours(3));
    expect(await snapshotsOf(input.datasetName)).toHaveLength(3);
  });

  test('that was lost is planned again when a worker starts; others stay as they are', async () => {
    const [lost, kept, off] = [await schedule(), await schedule(), await schedule({ enabled: false })];
    await services.database.$executeRaw`
      DELETE FROM graphile_worker._private_jobs WHERE key = ${`training-schedule:${lost.id}`}`;
    await planAllTicks(services.database);
    expect(await waitingTicks(lost.id)).toMatchObject([{ runAt: hours(1) }]);
    expect(await waitingTicks(kept.id)).toMatchObject([{ runAt: hours(1) }]);
    expect(await waitingTicks(off.id)).toEqual([]);
  });
});

test('a snapshot that no tick waits for starts nothing', async () => {
  const { id, input } = await schedule();
  await continueScheduledTraining(services, (await newestOf(input.datasetName)).id);
  expect(await runsOf(input.modelName)).toEqual([]);
  expect((await read(id)).lastOutcome).toBeNull();
});
