import { findCells } from '../../../../../server/pixels/find-cells.js';
import { contentOf } from '../../../../../server/pixels/picture-content.js';

/** Pictures with more pixels are reduced first: enough to tell one cell from several, in a fraction of a second. */
const MOST_PIXELS = 4_000_000;

/**
 * Whether a picture shows several whole white cells: whether its answer as one cell would be withheld with SEVERAL_CELLS. False for
 * a file that the browser cannot read, such as a TIFF.
 */
export async function findSeveralCells(file: Blob): Promise<boolean> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return false;
  const factor = Math.min(1, Math.sqrt(MOST_PIXELS / (picture.width * picture.height)));
  const width = Math.max(1, Math.round(picture.width * factor));
  const height = Math.max(1, Math.round(picture.height * factor));
  const canvas = new OffscreenCanvas(width, height).getContext('2d');
  if (!canvas) return false;
  canvas.fillStyle = 'white'; // below transparent parts, as on the server
  canvas.fillRect(0, 0, width, height);
  canvas.drawImage(picture, 0, 0, width, height);
  picture.close();
  const { data } = canvas.getImageData(0, 0, width, height);
  return contentOf(findCells(withoutAlpha(data), width, height), { width, height }).wholeCells > 1;
}

/** `[height, width, 4]` → `[height, width, 3]` */
function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const pixels = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    pixels[to] = rgba[from] ?? 0;
    pixels[to + 1] = rgba[from + 1] ?? 0;
    pixels[to + 2] = rgba[from + 2] ?? 0;
  }
  return pixels;
}
