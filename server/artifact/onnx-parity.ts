import { Worker } from 'node:worker_threads';
import type { Artifact } from './artifact.js';

/** The result of comparing an artifact's ONNX file with its TensorFlow.js weights. */
export interface OnnxParity {
  agrees: boolean;
  /** A sentence that says what was compared, and the result. */
  message: string;
  /** The largest difference of an output, relative to its scale where that is above 1; null: not run. */
  difference: number | null;
}

/** The input of the thread `onnx-parity-thread.ts`. */
export type ParityTask = Pick<Artifact, 'modelJson' | 'weights' | 'onnx'>;

/**
 * Checks that `model.onnx` computes the same as `model.json` and `weights.bin`, without TensorFlow. The weights are exported
 * to ONNX again (`exportOnnx`, which tests compare with TensorFlow.js). If the bytes differ, because another exporter wrote
 * the file, both files run in ONNX Runtime, and every output must agree to 1e-4. Runs in a separate thread because it can
 * take seconds. Does not throw for a network that disagrees or cannot be exported.
 */
export async function onnxParity({ modelJson, weights, onnx }: ParityTask): Promise<OnnxParity> {
  const task: ParityTask = { modelJson, weights, onnx };
  const thread = new Worker(new URL('./onnx-parity-thread.js', import.meta.url), {
    name: 'ONNX parity',
    workerData: task,
  });
  try {
    return await new Promise<OnnxParity>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () =>
        reject(new Error('The thread that compares ONNX with TensorFlow.js ended without an answer.')),
      );
    });
  } finally {
    await thread.terminate();
  }
}
