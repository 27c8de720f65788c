import { createHash } from 'node:crypto';
import path from 'node:path';
import { createClient } from '../../clients/typescript/client.js';
import {
  ChampionsDocument,
  type ChampionsQuery,
  type PredictionResultFragment,
} from '../../clients/typescript/generated/graphql.js';
import { countCells } from '../../server/imaging/count-cells.js';
import { UnreadableImageError } from '../../server/image-files/unreadable-image.js';
import { type ImageKind, isField } from '../../server/pixels/field-cells.js';
import {
  type ClassifiedColumns,
  type Classifier,
  type ImageFile,
  linesOfField,
  type PredictionColumns,
} from './classifier.js';
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
 * @param options.imageKind what the images show. Where it is decided for each image, the cells are counted on this machine.
 * @throws UsageError if the model must be named, ApiError, ConnectionError
 */
export async function openServerClassifier(options: {
  url: string;
  token: string;
  model: string | null;
  out: string;
  imageKind: ImageKind;
}): Promise<Classifier> {
  const { url, token, model, out, imageKind } = options;
  const client = createClient({ url, token });
  const { id, digest, positiveLabel } = championOf(await client.request(ChampionsDocument, {}), model);
  const columnsOf = (prediction: PredictionResultFragment): PredictionColumns => {
    const positive = prediction.probabilities.find(({ label }) => label === positiveLabel);
    return {
      outcome: prediction.outcome,
      label: prediction.label,
      confidence: String(prediction.confidence),
      probability: String(positive?.probability ?? ''),
      outOfDistributionScore: String(prediction.outOfDistributionScore),
      warnings: prediction.qualityWarnings.join(' '),
      cellType: prediction.cellType ?? '',
    };
  };
  const optionsOf = ({ file, sha256 }: ImageFile, signal: AbortSignal, ...kind: string[]) => ({
    ...{ fileName: path.basename(file), modelVersionId: id, signal },
    requestId: requestIdOf(path.resolve(out), file, sha256, digest, ...kind),
  });

  const classifyCell = async (image: ImageFile, signal: AbortSignal): Promise<ClassifiedColumns[]> => {
    const bytes = Uint8Array.from(image.bytes);
    const { prediction, userErrors } = await client.classify(bytes, optionsOf(image, signal));
    if (prediction) return [columnsOf(prediction)];
    return [refusalOf(userErrors)];
  };

  const classifyField = async (image: ImageFile, signal: AbortSignal): Promise<ClassifiedColumns[]> => {
    const bytes = Uint8Array.from(image.bytes);
    const { field, userErrors } = await client.classifyField(bytes, optionsOf(image, signal, 'field'));
    if (!field) return [refusalOf(userErrors)];
    const cells = field.predictions.map((prediction) => ({
      region: prediction.region ?? null,
      prediction: columnsOf(prediction),
    }));
    return linesOfField({ cells, leftOut: field.leftOut, warnings: field.qualityWarnings });
  };

  return {
    version: digest,
    ahead: AHEAD,
    close: async () => client.close(),
    classify: async (image, signal) =>
      (await isToBeField(image, imageKind)) ? classifyField(image, signal) : classifyCell(image, signal),
  };
}

/** Whether an image is classified as a field. An image that cannot be read here is not: the server says what is wrong with it. */
async function isToBeField({ bytes }: ImageFile, imageKind: ImageKind): Promise<boolean> {
  if (imageKind !== 'AUTOMATIC') return isField(imageKind, 0);
  try {
    return isField(imageKind, await countCells(bytes));
  } catch (error) {
    if (error instanceof UnreadableImageError) return false;
    throw error;
  }
}

/** Why the server did not classify an image. @throws ServerRefusedError if it would refuse the other images too */
function refusalOf([refusal]: readonly { code: string; message: string }[]): { error: string } {
  if (refusal && ABOUT_THE_IMAGE.has(refusal.code)) return { error: refusal.message };
  throw new ServerRefusedError(refusal?.message ?? 'The server sent no prediction.');
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
