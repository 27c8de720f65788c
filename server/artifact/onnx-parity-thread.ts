import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { exportOnnx } from './export-onnx.js';
import { LayersModelError } from './layers-model.js';
import type { OnnxParity } from './onnx-parity.js';

const bytes = z.instanceof(Uint8Array);
const { modelJson, weights, onnx } = z
  .object({ modelJson: bytes, weights: bytes, onnx: bytes })
  .parse(workerData);

parentPort?.postMessage(await parity());

async function parity(): Promise<OnnxParity> {
  let exported: Uint8Array;
  try {
    exported = exportOnnx(modelJson, weights);
  } catch (error) {
    if (!(error instanceof LayersModelError)) throw error;
    const message = `model.onnx could not be compared with the weights: ${error.message}`;
    return { agrees: false, message, difference: null };
  }
  if (Buffer.compare(exported, onnx) === 0) {
    const message = 'model.onnx is byte for byte what model.json and weights.bin export to.';
    return { agrees: true, message, difference: null };
  }
  const { compareNetworks } = await import('./compare-networks.js'); // the runtime only where it is needed
  return compareNetworks(onnx, exported);
}
