import busboy from 'busboy';
import { type Request, Router } from 'express';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { authorise } from '../api/authorise.js';
import type { Services } from '../api/context.js';
import { badUserInput, forbidden } from '../api/errors.js';
import { classifyImage } from '../features/predictions/classify.js';
import { tooLarge } from '../features/predictions/read-upload.js';
import { isSameOrigin } from './origin.js';
import { httpContext } from './request-context.js';

/**
 * Classification for clients of the older REST interface. POST an image, as the body or as the field `image` or `file` of
 * a form; the answer is `{ id, prediction, confidence, processingTime }`: the label, its calibrated probability (0 to 1),
 * and milliseconds. Errors are `{ error, code }`.
 */
export function predict(services: Services): Router {
  const route = Router();
  route.post('/', async (request, response) => {
    if (!isSameOrigin(request)) throw forbidden('Pages of other sites may not send images here.');
    const context = await httpContext(services, request, response);
    authorise(context, 'classify'); // before a byte of the image is read

    const image = await readImage(request, services.config.maxUploadBytes);
    const asked = { modelName: null, modelVersionId: null, caseReference: null };
    const prediction = await classifyImage(context, { ...image, ...asked });
    response.json({
      id: prediction.id,
      prediction: prediction.label,
      confidence: prediction.confidence,
      processingTime: prediction.totalMs,
    });
  });
  return route;
}

interface SentImage {
  bytes: Buffer;
  fileName: string | null;
}

async function readImage(request: Request, maxBytes: number): Promise<SentImage> {
  if (!request.is('multipart/form-data')) return { bytes: await readAll(request, maxBytes), fileName: null };
  const image = await readForm(request, maxBytes);
  if (image) return image;
  throw badUserInput("Send the image as the field 'image' or 'file' of a form, or as the body.");
}

/** The first file of the form in a field of the right name. */
async function readForm(request: Request, maxBytes: number): Promise<SentImage | null> {
  let image: Promise<SentImage> | null = null;
  try {
    const parser = busboy({ headers: request.headers, defParamCharset: 'utf8', limits: { fields: 20 } });
    parser.on('file', (field, stream, { filename }) => {
      if (image || !['image', 'file'].includes(field)) return stream.resume();
      image = readAll(stream, maxBytes).then((bytes) => ({ bytes, fileName: filename || null }));
      image.catch(() => {}); // awaited below, when the form has ended
    });
    await pipeline(request, parser);
  } catch {
    throw badUserInput('The body is not a whole form, as its Content-Type says it is.');
  }
  return image;
}

/** To its end, whatever its size: whoever is cut off while sending does not read the answer. */
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
