import { InferenceSession, Tensor } from 'onnxruntime-node';
import { randomFrom } from '../imaging/seeded-random.js';
import type { OnnxParity } from './onnx-parity.js';

/** Largest difference of an output, relative to its largest value where that is above 1. */
const TOLERANCE = 1e-4;
const OUTPUTS = ['logits', 'embedding', 'features'];
const IMAGES = 3;

/**
 * Compares an artifact's ONNX file with a new export of its TensorFlow.js weights on three images (noise, a gradient and a
 * flat image): every output must agree. Blocks the calling thread.
 */
export async function compareNetworks(onnx: Uint8Array, exported: Uint8Array): Promise<OnnxParity> {
  const expected = await InferenceSession.create(exported);
  try {
    const input = testImages(expected);
    const theirs = await expected.run({ image: input });
    const ours = await runOf(onnx, input);
    if (typeof ours === 'string') {
      return { agrees: false, message: `ONNX Runtime refuses model.onnx: ${ours}`, difference: null };
    }
    const difference = Math.max(...OUTPUTS.map((name) => differenceOf(ours[name], theirs[name])));
    const agrees = difference <= TOLERANCE;
    const verdict = agrees ? 'agrees with' : 'does not compute what';
    const source = agrees ? 'the export of model.json and weights.bin' : 'model.json and weights.bin do';
    const measured = Number.isFinite(difference)
      ? `on ${IMAGES} test images its outputs differ by ${difference.toExponential(1)} at most; ${TOLERANCE} is allowed`
      : 'their outputs have other shapes or no numbers';
    return { agrees, message: `model.onnx ${verdict} ${source}: ${measured}.`, difference };
  } finally {
    await expected.release();
  }
}

/** The network's outputs, or why it does not run. */
async function runOf(onnx: Uint8Array, image: Tensor): Promise<InferenceSession.OnnxValueMapType | string> {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(onnx, { logSeverityLevel: 3 });
    return await session.run({ image }, OUTPUTS);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await session?.release();
  }
}

/** `[3, H, W, C]`, in the range of what preprocessing gives. */
function testImages(session: InferenceSession): Tensor {
  const [input] = session.inputMetadata;
  const [, ...sides] = input?.isTensor ? input.shape : [];
  const shape = sides.map(Number);
  const size = shape.reduce((product, side) => product * side, 1);
  const random = randomFrom('onnx parity');
  const values = Float32Array.from({ length: IMAGES * size }, (_, index) => {
    const within = index % size;
    if (index < size) return random.between(-2.5, 2.5);
    return index < 2 * size ? -2 + (4 * within) / size : 0.5;
  });
  return new Tensor('float32', values, [IMAGES, ...shape]);
}

/** Infinity if the shapes differ or a value is NaN. */
function differenceOf(ours: unknown, theirs: unknown): number {
  if (!(ours instanceof Tensor) || !(theirs instanceof Tensor)) return Infinity;
  if (String(ours.dims) !== String(theirs.dims)) return Infinity;
  const actual: unknown = ours.data;
  const expected: unknown = theirs.data;
  if (!(actual instanceof Float32Array) || !(expected instanceof Float32Array)) return Infinity;
  let largest = 0;
  let scale = 1;
  expected.forEach((value, index) => {
    scale = Math.max(scale, Math.abs(value));
    const difference = Math.abs(value - (actual[index] ?? NaN));
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  });
  return largest / scale;
}
