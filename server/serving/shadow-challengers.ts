import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database } from '../database/client.js';
import { interpret } from '../inference/interpret.js';
import type { InferencePool } from '../inference/pool.js';
import type { ServedVersion, ServedVersions } from './served-versions.js';
import type { AnsweredPrediction, Shadow, ShadowMetrics } from './shadow.js';

/** The number of images that challengers process at the same time, so that the other threads stay free for requests. */
const AT_ONCE = 1;

/** The services that shadowing needs. */
interface ShadowServices {
  database: Database;
  inference: InferencePool;
  served: ServedVersions;
  metrics: ShadowMetrics;
  log: Logger;
}

/**
 * Lets challengers classify a share of the images that champions have classified, on idle threads.
 *
 * @param share the share of the images, 0–1
 */
export function shadowChallengers(services: ShadowServices, share: number): Shadow {
  const { database, inference, served, metrics, log } = services;
  const running = new Set<Promise<void>>();

  async function shadow(prediction: AnsweredPrediction, challenger: ServedVersion, bytes: Uint8Array) {
    try {
      const { manifest } = challenger;
      const answer = await served.use(challenger.id, async () => {
        return interpret(manifest, await inference.infer(challenger.id, bytes));
      });
      const isAgreement = agree(prediction, answer, manifest.positiveLabel);
      await database.shadowAnswer.create({
        data: {
          predictionId: prediction.id,
          modelVersionId: challenger.id,
          outcome: answer.outcome,
          label: answer.label,
          probability: answer.probabilities[1]?.probability ?? NaN,
          agrees: isAgreement,
        },
      });
      metrics.shadowed(challenger.id, isAgreement);
    } catch (error) {
      metrics.notShadowed('failed');
      log.warn({ err: error, predictionId: prediction.id }, 'A challenger failed to classify an image');
    }
  }

  return {
    afterAnswer: (prediction, bytes) => {
      const challenger = served.challengerOf(prediction.modelVersionId);
      if (!challenger || !isSampled(prediction.id, share)) return;
      const { waiting, idle } = inference.status();
      if (waiting > 0 || idle === 0 || running.size >= AT_ONCE) {
        metrics.notShadowed('busy');
        return;
      }
      const work: Promise<void> = shadow(prediction, challenger, bytes).finally(() => running.delete(work));
      running.add(work);
    },
    close: async () => {
      await Promise.all(running);
    },
  };
}

/**
 * Whether a prediction is in the `share` (0–1) that is shadowed. Depends only on its id, so that the sample is reproducible: the
 * first four bytes of the id's SHA-256 are a pseudorandom number from 0 to 2³² − 1.
 */
export function isSampled(predictionId: string, share: number): boolean {
  return createHash('sha256').update(predictionId).digest().readUInt32BE() < share * 2 ** 32;
}

interface Answer {
  outcome: string;
  label: string;
}

/** Whether two answers agree: the same outcome and, if the outcome is CLASSIFIED, the same class. */
export function agree(champion: Answer, challenger: Answer, positiveLabel: string): boolean {
  if (champion.outcome !== challenger.outcome) return false;
  // The negative class may have a different name in each version: 'normal', 'other'.
  const isPositive = ({ label }: Answer) => label === positiveLabel;
  return champion.outcome !== 'CLASSIFIED' || isPositive(champion) === isPositive(challenger);
}
