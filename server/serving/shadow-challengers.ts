import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database } from '../database/client.js';
import { interpret } from '../inference/interpret.js';
import type { InferencePool } from '../inference/pool.js';
import type { ServedVersion, ServedVersions } from './served-versions.js';
import type { AnsweredPrediction, Shadow, ShadowMetrics } from './shadow.js';

/** Images shown to challengers at the same time: all threads but one stay free for those who wait for an answer. */
const AT_ONCE = 1;

/** What shadowing takes. */
interface ShadowServices {
  database: Database;
  inference: InferencePool;
  served: ServedVersions;
  metrics: ShadowMetrics;
  log: Logger;
}

/**
 * Lets challengers answer a share of what champions have answered, on threads that have nothing else to do.
 *
 * @param share of the images, 0–1
 */
export function shadowChallengers(services: ShadowServices, share: number): Shadow {
  const { database, inference, served, metrics, log } = services;
  const running = new Set<Promise<void>>();

  async function shadow(prediction: AnsweredPrediction, challenger: ServedVersion, bytes: Uint8Array) {
    try {
      const { manifest } = challenger;
      const answer = await served.use(challenger.id, async () => {
        const { logit, embedding } = await inference.infer(challenger.id, bytes);
        return interpret(manifest, logit, embedding);
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
      log.warn({ err: error, predictionId: prediction.id }, 'A challenger gave no answer.');
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
 * Whether a prediction is among the `share` (0–1) that is shadowed: by its id alone, so that anybody can tell afterwards which
 * ones were meant. The first four bytes of the id's SHA-256 are a number that is as good as drawn from 0 to 2³² − 1.
 */
export function isSampled(predictionId: string, share: number): boolean {
  return createHash('sha256').update(predictionId).digest().readUInt32BE() < share * 2 ** 32;
}

interface Answer {
  outcome: string;
  label: string;
}

/** Whether whoever reads the two answers reads the same: the same outcome and, where a label stands, the same label. */
export function agree(champion: Answer, challenger: Answer, positiveLabel: string): boolean {
  if (champion.outcome !== challenger.outcome) return false;
  // The negative class may have another name in another version: 'normal', 'other'.
  const isPositive = ({ label }: Answer) => label === positiveLabel;
  return champion.outcome !== 'CLASSIFIED' || isPositive(champion) === isPositive(challenger);
}
