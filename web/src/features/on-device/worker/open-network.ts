import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { evidenceOf, type EvidenceMap } from '../../../../../server/pixels/evidence-map.js';
import { type Engine, engines } from '../messages.js';
import type { ModelFiles } from './model-files.js';

/** The outputs of the network for one image. */
export interface NetworkOutput {
  readonly logit: number;
  /** `[D]`. */
  readonly embedding: Float32Array;
  readonly evidence: EvidenceMap;
}

export interface Network {
  readonly engine: Engine;
  /** @param image `[S, S, 3]`, normalised */
  run(image: Float32Array): Promise<NetworkOutput>;
  dispose(): void;
}

/**
 * Opens a version's network with the first engine that exists here and passes the check: the graphics card by WebGPU or WebGL, or else
 * WebAssembly. Rejects with an Error if none does.
 *
 * @param check rejects if the network does not give the results that it should
 */
export async function openNetwork(
  files: ModelFiles,
  check: (network: Network) => Promise<void>,
): Promise<Network> {
  const reasons: string[] = [];
  for (const engine of engines) {
    let network: Network | null = null;
    try {
      await start(engine);
      network = await open(files, engine);
      await check(network);
      return network;
    } catch (error) {
      network?.dispose();
      reasons.push(`${engine}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`This browser cannot run the model (${reasons.join('; ')}).`);
}

async function start(engine: Engine): Promise<void> {
  if (engine === 'webgpu') {
    if (!('gpu' in navigator) || !(await navigator.gpu.requestAdapter())) throw new Error('not available');
    await import('@tensorflow/tfjs-backend-webgpu');
  }
  if (engine === 'webgl' && !hasGraphicsCard()) throw new Error('not available');
  if (engine === 'wasm') {
    // Threads would need a page that is isolated from all others.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    setWasmPaths({
      'tfjs-backend-wasm.wasm': plainWasm,
      'tfjs-backend-wasm-simd.wasm': simdWasm,
      'tfjs-backend-wasm-threaded-simd.wasm': simdWasm, // not used
    });
  }
  if (!(await tf.setBackend(engine))) throw new Error('not available');
  await tf.ready();
}

/** Whether WebGL runs on a graphics card. Where the processor does its work, WebAssembly is faster. */
function hasGraphicsCard(): boolean {
  const options = { failIfMajorPerformanceCaveat: true };
  return new OffscreenCanvas(1, 1).getContext('webgl2', options) !== null;
}

async function open({ manifest, modelJson, weights }: ModelFiles, engine: Engine): Promise<Network> {
  const { modelTopology, weightsManifest } = layersModel(modelJson);
  const saved = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: weights,
    }),
  );
  const pooling = saved.layers.at(-2);
  if (pooling?.getClassName() !== 'GlobalAveragePooling2D')
    throw new Error('the network does not end as networks of Cytograph end');
  const model = tf.model({
    inputs: saved.inputs,
    outputs: [...saved.outputs, ...[pooling.output].flat(), ...[pooling.input].flat()],
  });
  const size = manifest.preprocessing.inputSize;
  const [height, width] = manifest.evidence.grid;
  const evidenceWeights = new Float64Array(manifest.evidence.weights);

  return {
    engine,
    async run(image) {
      const outputs = tf.tidy(() => [model.predict(tf.tensor4d(image, [1, size, size, 3]))].flat());
      const [logit, embedding, features] = await Promise.all(outputs.map((output) => floatsOf(output)));
      tf.dispose(outputs);
      if (logit?.[0] === undefined || !embedding || features?.length !== height * width * embedding.length)
        throw new Error('the outputs of the network are not those that the manifest describes');
      return {
        logit: logit[0],
        embedding,
        evidence: { height, width, values: evidenceOf(features, evidenceWeights) },
      };
    },
    dispose: () => saved.dispose(),
  };
}

async function floatsOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data();
  if (!(values instanceof Float32Array)) throw new Error('an output of the network is not float32');
  return values;
}

/** The two parts of `model.json`. Its SHA-256 is that of a file that the server has read and converted, so its form is right. */
function layersModel(json: unknown): tf.io.ModelJSON {
  if (!isModelJson(json)) throw new Error('model.json is not what TensorFlow.js Layers writes');
  return json;
}

function isModelJson(json: unknown): json is tf.io.ModelJSON {
  return typeof json === 'object' && json !== null && 'modelTopology' in json && 'weightsManifest' in json;
}
