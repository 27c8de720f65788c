import { type Artifact, sealArtifact } from '../server/artifact/artifact.js';
import { describeNetwork } from '../server/artifact/export-onnx.js';
import { describeTrainingData } from '../server/artifact/training-data.js';
import { withReferences } from '../server/inference/references.js';
import type { DecisionRules } from './calibration/derive-decision-rules.js';
import type { AssembledNetwork } from './network/assemble-network.js';
import type { TrainingPlan } from './recipe/plan-training.js';
import type { ModelScores } from './score-model.js';
import { codeRevision, libraryVersions } from './tensorflow/libraries.js';
import type { TensorFlow } from './tensorflow/tensorflow.js';
import type { TrainingTask } from './training-task.js';

/** Writes the manifest, computes the digests, and records the model's answers for the reference images. */
export async function sealModel(
  tf: TensorFlow,
  { items, positiveLabel, snapshotDigest, itemCounts, erased, seed, parameters }: TrainingTask,
  { preprocessing, members }: TrainingPlan,
  { name, files }: AssembledNetwork,
  rules: DecisionRules,
  { metrics }: ModelScores,
): Promise<Artifact> {
  const { evidence, parameters: weightCount, macs } = describeNetwork(files.modelJson, files.weights);
  const trainingData = describeTrainingData(items.filter(({ split }) => split !== 'test'));
  const sealed = sealArtifact(
    {
      format: 'cytograph-model/2',
      positiveLabel,
      preprocessing,
      ...rules,
      evidence,
      network: { name, parameters: weightCount, macs },
      provenance: {
        snapshotDigest,
        ...(trainingData ? { trainingData } : {}),
        ...(itemCounts ? { itemCounts } : {}),
        ...(erased ? { erased } : {}),
        seed,
        parameters,
        codeRevision: await codeRevision(),
        libraries: libraryVersions(tf),
      },
      metrics: {
        validation: metrics.validation,
        ...(members.length > 1 ? { outOfFold: true } : {}),
        test: metrics.test,
      },
    },
    files,
  );
  return withReferences(sealed);
}
