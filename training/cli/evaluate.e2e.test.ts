import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { writeArtifact } from '../../server/artifact/artifact-store.js';
import type { TrainingData } from '../../server/artifact/manifest.js';
import { describeTrainingData } from '../../server/artifact/training-data.js';
import { randomArtifact } from '../../server/artifact/testing.js';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { readFolderDataset } from '../dataset/folder-dataset.js';
import { measureModel } from '../../evaluation/measure-model.js';
import { demoCells } from '../testing.js';

const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };
const open = (path: string) => openObjectStore(`file:${path}`, noS3);

describe('npm run evaluate', () => {
  let folder: string;
  let cells: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cytograph-evaluate-'));
    cells = join(folder, 'cells');
    await writeDemoCells(cells, demoCells);
  });
  afterAll(async () => rm(folder, { recursive: true }));

  async function writeModel(name: string, snapshotDigest: string | null, trainingData?: TrainingData | null) {
    const provenance = {
      snapshotDigest,
      ...(trainingData ? { trainingData } : {}),
      seed: 5,
      parameters: {},
      codeRevision: null,
      libraries: {},
    };
    const artifact = randomArtifact({ inputSize: 32, manifest: { provenance } });
    await writeArtifact(open(join(folder, name)), '', artifact);
    return artifact;
  }

  const run = (...args: string[]) =>
    promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, 'evaluate.js'), '--source', `file:${cells}`, ...args],
      { cwd: folder, env: { PATH: process.env.PATH, LOG_LEVEL: 'error', INFERENCE_THREADS: '2' } },
    );

  it('prints and writes what measuring the same images gives', async () => {
    const artifact = await writeModel('model', null);
    const json = join(folder, 'report.json');
    const { stdout, stderr } = await run('--model', 'model', '--groups', 'groups.csv', '--json', json);

    const { items, digest, store } = await readFolderDataset(open(cells), null, 'groups.csv');
    const { metrics } = await measureModel(
      artifact,
      { items, store },
      { threads: 1, log: pino({ level: 'silent' }), onProgress: () => {} },
      new AbortController().signal,
    );
    const report: unknown = JSON.parse(await readFile(json, 'utf8'));
    expect(report).toMatchObject({ modelDigest: artifact.digest, snapshotDigest: digest, metrics });
    expect(metrics.groupCount).toBe(12);
    expect(stdout).toMatch(new RegExp(`AUC +${metrics.auc?.estimate.toFixed(4)} +\\(95 % `));
    expect(stdout).toMatch(/blast called normal +\d+/);
    expect(stderr).toContain('Evaluating: 120 of 120');
  });

  it('refuses what the model was trained on, also under more labels, and labels that are not its own', async () => {
    const asIs = await readFolderDataset(open(cells), null, null);
    const classes = [
      { folder: 'blast', label: 'blast' },
      { folder: 'lymphocyte', label: 'normal' },
    ];
    const mapped = await readFolderDataset(open(cells), classes, null);
    for (const { digest } of [asIs, mapped]) {
      await writeModel(digest, digest);
      await expect(run('--model', digest)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^The model was trained on these images, so they cannot evaluate it/),
      });
    }
    const [one] = asIs.items;
    await writeModel('one', 'f'.repeat(64), one ? describeTrainingData([one]) : null);
    await expect(run('--model', 'one')).rejects.toMatchObject({
      stderr: expect.stringMatching(/of the 120 images, 1 are also in the training data/),
    });
    await writeModel('other', null);
    await expect(run('--model', 'other', '--classes', 'blast=aml,lymphocyte=normal')).rejects.toMatchObject({
      stderr: expect.stringContaining("labelled 'aml'"),
    });
    await expect(run('--model', 'nowhere')).rejects.toMatchObject({
      stderr: expect.stringMatching(/^[^\n]+\n$/),
    });
  });
});
