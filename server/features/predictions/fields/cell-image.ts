import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { cellThumbnails } from '../../../imaging/cell-thumbnails.js';
import { imageThumbnail, readVerifiedImage } from '../../images/image-file.js';
import type { EvidenceMaps } from '../evidence-maps.js';
import { findPrediction } from '../load-predictions.js';
import { boxOf } from '../box-of.js';
import { loadPredictionsOfFields } from './load-fields.js';

/**
 * A JPEG of a prediction's cell that fits in a square of `size` pixels: the frame of a cell of a field, or the whole image. For users
 * who may see images; null if there is no such prediction. The first request for a small image of a cell renders those of all cells
 * of the field, because decoding a large picture takes most of the time.
 */
export async function cellImage(
  context: RequestContext & { cellImages: EvidenceMaps },
  id: string,
  size: number,
): Promise<{ bytes: Uint8Array; imageSha256: string } | null> {
  const { id: account } = authorise(context, 'read predictions');
  authorise(context, 'see images');
  const prediction = await findPrediction(context, id); // before the cache, which all users share
  if (!prediction) return null;
  const { fieldId, imageSha256 } = prediction;
  const bytes =
    fieldId === null
      ? await imageThumbnail(context, imageSha256, size)
      : await context.cellImages.findAmong(keyOf(id, size), account, context.signal, () =>
          render(context, { fieldId, id, imageSha256 }, size),
        );
  return bytes && { bytes, imageSha256 };
}

/** Up to this size in pixels, the images of all cells of a field (7 MB for 500 cells) are a small part of the cache. */
const SMALL = 256;

/** The image of a cell, with those of the field's other cells if they are small, by `keyOf`. */
async function render(
  context: RequestContext,
  { fieldId, id, imageSha256 }: { fieldId: string; id: string; imageSha256: string },
  size: number,
): Promise<Map<string, Uint8Array>> {
  const viewer = authorise(context, 'see images');
  const cells = (await loadPredictionsOfFields(context.database, [fieldId], viewer)).get(fieldId) ?? [];
  const wanted = cells.filter((cell) => size <= SMALL || cell.id === id);
  const framed = wanted.flatMap(({ id, frame }) => {
    const box = boxOf(frame);
    return box ? [{ id, box }] : [];
  });
  if (framed.length === 0) return new Map();
  const bytes = await readVerifiedImage(context, imageSha256);
  const boxes = framed.map(({ box }) => box);
  const images = await cellThumbnails(bytes, boxes, size);
  return new Map(images.map((image, index) => [keyOf(framed[index]?.id ?? '', size), image]));
}

function keyOf(id: string, size: number): string {
  return `${id} ${size}`;
}
