import type { Services } from '../../api/context.js';
import { grouped } from '../../concurrency/grouped.js';
import { EvidenceMaps } from './evidence-maps.js';
import { createFirstAnswers, type FirstAnswers } from './first-answers.js';
import { ImageTurns } from './image-turns.js';
import { isFaultOfRows, type NewPrediction, recordPredictions } from './record-predictions.js';

/** What requests share. */
export interface PredictionServices {
  firstAnswers: FirstAnswers;
  evidenceMaps: EvidenceMaps;
  /** Images of the cells of fields. */
  cellImages: EvidenceMaps;
  imageTurns: ImageTurns;
  /**
   * Records one prediction and resolves with its `createdAt`; null where the user has made another one with the same request key.
   * Concurrent callers share one statement and one commit.
   */
  recordPrediction: (prediction: NewPrediction) => Promise<Date | null>;
}

/** Made once for each database. What they remember is forgotten when a case is erased, by any server. */
export function createPredictionServices({
  config,
  database,
  events,
}: Pick<Services, 'config' | 'database' | 'events'>): PredictionServices {
  const firstAnswers = createFirstAnswers(database);
  const evidenceMaps = new EvidenceMaps();
  const cellImages = new EvidenceMaps('images of cells');
  const forget = () => {
    firstAnswers.recent.clear();
    evidenceMaps.clear();
    cellImages.clear();
  };
  events.on('case-erased', forget);
  events.onReconnect(forget);
  return {
    firstAnswers,
    evidenceMaps,
    cellImages,
    imageTurns: new ImageTurns(config),
    recordPrediction: grouped(
      (predictions: readonly NewPrediction[]) => recordPredictions(database, predictions),
      isFaultOfRows,
    ),
  };
}
