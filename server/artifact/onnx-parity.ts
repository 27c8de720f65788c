import { Worker } from 'node:worker_threads';
import type { Artifact } from './artifact.js';

/** What was found of an artifact's ONNX file and its TensorFlow.js weights. */
export interface OnnxParity {
  agrees: boolean;
  /** A sentence about what was compared, and the result. */
  message: string;
  /** The largest difference of an output, relative to its scale where that is above 1; null: not run. */
  difference: number | null;
}

/** What the thread of `onnx-parity-thread.ts` is given. */
export type ParityTask = Pick<Artifact, 'modelJson' | 'weights' | 'onnx'>;

/**
 * Whether `model.onnx` computes what `model.json` and `weights.bin` do, without TensorFlow: they are exported to ONNX again
 * (`exportOnnx`, which tests compare with TensorFlow.js). The same bytes are the same network. Other bytes, of another
 * exporter,
 * are run beside the new export in ONNX Runtime; every output must agree to 1e-4. Runs in a separate thread: it computes
 * for a while. Never throws for a network that does not agree, or that cannot be exported here.
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
