import { ModelLoadError } from './errors.js';
import { openLocalNetwork } from './local-network.js';
import type { NetworkManifest } from './messages.js';
import {
  AGREEMENT,
  type Network,
  type NetworkOutput,
  OUTPUT_NAMES,
  outputReader,
  outputShapes,
  RUNS_AT_ONCE,
  sampleImages,
} from './network.js';
import { InferenceServerError, type ModelMetadata, OpenInferenceModel } from './open-inference.js';

/** The name of a network on every server, from the start of its file's SHA-256. It is valid in host names, folders and URLs. */
export function remoteName({ files }: NetworkManifest): string {
  return `cytograph-${files['model.onnx'].sha256.slice(0, 16)}`;
}

/**
 * A network that a server of the Open Inference Protocol runs. The server's network is verified: its shapes must match the
 * manifest, and its outputs for sample input must match those of the ONNX file, run locally. Throws ModelLoadError.
 */
export async function openRemoteNetwork(
  manifest: NetworkManifest,
  onnx: Uint8Array,
  maxBatch: number,
  server: string,
): Promise<Network> {
  const model = new OpenInferenceModel(server, remoteName(manifest));
  try {
    checkMetadata(manifest, await loadedMetadata(model));
    const samples = sampleImages(manifest, maxBatch);
    const binary = await acceptsBinary(model, manifest, samples, maxBatch);
    const network = open(model, manifest, binary);
    compare(await network.run(samples, maxBatch), await runLocally(manifest, onnx, samples, maxBatch));
    return network;
  } catch (error) {
    if (error instanceof InferenceServerError) {
      throw new ModelLoadError(
        `The inference server does not serve the network '${remoteName(manifest)}'. ${error.message}`,
        { cause: error },
      );
    }
    throw error;
  }
}

function open(model: OpenInferenceModel, manifest: NetworkManifest, binary: boolean): Network {
  const read = outputReader(manifest);
  return {
    runsAtOnce: RUNS_AT_ONCE.onServer,
    run: (images, count) =>
      retryOnce(model, async () => {
        const outputs = await infer(model, manifest, images, count, binary);
        return read(count, (name) => outputs.get(name));
      }),
    release: () => Promise.resolve(), // other replicas may use the same network on the server
  };
}

/**
 * Runs a second time after a stale connection, or after loading the network again on a server that was restarted. Inference has no
 * side effects, so repeating it is safe.
 */
async function retryOnce<T>(model: OpenInferenceModel, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof InferenceServerError)) throw error;
    if (isUnknown(error)) await model.load();
    else if (error.status !== null || isTimeout(error)) throw error;
    return await run();
  }
}

async function loadedMetadata(model: OpenInferenceModel): Promise<ModelMetadata> {
  try {
    return await model.metadata();
  } catch (error) {
    if (!(error instanceof InferenceServerError && isUnknown(error))) throw error;
    await model.load();
    return model.metadata();
  }
}

/** The status for an unknown model is 404 in KServe and MLServer, and 400 in Triton. */
function isUnknown({ status }: InferenceServerError): boolean {
  return status === 404 || status === 400;
}

function isTimeout({ cause }: InferenceServerError): boolean {
  return cause instanceof Error && cause.name === 'TimeoutError';
}

/** Tries whether the server accepts binary tensors. The list of extensions is unreliable: KServe accepts them without listing them. */
async function acceptsBinary(
  model: OpenInferenceModel,
  manifest: NetworkManifest,
  samples: Float32Array,
  count: number,
): Promise<boolean> {
  try {
    const outputs = await infer(model, manifest, samples, count, true);
    return OUTPUT_NAMES.every((name) => outputs.has(name));
  } catch (error) {
    const status = error instanceof InferenceServerError ? error.status : null;
    if (status === null || [502, 503, 504].includes(status)) throw error; // not caused by the binary format
    return false;
  }
}

function infer(
  model: OpenInferenceModel,
  { preprocessing: { inputSize } }: NetworkManifest,
  images: Float32Array,
  count: number,
  binary: boolean,
) {
  const shape = [count, inputSize, inputSize, 3];
  const values = images.subarray(0, count * inputSize * inputSize * 3);
  return model.infer({ name: 'image', shape, values }, OUTPUT_NAMES, binary);
}

async function runLocally(manifest: NetworkManifest, onnx: Uint8Array, samples: Float32Array, count: number) {
  const local = await openLocalNetwork(manifest, onnx, count);
  try {
    return await local.run(samples, count);
  } finally {
    await local.release();
  }
}

function checkMetadata(manifest: NetworkManifest, { inputs, outputs }: ModelMetadata): void {
  const { inputSize } = manifest.preprocessing;
  const wanted = { image: [-1, inputSize, inputSize, 3], ...outputShapes(manifest, -1) };
  for (const [name, shape] of Object.entries(wanted)) {
    const tensor = [...inputs, ...outputs].find((each) => each.name === name);
    const stated = tensor ? `${tensor.datatype} [${tensor.shape.join()}]` : 'missing';
    if (stated !== `FP32 [${shape.join()}]`) {
      throw new ModelLoadError(
        `On the inference server, '${name}' is ${stated}, but the manifest requires FP32 [${shape.join()}].`,
      );
    }
  }
}

function compare(remote: readonly NetworkOutput[], local: readonly NetworkOutput[]): void {
  local.forEach((expected, index) => {
    const given = remote[index];
    const here = [expected.logit, ...expected.embedding, ...expected.evidence.values];
    const there = given ? [given.logit, ...given.embedding, ...given.evidence.values] : [];
    const largest = here.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const agree = here.every((value, at) => Math.abs(value - (there[at] ?? NaN)) <= AGREEMENT * largest);
    if (!agree) {
      throw new ModelLoadError(
        `The inference server runs a different network: its logit for sample input is ${given?.logit}, but ${expected.logit} was expected.`,
      );
    }
  });
}
