import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { Database } from '../database/client.js';
import type { GivenCells } from '../imaging/prepare-field.js';
import { interpret } from '../decision/interpret.js';
import type { InferencePool } from '../inference/pool.js';
import type { InferenceResult } from '../inference/result.js';
import type { CropBox } from '../pixels/crop-box.js';
import type { ServedVersion, ServedVersions } from './served-versions.js';
import type { AnsweredCell, AnsweredPrediction, Shadow, ShadowMetrics } from './shadow.js';

/** Challengers process one image and one field at a time, so that the other threads stay free for requests. */
type Place = 'image' | 'field';

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
  const running = new Map<Place, Promise<void>>();
  let isClosing = false;

  async function record(
    prediction: AnsweredPrediction,
    { id, manifest }: ServedVersion,
    result: InferenceResult,
  ): Promise<void> {
    const answer = interpret(manifest, result);
    const isAgreement = agree(prediction, answer, manifest.positiveLabel);
    await database.shadowAnswer.create({
      data: {
        predictionId: prediction.id,
        modelVersionId: id,
        outcome: answer.outcome,
        label: answer.label,
        probability: answer.probabilities[1]?.probability ?? NaN,
        cellType: answer.cellType,
        agrees: isAgreement,
      },
    });
    metrics.shadowed(id, isAgreement);
  }

  function shadowImage(prediction: AnsweredPrediction, challenger: ServedVersion, bytes: Uint8Array) {
    return served.use(challenger.id, async () =>
      record(prediction, challenger, await inference.infer(challenger.id, bytes)),
    );
  }

  function shadowCells(
    cells: readonly AnsweredCell[],
    challenger: ServedVersion,
    { bytes, given }: { bytes: Uint8Array; given: GivenCells | null },
    onDone: () => void,
  ) {
    return served.use(challenger.id, async () => {
      const prepared = await inference.reserve(challenger.id).prepareField(bytes, given);
      const images = new Map(prepared.cells.map(({ region, image }) => [keyOf(region), image]));
      for (const cell of cells) {
        if (isClosing) return;
        const image = images.get(cell.region.join());
        if (!image) throw new Error(`The cell ${cell.id} was not found again.`);
        if (isBusy()) metrics.notShadowed('busy');
        else await record(cell, challenger, await inference.reserve(challenger.id).inferCell(image));
        onDone();
      }
    });
  }

  function isBusy(): boolean {
    const { waiting, idle } = inference.status();
    return waiting > 0 || idle === 0;
  }

  /** Begins the work for predictions of one version, unless the server is busy. `work` calls `onDone` after each of several predictions. */
  function begin(
    place: Place,
    predictions: readonly AnsweredPrediction[],
    work: (challenger: ServedVersion, onDone: () => void) => Promise<void>,
  ): void {
    const [first] = predictions;
    const challenger = first && served.challengerOf(first.modelVersionId);
    if (!challenger) return;
    if (isBusy() || running.has(place)) {
      metrics.notShadowed('busy', predictions.length);
      return;
    }
    let left = predictions.length;
    const working = work(challenger, () => left--)
      .catch((error: unknown) => {
        metrics.notShadowed('failed', left);
        log.warn({ err: error, predictionId: first.id, images: left }, 'A challenger failed to classify');
      })
      .finally(() => running.delete(place));
    running.set(place, working);
  }

  const sampled = <Answered extends AnsweredPrediction>(predictions: readonly Answered[]) =>
    predictions.filter(({ id }) => isSampled(id, share));

  return {
    afterAnswer: (prediction, bytes) =>
      begin('image', sampled([prediction]), (challenger) => shadowImage(prediction, challenger, bytes)),
    afterCells: (cells, bytes, given) => {
      const some = sampled(cells);
      begin('field', some, (challenger, onDone) => shadowCells(some, challenger, { bytes, given }, onDone));
    },
    close: async () => {
      isClosing = true;
      await Promise.all(running.values());
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

function keyOf({ left, top, width, height }: CropBox): string {
  return [left, top, width, height].join();
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
