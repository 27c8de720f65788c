import { setImmediate } from 'node:timers/promises';
import type { LayersModel, Tensor } from '@tensorflow/tfjs-node';
import { type BatchSource, plainBatches } from '../dataset/batches.js';
import type { Variant } from '../dataset/variant.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';

/** The network's outputs for images, in the order of `indices`: logits `[N]` and embeddings `[N][D]`. */
export interface Scores {
  logits: Float32Array;
  embeddings: Float32Array[];
}

/** Scores the images of `indices`, as they are or all in the same variant. Stops between two batches when `signal` aborts. */
export async function scoreImages(
  tf: TensorFlow,
  model: LayersModel,
  source: BatchSource,
  indices: readonly number[],
  signal: AbortSignal,
  variant: Variant | null = null,
): Promise<Scores> {
  const size = source.preprocessing.inputSize;
  const both = tf.model({
    inputs: model.inputs,
    outputs: [model.getLayer('logit').output, model.getLayer('embedding').output].flat(),
  });
  const logits: number[] = [];
  const embeddings: Float32Array[] = [];
  for (const batch of plainBatches(source, indices, variant)) {
    signal.throwIfAborted();
    tf.tidy(() => {
      const x = tf.tensor4d(batch.images, [batch.indices.length, size, size, 3]);
      const [logit, embedding] = both.predict(x, { batchSize: batch.indices.length }) as [Tensor, Tensor];
      logits.push(...logit.dataSync());
      const values = Float32Array.from(embedding.dataSync());
      const dimensions = values.length / batch.indices.length;
      batch.indices.forEach((_, row) =>
        embeddings.push(values.slice(row * dimensions, (row + 1) * dimensions)),
      );
    });
    await setImmediate();
  }
  return { logits: Float32Array.from(logits), embeddings };
}
