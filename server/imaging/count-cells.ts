import { chooseFieldCells } from '../pixels/field-cells.js';
import { findCells } from '../pixels/find-cells.js';
import { oneAtATime } from './one-at-a-time.js';
import { openImage } from './open-image.js';
import { pictureOf } from './prepare-image.js';

/**
 * The number of cells of a picture that would be classified if it is a field. One picture at a time, with up to 12 bytes of memory
 * for each of its pixels. @throws UnreadableImageError
 */
export function countCells(bytes: Uint8Array): Promise<number> {
  return oneAtATime(async () => {
    const picture = await pictureOf(await openImage(bytes));
    const { cells } = findCells(picture.pixels, picture.width, picture.height);
    return chooseFieldCells(cells, picture).cells.length;
  });
}
