import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { cellThumbnails } from '../../../imaging/cell-thumbnails.js';
import { imageThumbnail, readVerifiedImage } from '../../images/image-file.js';
import type { EvidenceMaps } from '../evidence-maps.js';
import { findPrediction, type PredictionRow } from '../load-predictions.js';
import { boxOf } from '../box-of.js';
import { loadPredictionsOfFields } from './load-fields.js';

/**
 * A JPEG of a prediction's cell that fits in a square of `size` pixels: the frame of a cell of a field, or the whole image. For users
 * who may see images; null if there is no such prediction. The first request for a cell of a field renders all cells of the field,
 * because decoding a large picture takes most of the time.
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
          renderField(context, fieldId, size),
        );
  return bytes && { bytes, imageSha256 };
}

async function renderField(
  context: RequestContext,
  fieldId: string,
  size: number,
): Promise<Map<string, Uint8Array>> {
  const viewer = authorise(context, 'see images');
  const cells = (await loadPredictionsOfFields(context.database, [fieldId], viewer)).get(fieldId) ?? [];
  const [first] = cells;
  if (!first) return new Map();
  const framed = cells.flatMap(({ id, frame }: PredictionRow) => {
    const box = boxOf(frame);
    return box ? [{ id, box }] : [];
  });
  const bytes = await readVerifiedImage(context, first.imageSha256);
  const images = await cellThumbnails(
    bytes,
    framed.map(({ box }) => box),
    size,
  );
  return new Map(images.map((image, index) => [keyOf(framed[index]?.id ?? '', size), image]));
}

function keyOf(id: string, size: number): string {
  return `${id} ${size}`;
}
