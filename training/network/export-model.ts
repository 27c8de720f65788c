import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { LayersModel } from '@tensorflow/tfjs-node';
import { exportOnnx } from '../../server/artifact/export-onnx.js';
import { type BatchSource, plainBatches } from '../dataset/batches.js';
import { scoreImages } from './score-images.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';

/** Largest difference that TensorFlow.js and onnxruntime may show in an output, in their own units. */
const TOLERANCE = 1e-4;

export interface ExportedModel {
  /** As `LayersModel.save` writes it: topology and weights manifest. */
  modelJson: Uint8Array;
  weights: Uint8Array;
  onnx: Uint8Array;
}

/** The model's files. The same weights give the same bytes. */
export async function exportModel(tf: TensorFlow, model: LayersModel): Promise<ExportedModel> {
  const saved: Pick<ExportedModel, 'modelJson' | 'weights'>[] = [];
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const { modelTopology, weightSpecs, weightData, format, generatedBy } = artifacts;
    if (!weightData || !weightSpecs) throw new Error('TensorFlow.js saved the model without its weights.');
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    saved.push({
      modelJson: Buffer.from(JSON.stringify({ format, generatedBy, modelTopology, weightsManifest })),
      weights: Buffer.concat([weightData].flat().map((shard) => Buffer.from(shard))),
    });
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await model.save(handler);
  const [files] = saved;
  if (!files) throw new Error('TensorFlow.js did not save the model.');
  return { ...files, onnx: exportOnnx(files.modelJson, files.weights) };
}

/**
 * The largest difference between TensorFlow.js and onnxruntime over logits and embeddings of real images. Throws where
 * it is above 1e-4, because such an export must not be served.
 */
export async function checkParity(
  tf: TensorFlow,
  model: LayersModel,
  onnx: Uint8Array,
  source: BatchSource,
  indices: readonly number[],
  signal: AbortSignal,
): Promise<number> {
  const expected = await scoreImages(tf, model, source, indices, signal);
  const session = await InferenceSession.create(onnx);
  const size = source.preprocessing.inputSize;
  let largest = 0;
  let row = 0;
  try {
    for (const { images, indices: batch } of plainBatches(source, indices)) {
      const image = new OnnxTensor('float32', images, [batch.length, size, size, 3]);
      const { logits, embedding } = await session.run({ image }, ['logits', 'embedding']);
      const actual = { logits: floatsOf(logits), embedding: floatsOf(embedding) };
      const dimensions = actual.embedding.length / batch.length;
      batch.forEach((_, position) => {
        const ours = [expected.logits[row] ?? NaN, ...(expected.embeddings[row] ?? [])];
        const start = position * dimensions;
        const theirs = [
          actual.logits[position] ?? NaN,
          ...actual.embedding.subarray(start, start + dimensions),
        ];
        ours.forEach((value, output) => {
          const difference = Math.abs(value - (theirs[output] ?? NaN));
          if (!(difference <= largest)) largest = difference; // so that NaN counts
        });
        row++;
      });
    }
  } finally {
    await session.release();
  }
  if (!(largest <= TOLERANCE)) {
    throw new Error(`The ONNX export differs from TensorFlow.js by ${largest}, more than ${TOLERANCE}.`);
  }
  return largest;
}

function floatsOf(output: OnnxTensor | undefined): Float32Array {
  if (!(output?.data instanceof Float32Array)) throw new Error('onnxruntime gave no float32 output.');
  return output.data;
}
