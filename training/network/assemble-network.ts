import type { LayersModel } from '@tensorflow/tfjs-node';
import type { BatchSource } from '../dataset/batches.js';
import type { TrainingPlan } from '../recipe/plan-training.js';
import type { TrainedMember } from '../recipe/train-member.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';
import { checkParity, type ExportedModel, exportModel } from './export-model.js';
import { architectureFor, composeEnsemble, NETWORK_NAME } from './network.js';

/** The number of held-out images that the ONNX export is compared with TensorFlow.js on. */
const PARITY_IMAGES = 64;

/** The network of a version: a single member, or all members joined into one. */
export interface AssembledNetwork {
  name: string;
  model: LayersModel;
  files: ExportedModel;
  /** Largest difference between TensorFlow.js and ONNX on held-out images, in the outputs' own units. */
  parity: number;
  /** Frees the memory of the network and of its members. */
  dispose(): void;
}

/** Joins the members into one network, exports it, and checks the ONNX form against TensorFlow.js. Throws if they differ. */
export async function assembleNetwork(
  tf: TensorFlow,
  plan: TrainingPlan,
  members: readonly TrainedMember[],
  source: BatchSource,
  signal: AbortSignal,
): Promise<AssembledNetwork> {
  const model = joinMembers(tf, members, plan.preprocessing.inputSize);
  const files = await exportModel(tf, model);
  const heldOut = plan.members[0]?.heldOut.slice(0, PARITY_IMAGES) ?? [];
  return {
    name: members.length === 1 ? NETWORK_NAME : `${NETWORK_NAME} × ${members.length}`,
    model,
    files,
    parity: await checkParity(tf, model, files.onnx, source, heldOut, signal),
    dispose: () => {
      for (const each of new Set([model, ...members.map((member) => member.model)])) each.dispose();
    },
  };
}

function joinMembers(tf: TensorFlow, members: readonly TrainedMember[], inputSize: number): LayersModel {
  const [only, ...others] = members;
  if (only && others.length === 0) return only.model;
  return composeEnsemble(tf, inputSize, architectureFor(inputSize, members.length), members);
}
