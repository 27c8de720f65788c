import { createHash } from 'node:crypto';
import type { Database } from '../server/database/client.js';
import { newId } from '../server/database/ids.js';
import { writeSnapshotManifest } from '../server/features/datasets/snapshot-manifest.js';
import { TrainingParameters } from '../server/features/training/parameters.js';
import { type DemoCellOptions, drawDemoCells } from '../server/imaging/demo-cells.js';
import { imageKey } from '../server/storage/keys.js';
import type { ObjectStore } from '../server/storage/object-store.js';

/** A recipe that takes seconds, its seed, and a recipe that runs longer than any test. */
export const tinyRecipe = TrainingParameters.parse({
  epochs: 4,
  batchSize: 16,
  learningRate: 0.003,
  inputSize: 32,
});
export const seed = 7;
export const endlessRecipe: TrainingParameters = { ...tinyRecipe, epochs: 400, patience: 400 };

export const demoCells: DemoCellOptions = { count: 120, seed: 1, size: 48 };

/**
 * Stores a READY snapshot of 120 demo cells of 12 patients, as ingestion would leave it, and returns its id.
 * @param damage changes each image file before it is stored
 */
export async function storeDemoSnapshot(
  database: Database,
  store: ObjectStore,
  name: string,
  damage = (bytes: Buffer) => bytes,
): Promise<string> {
  const id = newId('snap');
  await database.datasetSnapshot.create({
    data: { id, name, version: 1, status: 'INGESTING', source: 'file:/demo' },
  });
  for await (const cell of drawDemoCells(demoCells)) {
    const bytes = damage(cell.bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await store.put(imageKey(sha256), bytes);
    const image = { width: 48, height: 48, byteSize: bytes.length, mediaType: 'image/jpeg' };
    await database.image.upsert({ where: { sha256 }, create: { sha256, ...image }, update: {} });
    await database.datasetItem.create({
      data: { snapshotId: id, key: cell.key, label: cell.label, group: cell.group, imageSha256: sha256 },
    });
  }
  const digest = await writeSnapshotManifest(database, store, id);
  await database.datasetSnapshot.update({
    where: { id },
    data: { status: 'READY', digest, itemCount: demoCells.count },
  });
  return id;
}

/** Records a QUEUED run on a snapshot, of a model that is created where there is none; returns the run's id. */
export async function storeRun(
  database: Database,
  modelName: string,
  datasetSnapshotId: string,
  parameters: TrainingParameters,
): Promise<string> {
  const model = await database.model.upsert({
    where: { name: modelName },
    create: { id: newId('model'), name: modelName },
    update: {},
  });
  const run = await database.trainingRun.create({
    data: {
      id: newId('run'),
      status: 'QUEUED',
      modelId: model.id,
      datasetSnapshotId,
      positiveLabel: 'blast',
      parameters,
      seed,
    },
  });
  return run.id;
}
