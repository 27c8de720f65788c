import type { Database } from '../../database/client.js';
import { histogramOf, quantileLimits, stabilityIndex } from '../datasets/validation/stability-index.js';
import { isAnsweredIn, type ModelWindow } from './answered.js';
import type { DriftFeature } from './types.js';

/** The maximum number of images in each sample. Chosen by SHA-256, which is as good as random. */
const SAMPLE = 10_000;
/** The minimum number of images in each sample. With fewer, the index mostly reflects chance: up to 0.04 with 10 bins and 1000 images each. */
const FEWEST = 1000;
const BINS = 10;

const FEATURES = ['width', 'height', 'byteSize'] as const;
type Measured = Record<(typeof FEATURES)[number], number>;

/**
 * The drift of the images in the window from those that the champion was trained on: the population stability index of their width,
 * height and file size. Empty if the training snapshot is not on this server, or if either sample has too few images.
 */
export async function driftFeatures(database: Database, window: ModelWindow): Promise<DriftFeature[]> {
  const trainedOn = await trainingImages(database, window.modelId);
  if (trainedOn.length < FEWEST) return [];
  const answered = await answeredImages(database, window);
  if (answered.length < FEWEST) return [];
  return FEATURES.map((name) => {
    const before = trainedOn.map((image) => image[name]);
    const limits = quantileLimits(before, BINS);
    const now = answered.map((image) => image[name]);
    const populationStabilityIndex = stabilityIndex(histogramOf(before, limits), histogramOf(now, limits));
    return { name, populationStabilityIndex };
  });
}

function trainingImages(database: Database, modelId: string): Promise<Measured[]> {
  return database.$queryRaw<Measured[]>`
    SELECT image.width, image.height, image."byteSize"
    FROM "ModelAliasAssignment" champion
    JOIN "ModelVersion" version ON version.id = champion."modelVersionId"
    JOIN "DatasetItem" item ON item."snapshotId" = version."datasetSnapshotId"
    JOIN "Image" image ON image.sha256 = item."imageSha256"
    WHERE champion."modelId" = ${modelId} AND champion.alias = 'CHAMPION'
    ORDER BY image.sha256 LIMIT ${SAMPLE}`;
}

/** Images of single cells: a field has another size than a training image. */
function answeredImages(database: Database, window: ModelWindow): Promise<Measured[]> {
  return database.$queryRaw<Measured[]>`
    SELECT width, height, "byteSize" FROM "Image"
    WHERE sha256 IN (SELECT p."imageSha256" FROM "Prediction" p WHERE p."fieldId" IS NULL AND ${isAnsweredIn(window)})
    ORDER BY sha256 LIMIT ${SAMPLE}`;
}
