import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { PredictionOutcome } from '../../database/generated/enums.js';
import type { Prisma } from '../../database/generated/client.js';
import { encodeEvidence } from '../../pixels/evidence-map.js';

/** SHA-256 of the image of all predictions that {@link createPrediction} makes. */
export const IMAGE_SHA256 = 'a'.repeat(64);

export async function createImage(database: Database): Promise<void> {
  await database.image.create({
    data: { sha256: IMAGE_SHA256, width: 8, height: 8, byteSize: 9, mediaType: 'image/png' },
  });
}

/** Records a prediction of a version without an image file. Returns its id. */
export async function createPrediction(
  database: Pick<Transaction, 'prediction'>,
  data: Partial<Prisma.PredictionUncheckedCreateInput> & { modelVersionId: string },
): Promise<string> {
  const id = newId('pred');
  await database.prediction.create({
    data: {
      ...{ id, imageSha256: IMAGE_SHA256, outcome: PredictionOutcome.CLASSIFIED, label: 'blast' },
      ...{ confidence: 0.9, probabilities: [0.1, 0.9], outOfDistributionScore: 0 },
      ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 3 },
      evidence: encodeEvidence({ height: 1, width: 1, values: new Float32Array(1) }),
      ...data,
    },
  });
  return id;
}

/** Removes a prediction with its reviews, as the erasure of its case does. */
export async function erasePrediction(database: Database, id: string): Promise<void> {
  await database.$transaction(async (tx) => {
    const event = newId('aud');
    await tx.auditEvent.create({ data: { id: event, action: 'CASE_ERASED', outcome: 'success' } });
    await tx.$executeRaw`SELECT set_config('cytograph.erasure', ${event}, true)`;
    await tx.review.deleteMany({ where: { predictionId: id } });
    await tx.prediction.deleteMany({ where: { id } });
  });
}

/** Waits until all changes so far are listed. Transactions of other databases of the cluster delay them. */
export async function untilListed(database: Database): Promise<void> {
  const isListed = () => database.$queryRaw<{ listed: boolean }[]>`
    SELECT coalesce(max("place") < (SELECT first_open_place()), TRUE) AS listed FROM "PredictionChange"`;
  while (!(await isListed())[0]?.listed) await sleep(20);
}
