import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { SnapshotItem } from '../server/features/datasets/snapshot-items.js';
import { drawDemoCells } from '../server/imaging/demo-cells.js';
import { imageKey } from '../server/storage/keys.js';
import { isTensorFlowInstalled } from './tensorflow/install-tensorflow.js';
import { loadTensorFlow, type TensorFlow } from './tensorflow/tensorflow.js';
import { demoCells, seed, tinyRecipe } from './testing.js';
import { trainModel } from './train-model.js';
import type { TrainingReports } from './training-task.js';

const parameters = { ...tinyRecipe, members: 3, epochs: 2 };
const noReports: TrainingReports = { onProgress: async () => {}, onEpoch: async () => {} };

(isTensorFlowInstalled() ? describe : describe.skip)('trainModel of several members', () => {
  let tf: TensorFlow;
  let folder: string;
  const items: SnapshotItem[] = [];
  const images = new Map<string, Buffer>();

  beforeAll(async () => {
    tf = await loadTensorFlow();
    folder = await mkdtemp(join(tmpdir(), 'cytograph-members-'));
    for await (const { key, label, group, bytes } of drawDemoCells(demoCells)) {
      const imageSha256 = createHash('sha256').update(bytes).digest('hex');
      items.push({ key, label, group, split: null, imageSha256 });
      images.set(imageKey(imageSha256), bytes);
    }
  });
  afterAll(async () => rm(folder, { recursive: true }));

  it('keeps the scores of all labels of the training images beside the two classes', async () => {
    const other = (item: SnapshotItem, index: number) =>
      item.label === 'blast' || index % 4 < 2 ? item : { ...item, label: 'monocyte' };
    const labelled = items.map(other);
    const labels = [...new Set(labelled.map(({ label }) => label))].sort();
    expect(labels).toHaveLength(3);
    const { manifest } = (await train('labels', noReports, undefined, labelled)).artifact;
    expect(manifest.classes).toEqual(['not blast', 'blast']);
    expect(manifest.cellTypes?.labels).toEqual(labels);
    const rows = manifest.cellTypes?.weights ?? [];
    expect(rows.map((row) => row.length)).toEqual(labels.map(() => manifest.evidence.weights.length));
    expect(new Set(rows.map((row) => row.join())).size).toBe(3); // trained: they begin as 0

    const { validation, test } = manifest.metrics;
    const cellsOf = ({ cellTypes }: typeof validation) =>
      labels.map((label) => cellTypes?.types.find((type) => type.label === label)?.itemCount ?? NaN);
    const ofTest = test ? cellsOf(test) : labels.map(() => 0);
    expect(cellsOf(validation).map((count, index) => count + (ofTest[index] ?? NaN))).toEqual(
      labels.map((label) => labelled.filter((item) => item.label === label).length),
    );
    expect(validation.cellTypes?.types.find(({ label }) => label === 'blast')?.auc).toEqual(
      expect.any(Number),
    );
    expect(manifest.cellTypes?.temperature).toBeGreaterThan(0.05);
    expect(manifest.cellTypes?.thresholds?.[labels.indexOf('monocyte')]).toBeNull(); // fewer than 50 training cells
  });

  const train = (name: string, reports = noReports, signal = new AbortController().signal, own = items) => {
    const store = { get: async (key: string) => images.get(key) ?? Buffer.alloc(0) };
    const log = pino({ level: 'silent' });
    const checkpointPath = join(folder, name, 'checkpoint');
    return trainModel(
      { tf, store, log, cacheFolder: join(folder, 'cache'), checkpointPath },
      { items: own, snapshotDigest: 'a'.repeat(64), positiveLabel: 'blast', parameters, seed },
      reports,
      signal,
    );
  };

  it('trains one version, with metrics out of fold over all images except the test split, and consecutive epochs', async () => {
    const epochs: number[] = [];
    let progress = 0;
    const { artifact, metrics, card } = await train('whole', {
      onProgress: async (share) => {
        expect(share).toBeGreaterThanOrEqual(progress);
        progress = share;
      },
      onEpoch: async ({ epoch }) => void epochs.push(epoch),
    });
    const { manifest } = artifact;
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(manifest.metrics.outOfFold).toBe(true);
    expect(metrics.validation.itemCount + (metrics.test?.itemCount ?? 0)).toBe(items.length);
    expect(card.splits.map(({ name }) => name)).toEqual(['fold 1', 'fold 2', 'fold 3', 'test']);
    expect(card.bestEpochs).toHaveLength(3);
    expect(manifest.network.name).toMatch(/× 3$/);
    expect(manifest.outOfDistribution).toMatchObject({ method: 'mahalanobis-ensemble' });
    expect(card.parity).toBeLessThan(1e-4);
  });

  it('continues in the middle of a member as if it had never stopped', async () => {
    const stopping = new AbortController();
    const stopped = train(
      'stopped',
      {
        ...noReports,
        onEpoch: async ({ epoch }) => {
          if (epoch === 3) stopping.abort(new Error('Stopped in the second member.'));
        },
      },
      stopping.signal,
    );
    await expect(stopped).rejects.toThrow('Stopped in the second member.');

    const epochs: number[] = [];
    const onEpoch: TrainingReports['onEpoch'] = async ({ epoch }) => void epochs.push(epoch);
    const resumed = await train('stopped', { ...noReports, onEpoch });
    expect(epochs).toEqual([4, 5, 6]);
    expect(resumed.artifact.digest).toBe((await train('another')).artifact.digest);
  });
});
