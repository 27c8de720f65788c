import type { Artifact } from '../../server/artifact/artifact.js';
import type { Config } from '../../server/config.js';
import { UnreadableImageError } from '../../server/imaging/unreadable-image.js';
import { interpret } from '../../server/inference/interpret.js';
import { openInferencePool } from '../../server/inference/pool.js';
import { createLog } from '../../server/log.js';
import type { Classifier } from './classifier.js';

const MODEL = 'model';
/** Images in progress for each thread: some are read while others are decoded and classified. */
const AHEAD = 4;

/** Classifies with an artifact, in threads of this process. */
export async function openLocalClassifier(artifact: Artifact, config: Config): Promise<Classifier> {
  const { manifest, digest } = artifact;
  const { inferenceThreads: threads, inferenceServer: server } = config;
  const log = createLog(config.logLevel, process.stderr); // standard output is for the summary
  // One image per run, so that its results do not depend on the other images of a batch.
  const pool = openInferencePool({ threads, queueLimit: threads * AHEAD, maxBatch: 1, server, log });
  try {
    await pool.load(MODEL, manifest, artifact.onnx);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return {
    version: digest,
    ahead: threads * AHEAD,
    close: () => pool.close(),
    classify: async ({ bytes }, signal) => {
      try {
        const result = await pool.infer(MODEL, bytes, signal);
        const answer = interpret(manifest, result);
        const positive = answer.probabilities.find(({ label }) => label === manifest.positiveLabel);
        return {
          outcome: answer.outcome,
          label: answer.label,
          confidence: String(answer.confidence),
          probability: String(positive?.probability ?? ''),
          outOfDistributionScore: String(answer.outOfDistributionScore),
          warnings: result.qualityWarnings.join(' '),
        };
      } catch (error) {
        if (error instanceof UnreadableImageError) return { error: error.message };
        throw error;
      }
    },
  };
}
