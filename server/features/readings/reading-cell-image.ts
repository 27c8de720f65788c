import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import type { EvidenceMaps } from '../predictions/evidence-maps.js';
import { cellImage } from '../predictions/fields/cell-image.js';
import { findReading } from './load-readings.js';

/**
 * A JPEG of a cell of one of the viewer's readings that fits in a square of `size` pixels; null if there is no such cell. Its address names
 * the reading and the place, because the id of the prediction leads to the answer.
 */
export async function readingCellImage(
  context: RequestContext & { cellImages: EvidenceMaps },
  readingId: string,
  place: string,
  size: number,
): Promise<{ bytes: Uint8Array; imageSha256: string } | null> {
  const viewer = authorise(context, 'see images');
  if (!/^\d{1,3}$/.test(place)) return null;
  const reading = await findReading(context, readingId);
  const cell =
    reading &&
    (await context.database.readingCell.findFirst({
      where: { readingId, place: Number(place), prediction: ofVisibleSites(viewer) },
      select: { predictionId: true },
    }));
  return cell ? cellImage(context, cell.predictionId, size) : null;
}
