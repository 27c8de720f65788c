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

/** The answers of each of these evaluations, in the order of the keys of the snapshot's items. Evaluations without answers are absent. */
export async function loadEvaluationAnswers(
  database: Database,
  evaluationIds: readonly string[],
): Promise<Map<string, EvaluationAnswer[]>> {
  const rows = await database.evaluationAnswers.findMany({
    where: { evaluationId: { in: [...evaluationIds] } },
  });
  return new Map(
    rows.map(({ evaluationId, probabilities, outcomes }) => {
      const view = new DataView(probabilities.buffer, probabilities.byteOffset, probabilities.byteLength);
      const answers = outcomes.map((outcome, index) => ({
        probability: view.getFloat64(index * FLOAT64_BYTES, true),
        outcome,
      }));
      return [evaluationId, answers];
    }),
  );
}
