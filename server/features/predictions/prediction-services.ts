import { grouped } from '../../concurrency/grouped.js';
import type { Database } from '../../database/client.js';
import type { Events } from '../../database/events.js';
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

/** Made once for each database. What they remember is forgotten when a case is erased, by any server. */
export function createPredictionServices(database: Database, events: Events): PredictionServices {
  const firstAnswers = createFirstAnswers(database);
  const evidenceMaps = new EvidenceMaps();
  const forget = () => {
    firstAnswers.recent.clear();
    evidenceMaps.clear();
  };
  events.on('case-erased', forget);
  events.onReconnect(forget);
  return {
    firstAnswers,
    evidenceMaps,
    recordPrediction: grouped(
      (predictions: readonly NewPrediction[]) => recordPredictions(database, predictions),
      isFaultOfRows,
    ),
  };
}
