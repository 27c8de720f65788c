import { createHash } from 'node:crypto';
import path from 'node:path';
import { createClient } from '../../clients/typescript/client.js';
import { ChampionsDocument, type ChampionsQuery } from '../../clients/typescript/generated/graphql.js';
import type { Classifier } from './classifier.js';
import { UsageError } from './usage-error.js';

/** Images in progress: while other accounts send images too, the server processes two of an account for each thread. */
const AHEAD = 8;

/** The reasons for which a server refuses one image; for any other, it refuses all of them. */
const ABOUT_THE_IMAGE: ReadonlySet<string> = new Set(['UNREADABLE_IMAGE', 'TOO_LARGE']);

/** The server classifies no image of the command; `message` is the server's reason. */
export class ServerRefusedError extends Error {}

/**
 * Classifies on a server with the version that is the model's champion now, even if another version becomes it while the command runs. The
 * predictions are in the server's history.
 * @param options.model the name of a model; null if the server has only one with a champion
 * @param options.out the results file. Each image has a request id made from it, so that a command that was stopped and is run again
 *   within 24 hours makes no second prediction for an image.
 * @throws UsageError if the model must be named, ApiError, ConnectionError
 */
export async function openServerClassifier(options: {
  url: string;
  token: string;
  model: string | null;
  out: string;
}): Promise<Classifier> {
  const { url, token, model, out } = options;
  const client = createClient({ url, token });
  const { id, digest, positiveLabel } = championOf(await client.request(ChampionsDocument, {}), model);
  return {
    version: digest,
    ahead: AHEAD,
    close: async () => client.close(),
    classify: async ({ file, bytes, sha256 }, signal) => {
      const { prediction, userErrors } = await client.classify(Uint8Array.from(bytes), {
        fileName: path.basename(file),
        modelVersionId: id,
        requestId: requestIdOf(path.resolve(out), file, sha256, digest),
        signal,
      });
      const [refusal] = userErrors;
      if (refusal && ABOUT_THE_IMAGE.has(refusal.code)) return { error: refusal.message };
      if (!prediction) throw new ServerRefusedError(refusal?.message ?? 'The server sent no prediction.');
      const positive = prediction.probabilities.find(({ label }) => label === positiveLabel);
      return {
        outcome: prediction.outcome,
        label: prediction.label,
        confidence: String(prediction.confidence),
        probability: String(positive?.probability ?? ''),
        outOfDistributionScore: String(prediction.outOfDistributionScore),
        warnings: prediction.qualityWarnings.join(' '),
      };
    },
  };
}

type Champion = NonNullable<ChampionsQuery['models'][number]['champion']>;

function championOf({ models }: ChampionsQuery, wanted: string | null): Champion {
  const champions = models.flatMap(({ name, champion }) => (champion ? [{ name, champion }] : []));
  const found = champions.filter(({ name }) => wanted === null || name === wanted);
  const [only, ...more] = found;
  if (only && more.length === 0) return only.champion;
  const names = champions.map(({ name }) => name).join(', ');
  if (names === '') throw new UsageError('The server has no champion, so it cannot classify images.');
  throw new UsageError(
    wanted === null
      ? `Choose a model of the server with --model: ${names}.`
      : `The server has no model '${wanted}' with a champion. Choose one of: ${names}.`,
  );
}

function requestIdOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
