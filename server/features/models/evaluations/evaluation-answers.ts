import type { Database } from '../../../database/client.js';
import type { PredictionOutcome } from '../../../database/generated/enums.js';

/** A version's answer for one image of an evaluated snapshot. */
export interface EvaluationAnswer {
  /** Calibrated probability of the positive label. */
  probability: number;
  outcome: PredictionOutcome;
}

const FLOAT64_BYTES = 8;

/** Probabilities as they are stored: float64, little-endian. */
export function bytesOfProbabilities(probabilities: readonly number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(probabilities.length * FLOAT64_BYTES));
  probabilities.forEach((probability, index) => view.setFloat64(index * FLOAT64_BYTES, probability, true));
  return new Uint8Array(view.buffer);
}

/** Why answers cannot be matched with the items of a snapshot of reviews from which an erasure has removed some. */
export const ERASED_SINCE =
  'Images were erased from the snapshot after the evaluation on it. Evaluate the version again.';

/**
 * The answers of each of these evaluations for the items of its snapshot, in the order of their keys. Null if images were erased from
 * the snapshot since: answers have no keys, and items are only ever removed, so an equal number means the same items. Evaluations
 * without answers are absent.
 * @param itemCount the number of items that the snapshot has now
 */
export async function loadEvaluationAnswers(
  database: Database,
  evaluationIds: readonly string[],
  itemCount: number,
): Promise<Map<string, EvaluationAnswer[] | null>> {
  const rows = await database.evaluationAnswers.findMany({
    where: { evaluationId: { in: [...evaluationIds] } },
  });
  return new Map(
    rows.map(({ evaluationId, probabilities, outcomes }) => {
      if (outcomes.length !== itemCount) return [evaluationId, null];
      const view = new DataView(probabilities.buffer, probabilities.byteOffset, probabilities.byteLength);
      const answers = outcomes.map((outcome, index) => ({
        probability: view.getFloat64(index * FLOAT64_BYTES, true),
        outcome,
      }));
      return [evaluationId, answers];
    }),
  );
}
