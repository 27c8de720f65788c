import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { notFound } from '../api/errors.js';
import { FILE_COST } from '../api/request-limits.js';
import { idPattern } from '../database/ids.js';
import { imageFile, imageThumbnail, originalImageFile } from '../features/images/image-file.js';
import { MODEL_FILE_NAMES, modelFile } from '../features/models/artifact-files.js';
import { evidenceMapImage } from '../features/predictions/evidence-map-image.js';
import { cellImage } from '../features/predictions/fields/cell-image.js';
import { markAllSeen } from '../features/readings/mark-answers-seen.js';
import { readingCellImage } from '../features/readings/reading-cell-image.js';
import type { AppContext, AppServices } from '../graphql/app-services.js';
import { BINARY, type RouteDescription } from './openapi/route-description.js';
import { queryParameters, readParameters } from './parameters.js';
import { httpContext } from './request-context.js';
import { sendBytes } from './send-bytes.js';

interface File {
  bytes: Uint8Array;
  mediaType: string;
  /** Names the content. */
  tag: string;
}

/** Images, thumbnails, evidence maps and model files: the content at an address never changes. */
export function files(services: AppServices): Router {
  const route = Router();

  route.get('/images/:sha256', async (request, response) => {
    const { sha256 } = request.params;
    await serve(request, response, async (context) => {
      const image = await imageFile(context, sha256);
      if (image) context.accesses.record(context, { action: 'IMAGES_VIEWED', items: [sha256] });
      return image && { ...image, tag: `${sha256}-shown` };
    });
  });

  route.get('/images/:sha256/original', async (request, response) => {
    const { sha256 } = request.params;
    await serve(request, response, async (context) => {
      const image = await originalImageFile(context, sha256);
      if (image) context.accesses.record(context, { action: 'ORIGINAL_IMAGES_DOWNLOADED', items: [sha256] });
      return image && { ...image, tag: sha256 };
    });
  });

  route.get('/images/:sha256/thumbnail', async (request, response) => {
    const { sha256 } = request.params;
    const { size } = readParameters(ThumbnailParameters, queryParameters(request.query));
    await serve(request, response, async (context) => {
      const bytes = await imageThumbnail(context, sha256, size);
      if (bytes) context.accesses.record(context, { action: 'IMAGES_VIEWED', items: [sha256] });
      return bytes && { bytes, mediaType: 'image/jpeg', tag: `${sha256}-${size}` };
    });
  });

  route.get('/predictions/:id/evidence.png', async (request, response) => {
    const { id } = request.params;
    await serve(request, response, async (context) => {
      const bytes = await evidenceMapImage(context, id);
      if (bytes) await markAllSeen(context, 'predictions', [id]);
      if (bytes) context.accesses.record(context, { action: 'EVIDENCE_MAPS_VIEWED', items: [id] });
      return bytes && { bytes, mediaType: 'image/png', tag: id };
    });
  });

  route.get('/predictions/:id/cell.jpg', async (request, response) => {
    const { id } = request.params;
    const { size } = readParameters(ThumbnailParameters, queryParameters(request.query));
    await serve(request, response, async (context) => {
      const image = await cellImage(context, id, size);
      if (image) context.accesses.record(context, { action: 'IMAGES_VIEWED', items: [image.imageSha256] });
      return image && { bytes: image.bytes, mediaType: 'image/jpeg', tag: `${id}-${size}` };
    });
  });

  route.get('/readings/:readingId/:place/cell.jpg', async (request, response) => {
    const { readingId, place } = request.params;
    const { size } = readParameters(ThumbnailParameters, queryParameters(request.query));
    await serve(request, response, async (context) => {
      const image = await readingCellImage(context, readingId, place, size);
      if (image) context.accesses.record(context, { action: 'IMAGES_VIEWED', items: [image.imageSha256] });
      return image && { bytes: image.bytes, mediaType: 'image/jpeg', tag: `${readingId}-${place}-${size}` };
    });
  });

  route.get('/models/:versionId/:name', async (request, response) => {
    const { versionId, name } = request.params;
    await serve(request, response, async (context) => {
      const file = await modelFile(context, versionId, name);
      if (file)
        context.accesses.record(context, {
          action: 'MODEL_FILES_DOWNLOADED',
          items: [`${versionId}/${name}`],
        });
      return file && { ...file, tag: file.sha256 };
    });
  });

  return route;

  async function serve(
    request: Request,
    response: Response,
    find: (context: AppContext) => Promise<File | null>,
  ): Promise<void> {
    const context = await httpContext(services, request, response);
    await services.limits.spend(context, FILE_COST);
    const endTurn = await services.limits.turn(context, context.signal);
    const file = await find(context).finally(endTurn);
    if (!file) throw notFound('There is no such file.');
    response.set({
      'Content-Type': file.mediaType,
      'Cache-Control': 'private, max-age=31536000, immutable',
      Vary: 'Cookie, Authorization',
      ETag: `"${file.tag}"`,
      // An uploaded file may contain anything: opened directly in a browser, it must not run scripts.
      'Content-Security-Policy': "default-src 'none'; sandbox",
    });
    sendBytes(
      request,
      response,
      Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength),
    );
  }
}

const SMALLEST_THUMBNAIL = 16;
const LARGEST_THUMBNAIL = 1024;
const sizeFault = `is a whole number from ${SMALLEST_THUMBNAIL} to ${LARGEST_THUMBNAIL}`;

const ThumbnailParameters = z.strictObject({
  size: z.coerce
    .number(sizeFault)
    .int(sizeFault)
    .min(SMALLEST_THUMBNAIL, sizeFault)
    .max(LARGEST_THUMBNAIL, sizeFault)
    .default(160)
    .meta({ description: 'The side of the square into which the thumbnail fits, in pixels.' }),
});

const ImagePath = z.object({
  sha256: z.string().meta({
    description: 'The SHA-256 of the image: StoredImage.sha256.',
    pattern: '^[0-9a-f]{64}$',
  }),
});

const PredictionPath = z.object({
  id: z.string().meta({ description: 'The id of the prediction.', pattern: idPattern('pred') }),
});

const rangeHeaders = z.object({
  Range: z
    .string()
    .optional()
    .meta({ description: "A part of the file: 'bytes=0-99', 'bytes=100-' or 'bytes=-100'." }),
  'If-Range': z.string().optional().meta({ description: 'The ETag of the file that the part belongs to.' }),
  'If-None-Match': z.string().optional().meta({ description: 'The ETag of the file that the client has.' }),
});

const etag = { ETag: { description: 'Names the content.', schema: { type: 'string' } } };

function fileDescription(
  description: Pick<RouteDescription, 'operationId' | 'summary' | 'permissions' | 'path' | 'query'>,
  mediaTypes: readonly string[],
): RouteDescription {
  const content = Object.fromEntries(mediaTypes.map((type) => [type, BINARY]));
  return {
    ...description,
    description: 'The content at an address never changes, so clients may keep it.',
    headers: rangeHeaders,
    responses: {
      200: { description: 'The file.', content, headers: etag },
      206: {
        description: 'The part of the file that the Range header names.',
        content,
        headers: {
          ...etag,
          'Content-Range': { description: "As in 'bytes 0-99/1234'.", schema: { type: 'string' } },
        },
      },
      304: { description: 'The client has the file already.', headers: etag },
    },
    problems: [404, 416],
  };
}

export const fileDescriptions = {
  'GET /files/images/:sha256': fileDescription(
    {
      operationId: 'getImage',
      summary: 'An image without its metadata.',
      permissions: ['read predictions', 'see images'],
      path: ImagePath,
    },
    ['image/*'],
  ),
  'GET /files/images/:sha256/original': fileDescription(
    {
      operationId: 'getOriginalImage',
      summary: 'An image as it was sent, with its metadata.',
      permissions: ['read predictions', 'see images', 'download original images'],
      path: ImagePath,
    },
    ['image/*'],
  ),
  'GET /files/images/:sha256/thumbnail': fileDescription(
    {
      operationId: 'getThumbnail',
      summary: 'A small JPEG of an image.',
      permissions: ['read predictions', 'see images'],
      path: ImagePath,
      query: ThumbnailParameters,
    },
    ['image/jpeg'],
  ),
  'GET /files/predictions/:id/evidence.png': fileDescription(
    {
      operationId: 'getEvidenceMap',
      summary:
        'The evidence map of a prediction, to lay over its image, or over the image of its cell in a field.',
      permissions: ['read predictions', 'see images'],
      path: PredictionPath,
    },
    ['image/png'],
  ),
  'GET /files/predictions/:id/cell.jpg': fileDescription(
    {
      operationId: 'getCellImage',
      summary:
        'A small JPEG of the cell of a prediction: the part of the image that the evidence map covers.',
      permissions: ['read predictions', 'see images'],
      path: PredictionPath,
      query: ThumbnailParameters,
    },
    ['image/jpeg'],
  ),
  'GET /files/readings/:readingId/:place/cell.jpg': fileDescription(
    {
      operationId: 'getReadingCellImage',
      summary: "A small JPEG of a cell of one of the caller's readings.",
      permissions: ['review', 'see images'],
      path: z.object({
        readingId: z.string().meta({ description: 'The id of the reading.', pattern: idPattern('read') }),
        place: z
          .string()
          .meta({ description: 'The place of the cell in the reading.', pattern: '^[0-9]{1,3}$' }),
      }),
      query: ThumbnailParameters,
    },
    ['image/jpeg'],
  ),
  'GET /files/models/:versionId/:name': fileDescription(
    {
      operationId: 'getModelFile',
      summary: 'A file of a model version.',
      permissions: ['read models'],
      path: z.object({
        versionId: z
          .string()
          .meta({ description: 'The id of the model version.', pattern: idPattern('mver') }),
        name: z
          .string()
          .meta({ description: 'The name of the file: ArtifactFile.name.', enum: MODEL_FILE_NAMES }),
      }),
    },
    ['application/json', 'application/octet-stream'],
  ),
} satisfies Record<string, RouteDescription>;
