import { type Request, Router } from 'express';
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

// What a form has besides its file: boundaries and the headers of its parts.
const FORM_OVERHEAD = 10_000;

async function readImage(
  request: Request,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; fileName: string | null }> {
  if (!request.is('multipart/form-data')) {
    return { bytes: await readBody(request, maxBytes, maxBytes), fileName: null };
  }
  const body = await readBody(request, maxBytes + FORM_OVERHEAD, maxBytes);
  const headers = { 'Content-Type': request.get('Content-Type') ?? '' };
  const form = await new Response(body, { headers }).formData().catch(() => {
    throw badUserInput('The body is not a form as its Content-Type says.');
  });
  const file = form.get('image') ?? form.get('file');
  if (!(file instanceof Blob)) {
    throw badUserInput("Send the image as the field 'image' or 'file' of a form, or as the body.");
  }
  if (file.size > maxBytes) throw tooLarge(maxBytes);
  return { bytes: Buffer.from(await file.arrayBuffer()), fileName: file.name || null };
}

/** To its end, whatever its size: whoever is cut off while sending does not read the answer. */
async function readBody(request: Request, limit: number, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  if (size > limit) throw tooLarge(maxBytes);
  return Buffer.concat(chunks);
}
