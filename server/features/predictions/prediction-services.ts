import { grouped } from '../../concurrency/grouped.js';
import type { Database } from '../../database/client.js';
import { EvidenceMaps } from './evidence-maps.js';
import { createFirstAnswers, type FirstAnswers } from './first-answers.js';
import { isFaultOfRows, type NewPrediction, recordPredictions } from './record-predictions.js';

/** What requests share. */
export interface PredictionServices {
  firstAnswers: FirstAnswers;
  evidenceMaps: EvidenceMaps;
  /** Records one prediction and resolves with its `createdAt`. Concurrent callers share one statement and one commit. */
  recordPrediction: (prediction: NewPrediction) => Promise<Date>;
}

/** Made once for each database. */
export function createPredictionServices(database: Database): PredictionServices {
  return {
    firstAnswers: createFirstAnswers(database),
    evidenceMaps: new EvidenceMaps(),
    recordPrediction: grouped(
      (predictions: readonly NewPrediction[]) => recordPredictions(database, predictions),
      isFaultOfRows,
    ),
  };
}
