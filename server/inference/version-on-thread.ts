import { prepareField } from '../imaging/prepare-field.js';
import { type PreparedImage, prepareImage } from '../imaging/prepare-image.js';
import type { Preprocessing } from '../decision/preprocessing.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';
import type { Answer, ImageToInfer, Outcome, ThreadSettings } from './messages.js';
import type { Network, NetworkOutput } from './network.js';
import { NetworkInput } from './network-input.js';

interface Decoded {
  readonly id: number;
  readonly image: PreparedImage;
  readonly decodeMs: number;
  readonly since: number;
}

/**
 * A version on one inference thread. Images are decoded as they arrive, outside the thread, and the network runs on all decoded
 * images. So the next images are decoded while the network runs, and no image waits for the decoding of another.
 */
export class VersionOnThread {
  readonly #network: Network;
  readonly #preprocessing: Preprocessing;
  readonly #batching: Pick<ThreadSettings, 'maxBatch' | 'batchDelayMs'>;
  readonly #answer: (answers: readonly Answer[]) => void;
  readonly #decoded: Decoded[] = [];
  /** One for each run that may start now. */
  readonly #freeInputs: NetworkInput[];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    network: Network,
    preprocessing: Preprocessing,
    batching: Pick<ThreadSettings, 'maxBatch' | 'batchDelayMs'>,
    answer: (answers: readonly Answer[]) => void,
  ) {
    this.#network = network;
    this.#preprocessing = preprocessing;
    this.#batching = batching;
    this.#answer = answer;
    const { maxBatch } = batching;
    this.#freeInputs = Array.from(
      { length: network.runsAtOnce },
      () => new NetworkInput(preprocessing, maxBatch),
    );
  }

  /** Does the work with the image. Its result is passed to `answer`. */
  async take({ id, work }: ImageToInfer): Promise<void> {
    const start = performance.now();
    try {
      if (work.kind === 'field') {
        const field = await prepareField(work.bytes, this.#preprocessing, work.given);
        this.#answer([{ id, outcome: { field } }]);
      } else {
        const image = work.kind === 'cell' ? work.image : await prepareImage(work.bytes, this.#preprocessing);
        const now = performance.now();
        this.#decoded.push({ id, image, decodeMs: now - start, since: now });
      }
    } catch (error) {
      const unreadable = error instanceof UnreadableImageError;
      const outcome = unreadable ? { unreadable: error.message } : failure(error);
      this.#answer([{ id, outcome }]);
    }
    this.#runReadyBatches();
  }

  release(): Promise<void> {
    return this.#network.release();
  }

  #runReadyBatches(): void {
    for (let input = this.#nextInput(); input; input = this.#nextInput()) {
      void this.#run(this.#decoded.splice(0, this.#batching.maxBatch), input);
    }
  }

  /** The input for the next batch, if a batch can run now. */
  #nextInput(): NetworkInput | undefined {
    const [oldest] = this.#decoded;
    if (!oldest || this.#freeInputs.length === 0) return undefined;
    const { maxBatch, batchDelayMs } = this.#batching;
    const toWait = oldest.since + batchDelayMs - performance.now();
    clearTimeout(this.#timer); // a timer would keep the thread alive
    if (batchDelayMs > 0 && toWait > 0 && this.#decoded.length < maxBatch) {
      this.#timer = setTimeout(() => this.#runReadyBatches(), toWait);
      return undefined;
    }
    return this.#freeInputs.pop();
  }

  async #run(batch: readonly Decoded[], input: NetworkInput): Promise<void> {
    const start = performance.now();
    this.#answer(await this.#outcomes(batch, input, start));
    this.#freeInputs.push(input);
    this.#runReadyBatches();
  }

  async #outcomes(batch: readonly Decoded[], input: NetworkInput, start: number): Promise<Answer[]> {
    try {
      batch.forEach(({ image: { pixels } }, place) => input.write(place, pixels));
      const outputs = await this.#network.run(input.values, batch.length);
      const inferenceMs = (performance.now() - start) / batch.length;
      return batch.map((decoded, index) => ({
        id: decoded.id,
        outcome: resultOf(decoded, outputs[index], start - decoded.since, inferenceMs),
      }));
    } catch (error) {
      return batch.map(({ id }) => ({ id, outcome: failure(error) }));
    }
  }
}

function resultOf(
  { image: { width, height, mediaType, qualityWarnings, frame }, decodeMs }: Decoded,
  output: NetworkOutput | undefined,
  queueMs: number,
  inferenceMs: number,
): Outcome {
  if (!output) return { failed: 'The network gave fewer outputs than there were images.' };
  return {
    result: {
      image: { width, height, mediaType },
      qualityWarnings,
      frame,
      ...output,
      timing: { queueMs, decodeMs, inferenceMs },
    },
  };
}

function failure(error: unknown): { failed: string } {
  return { failed: error instanceof Error ? error.message : String(error) };
}
