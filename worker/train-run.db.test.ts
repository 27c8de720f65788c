import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { readArtifact } from '../server/artifact/artifact-store.js';
import { Manifest } from '../server/artifact/manifest.js';
import { asProcess, createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import type { TrainingParameters } from '../server/features/training/parameters.js';
import { writeDemoCells } from '../server/imaging/demo-cells.js';
import { artifactPrefix } from '../server/storage/keys.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { openObjectStore } from '../server/storage/open-object-store.js';
import { installTensorFlow, isTensorFlowInstalled } from '../training/tensorflow/install-tensorflow.js';
import { type SupervisionServices, superviseRun } from './supervise-run.js';
import {
  demoCells,
  endlessRecipe,
  seed,
  storeDemoSnapshot,
  storeRun,
  tinyRecipe,
} from '../training/testing.js';

const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };

/** Somebody may commit while the test runs. */
function withoutRevision(manifest: Manifest): Manifest {
  return { ...manifest, provenance: { ...manifest.provenance, codeRevision: null } };
}

(isTensorFlowInstalled() ? describe : describe.skip)('a training run', () => {
  let folder: string;
  let db: TestDatabase;
  let store: ObjectStore;
  let env: NodeJS.ProcessEnv;
  let snapshotId: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-training-'));
    db = await createTestDatabase();
    env = {
      PATH: process.env.PATH,
      DATABASE_URL: asProcess(db.url),
      DATA_DIR: folder,
      OBJECT_STORE: `file:${join(folder, 'objects')}`,
      LOG_LEVEL: 'error',
    };
    store = openObjectStore(`file:${join(folder, 'objects')}`, noS3);
    snapshotId = await storeDemoSnapshot(db.database, store, 'demo');
  });

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    store.close();
    await db.drop();
    await rm(folder, { recursive: true });
  });

  const startRun = (modelName: string, parameters: TrainingParameters, snapshot = snapshotId) =>
    storeRun(db.database, modelName, snapshot, parameters);

  const supervise = (
    runId: string,
    attempt = 1,
    signal = new AbortController().signal,
    changed: Partial<SupervisionServices> = {},
  ) =>
    superviseRun(
      { database: db.database, store, log: pino({ level: 'silent' }), env, installTensorFlow, ...changed },
      runId,
      { signal, attempt },
    );

  const readRun = (id: string) =>
    db.database.trainingRun.findUniqueOrThrow({
      where: { id },
      include: { epochs: { orderBy: { epoch: 'asc' } }, modelVersion: { include: { evaluations: true } } },
    });

  async function until(
    runId: string,
    isSo: (run: Awaited<ReturnType<typeof readRun>>) => boolean,
  ): Promise<void> {
    while (!isSo(await readRun(runId))) await sleep(20);
  }

  const manifestOf = ({ modelVersion }: Awaited<ReturnType<typeof readRun>>): Manifest =>
    withoutRevision(Manifest.parse(modelVersion?.manifest));
  let uninterrupted: Manifest;

  it('ends with a READY version whose artifact is whole, its evaluations and every epoch', async () => {
    const runId = await startRun('first', tinyRecipe);
    await supervise(runId);

    const run = await readRun(runId);
    expect(run).toMatchObject({ status: 'SUCCEEDED', error: null, progress: 1 });
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(run.epochs.every(({ loss, validationLoss }) => loss > 0 && validationLoss > 0)).toBe(true);

    const version = run.modelVersion;
    expect(version).toMatchObject({ version: 1, status: 'READY', positiveLabel: 'blast', inputSize: 32 });
    expect(version?.classes).toEqual(['lymphocyte', 'blast']);
    expect(version?.modelCard).toContain('Not a medical device');
    expect(version?.evaluations.map(({ split, status }) => [split, status]).sort()).toEqual([
      ['test', 'SUCCEEDED'],
      ['validation', 'SUCCEEDED'],
    ]);
    const evaluated = version?.evaluations.find(({ split }) => split === 'validation');
    expect(evaluated).toMatchObject({ itemCount: 20, groupCount: 2 });

    const used = await db.database.trainingRunItem.groupBy({
      by: ['split'],
      where: { trainingRunId: runId },
      _count: true,
      orderBy: { split: 'asc' },
    });
    const items = await db.database.datasetItem.count({ where: { snapshotId: run.datasetSnapshotId } });
    const evaluatedOn = (split: string) =>
      version?.evaluations.find((each) => each.split === split)?.itemCount ?? 0;
    const [test, validation] = [evaluatedOn('test'), evaluatedOn('validation')];
    expect(used.map(({ split, _count }) => [split, _count])).toEqual([
      ['test', test],
      ['train', items - test - validation],
      ['validation', validation],
    ]);

    await readArtifact(store, artifactPrefix('first', 1), version?.digest ?? '');
    uninterrupted = manifestOf(run);
    expect(uninterrupted.provenance.parameters).toEqual(tinyRecipe);
    expect(await readdir(join(folder, 'training', 'runs'))).toEqual([]);
  });

  it('comes to the version that the command line makes of the same folder', async () => {
    const cells = join(folder, 'cells');
    await writeDemoCells(cells, demoCells);
    const recipe = Object.entries(tinyRecipe).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const place = ['--source', `file:${cells}`, '--groups', 'groups.csv', '--out', join(folder, 'out')];
    const command = [...place, '--positive', 'blast', '--seed', String(seed), ...recipe];
    const child = fork(join(import.meta.dirname, '../training/cli/train.js'), command, {
      env: { ...env, DATA_DIR: join(folder, 'elsewhere') },
    });
    children.push(child);
    expect((await once(child, 'exit'))[0]).toBe(0);

    const out = openObjectStore(`file:${join(folder, 'out')}`, noS3);
    const { manifest } = await readArtifact(out, '', null);
    expect(withoutRevision(manifest)).toEqual(uninterrupted);
  });

  it('prints on the command line how the recipe performs on held-out patients', async () => {
    const recipe = Object.entries(tinyRecipe).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const place = ['--source', `file:${join(folder, 'cells')}`, '--groups', 'groups.csv'];
    const command = [...place, '--positive', 'blast', '--folds', '2', ...recipe];
    const child = fork(join(import.meta.dirname, '../training/cli/train.js'), command, {
      env: { ...env, DATA_DIR: join(folder, 'elsewhere') },
      silent: true,
    });
    children.push(child);
    let table = '';
    child.stdout?.on('data', (text: Buffer) => (table += text.toString()));
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect(table).toContain('Out of fold, 2 folds by 12 groups, 120 images:');
    expect(table).toMatch(/\| as they are \| [01]\.\d{4} \(/);
    expect(table).toContain('| smaller cell |');
  });

  it('comes to the same version after kill -9, going on from the last epoch', async () => {
    const runId = await startRun('killed', tinyRecipe);
    const child = fork(join(import.meta.dirname, 'train-run.js'), [runId], { env });
    children.push(child);
    const exit = once(child, 'exit');
    await until(runId, ({ epochs }) => epochs.length > 0);
    child.kill('SIGKILL');
    await exit;
    const killed = await readRun(runId);
    expect(killed.status).toBe('RUNNING');

    await supervise(runId, 2);
    const run = await readRun(runId);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.epochs).toHaveLength(4);
    expect(run.epochs[0]).toEqual(killed.epochs[0]);
    expect(manifestOf(run)).toEqual(uninterrupted);
  });

  it('registers one version of several members, whose epochs count on and whose figures are out of fold', async () => {
    const runId = await startRun('several', { ...tinyRecipe, epochs: 2, members: 2 });
    await supervise(runId);
    const run = await readRun(runId);
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    const { metrics, network } = manifestOf(run);
    expect(metrics.outOfFold).toBe(true);
    expect(metrics.validation.itemCount + (metrics.test?.itemCount ?? 0)).toBe(demoCells.count);
    expect(run.modelVersion?.evaluations.map(({ split }) => split).sort()).toEqual(['out-of-fold', 'test']);
    expect(network.parameters).toBeGreaterThan(2 * 100_000);
    expect(run.modelVersion?.modelCard).toContain('|  | out of fold | test |');
    expect(await readdir(join(folder, 'training', 'runs'))).not.toContain(runId);
  });

  it('stops between two steps when it is cancelled, and registers nothing', async () => {
    const runId = await startRun('cancelled', endlessRecipe);
    const supervised = supervise(runId);
    await until(runId, ({ epochs }) => epochs.length > 0);
    await db.database.trainingRun.update({ where: { id: runId }, data: { cancelRequestedAt: new Date() } });
    await supervised;
    const run = await readRun(runId);
    expect(run).toMatchObject({ status: 'CANCELLED', modelVersion: null });
    for await (const object of store.list('models/cancelled/')) throw new Error(`${object.key} was written.`);
  });

  it('is left to be tried again when the worker stops, or its process dies', async () => {
    const runId = await startRun('stopped', endlessRecipe);
    const stopping = new AbortController();
    const supervised = supervise(runId, 1, stopping.signal);
    await until(runId, ({ epochs }) => epochs.length > 0);
    stopping.abort();
    await expect(supervised).rejects.toThrow(/ended with/);
    expect((await readRun(runId)).status).toBe('RUNNING');

    // A process that cannot reach the database says so, and that counts as no attempt.
    const unreachable = { ...env, DATABASE_URL: 'postgresql://127.0.0.1:1/none', LOG_LEVEL: 'silent' };
    await expect(supervise(runId, 3, undefined, { env: unreachable })).rejects.toMatchObject({
      name: 'UnavailableError',
      dependency: 'database',
    });
    expect((await readRun(runId)).status).toBe('RUNNING');

    // The run has recorded epochs since its first attempt, so the count starts again at attempt 3.
    const withoutFolder = { ...env, DATA_DIR: '/dev/null', LOG_LEVEL: 'silent' };
    for (const attempt of [3, 4])
      await expect(supervise(runId, attempt, undefined, { env: withoutFolder })).rejects.toThrow('ENOTDIR');
    expect((await readRun(runId)).status).toBe('RUNNING');
    await supervise(runId, 5, undefined, { env: withoutFolder });
    expect(await readRun(runId)).toMatchObject({
      status: 'FAILED',
      error: expect.stringMatching(/ended with exit code 1 \(.*ENOTDIR/),
    });
  });

  it('fails with a sentence where the data cannot be trained on', async () => {
    const damaged = await storeDemoSnapshot(db.database, store, 'damaged', (bytes) => bytes.subarray(0, 400));
    const runId = await startRun('failed', tinyRecipe, damaged);
    await supervise(runId);
    const run = await readRun(runId);
    expect(run).toMatchObject({ status: 'FAILED', modelVersion: null });
    expect(run.error).toMatch(/^The image '(blast|lymphocyte)\/demo-\d\d_\d+\.jpg' cannot be read: /);
  });

  it('fails, and says what to do, where the training engine cannot be installed', async () => {
    const runId = await startRun('engineless', tinyRecipe);
    await supervise(runId, 1, undefined, {
      installTensorFlow: async () => 'This processor is too old.',
    });
    const run = await readRun(runId);
    expect(run.status).toBe('FAILED');
    expect(run.error).toContain('This processor is too old. Run "node scripts/install-tensorflow.mjs"');
  });
});
