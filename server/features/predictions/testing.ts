import { Upload } from 'graphql-upload-minimal';
import { Readable } from 'node:stream';
import type { Database } from '../../database/client.js';
import type { PredictionOutcome } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import type { InferencePool } from '../../inference/pool.js';
import type { ClassifyContext, ImageRequest } from './answer-request.js';
import { classifyImage } from './classify-image.js';
import type { PredictionRow } from './load-predictions.js';

/** Classifies bytes that are already in memory. */
export function classifyBytes(
  context: ClassifyContext,
  {
    bytes,
    fileName,
    ...request
  }: Omit<ImageRequest, 'readImage'> & { bytes: Uint8Array; fileName: string | null },
): Promise<PredictionRow> {
  return classifyImage(context, { ...request, readImage: () => Promise.resolve({ bytes, fileName }) });
}

/** A pool whose `infer` is replaced, also in reserved places. */
export function withInfer(pool: InferencePool, infer: InferencePool['infer']): InferencePool {
  const reserve: InferencePool['reserve'] = (versionId, signal, account) => ({
    infer: (bytes) => infer(versionId, bytes, signal),
    prepareField: (bytes, given) => pool.reserve(versionId, signal, account).prepareField(bytes, given),
    inferCell: (cell) => pool.reserve(versionId, signal, account).inferCell(cell),
  });
  return { ...pool, infer, reserve };
}

/** An uploaded file as a GraphQL variable, in the form that the multipart parser gives it. */
export function uploadOf(bytes: Uint8Array, { filename = 'cell.png', truncated = false } = {}): Upload {
  const file = {
    filename,
    fieldName: '0',
    mimetype: 'application/octet-stream',
    encoding: '7bit',
    createReadStream: () => Object.assign(Readable.from(chunksOf(bytes)), { truncated }),
  };
  return Object.assign(new Upload(), { promise: Promise.resolve(file) });
}

/** An upload that the parser could not read. */
export function brokenUpload(error: Error): Upload {
  const promise = Promise.reject(error);
  promise.catch(() => undefined); // the parser does the same
  return Object.assign(new Upload(), { promise });
}

function* chunksOf(bytes: Uint8Array): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 65_536) {
    yield Buffer.from(bytes.subarray(start, start + 65_536));
  }
}

/** What differs in a copy of a prediction. */
export interface Copied {
  caseReference: string;
  /** Of the positive class of a version with the classes normal and blast. */
  probability: number;
  outcome: PredictionOutcome;
}

/** Records repeats of a prediction, as if the image had been answered differently each time. Returns their ids. */
export async function copyPrediction(
  database: Database,
  id: string,
  copies: readonly Copied[],
): Promise<string[]> {
  const { evidence: _, ...first } = await database.prediction.findUniqueOrThrow({ where: { id } });
  const rows = copies.map(({ caseReference, probability, outcome }) => ({
    ...{ ...first, id: newId('pred'), repeatOfId: first.repeatOfId ?? id, createdAt: new Date() },
    ...{ caseReference, outcome, reviewed: false, label: probability >= 0.5 ? 'blast' : 'normal' },
    ...{ confidence: Math.max(probability, 1 - probability), probabilities: [1 - probability, probability] },
  }));
  await database.prediction.createMany({ data: rows });
  return rows.map((row) => row.id);
}
