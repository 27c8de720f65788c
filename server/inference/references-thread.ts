import { parentPort, workerData } from 'node:worker_threads';
import { openLocalNetwork } from './local-network.js';
import { recordReferences, type ReferenceTask } from './references.js';

const { manifest, onnx } = workerData as ReferenceTask;

const network = await openLocalNetwork(manifest, onnx, 1);
const references = await recordReferences(manifest, network).finally(() => network.release());
parentPort?.postMessage(references);
