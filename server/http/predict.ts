import busboy, { type Busboy } from 'busboy';
import { type Request, type Response, Router } from 'express';
import type { Readable } from 'node:stream';
import { badUserInput, forbidden } from '../api/errors.js';
import { tooLarge } from '../api/upload/read-upload.js';
import { classifyImage } from '../features/predictions/classify-image.js';
import type { AppServices } from '../graphql/app-services.js';
import { followForm, noBoundary } from './form.js';
import { isSameOrigin } from './origin.js';
import { httpContext } from './request-context.js';

/**
 * Classification for clients of the older REST interface. POST an image as the body, or as the field `image` or `file` of a
 * form; `?siteId=` names the site, by default the caller's first. The response is `{ id, outcome, prediction, confidence, processingTime, warnings }`: the outcome (CLASSIFIED, or why
 * the label is withheld), the most probable label, its calibrated probability (0 to 1), the time in milliseconds, and quality
 * warnings. Errors are `{ error, code }`.
 */
export function predict(services: AppServices): Router {
  const route = Router();
  route.post('/', async (request, response) => {
    if (!isSameOrigin(request, services.config))
      throw forbidden('Pages of other sites may not send images here.');
    const context = await httpContext(services, request, response);
    const prediction = await classifyImage(context, {
      readImage: () => readImage(request, response, services.config.maxUploadBytes),
      clientRequestId: context.idempotencyKey,
      ...{ modelName: null, modelVersionId: null, caseReference: null, siteId: siteOf(request) },
    });
    response.json({
      id: prediction.id,
      outcome: prediction.outcome,
      prediction: prediction.label,
      confidence: prediction.confidence,
      processingTime: prediction.totalMs,
      warnings: prediction.qualityWarnings,
    });
  });
  return route;
}

/** The query parameter `siteId`; null without one. */
function siteOf({ query: { siteId } }: Request): string | null {
  if (siteId === undefined) return null;
  if (typeof siteId === 'string') return siteId;
  throw badUserInput("Send 'siteId' only once, with the id of a site.");
}

interface SentImage {
  bytes: Buffer;
  fileName: string | null;
}

async function readImage(request: Request, response: Response, maxBytes: number): Promise<SentImage> {
  if (!request.is('multipart/form-data')) return { bytes: await readAll(request, maxBytes), fileName: null };
  const image = await readForm(request, response, maxBytes);
  if (image) return image;
  throw badUserInput("Send the image as the field 'image' or 'file' of a form, or as the body.");
}

/** The first file of the form in a field of the right name, once the form has been read to its end. */
async function readForm(request: Request, response: Response, maxBytes: number): Promise<SentImage | null> {
  const parser = parserOf(request);
  let image: Promise<SentImage> | null = null;
  const formRead = followForm(request, response, parser);
  parser.on('file', (field, file, { filename }) => {
    if (image || !['image', 'file'].includes(field)) return file.resume();
    image = readAll(file, maxBytes).then((bytes) => ({ bytes, fileName: filename || null }));
    image.catch(() => {}); // awaited below, when the form has ended
  });
  request.pipe(parser);
  await formRead;
  return image;
}

function parserOf(request: Request): Busboy {
  try {
    return busboy({ headers: request.headers, defParamCharset: 'utf8', limits: { fields: 20 } });
  } catch {
    throw noBoundary();
  }
}

/** Reads the body to its end even if it is too large: a client that is cut off while sending does not read the response. */
async function readAll(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(chunks);
}
