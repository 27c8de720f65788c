import { type Request, type Response, Router } from 'express';
import { badUserInput, notFound } from '../api/errors.js';
import { FILE_COST } from '../api/request-limits.js';
import { imageFile, imageThumbnail, originalImageFile } from '../features/images/image-file.js';
import { modelFile } from '../features/models/artifact-files.js';
import { evidenceMapImage } from '../features/predictions/evidence-map-image.js';
import type { AppContext, AppServices } from '../graphql/app-services.js';
import { httpContext } from './request-context.js';

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
    const size = thumbnailSize(request.query.size);
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
      if (bytes) context.accesses.record(context, { action: 'EVIDENCE_MAPS_VIEWED', items: [id] });
      return bytes && { bytes, mediaType: 'image/png', tag: id };
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
    response.send(file.bytes instanceof Buffer ? file.bytes : Buffer.from(file.bytes));
  }
}

const SMALLEST_THUMBNAIL = 16;
const LARGEST_THUMBNAIL = 1024;
const DEFAULT_THUMBNAIL = 160;

/** The query parameter `size`, in pixels. */
function thumbnailSize(value: unknown): number {
  if (value === undefined) return DEFAULT_THUMBNAIL;
  const size = Number(value);
  if (Number.isInteger(size) && size >= SMALLEST_THUMBNAIL && size <= LARGEST_THUMBNAIL) return size;
  throw badUserInput(`'size' is a whole number from ${SMALLEST_THUMBNAIL} to ${LARGEST_THUMBNAIL}.`);
}
