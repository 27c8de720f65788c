import { insideOf, redCellDiameter } from '../pixels/cell-frame.js';
import type { CropBox } from '../pixels/crop-box.js';
import {
  type CellPlace,
  chooseFieldCells,
  type FieldCells,
  type FieldWarning,
  fieldWarningCodes,
} from '../pixels/field-cells.js';
import { findCells, type Scale } from '../pixels/find-cells.js';
import { partOf } from '../pixels/part-of.js';
import { covers, isCutOffIn } from '../pixels/picture-content.js';
import { type Picture, prepareCell } from '../pixels/prepare-pixels.js';
import type { Preprocessing } from '../pixels/preprocessing.js';
import type { FileWarning } from '../image-files/inspection.js';
import { type ImageHeader, openImage } from './open-image.js';
import { pictureOf, type PreparedImage } from './prepare-image.js';
import { resizePartOf } from './resize-part.js';

/** Cells whose places are known already, and the scale of the picture. */
export interface GivenCells {
  readonly cells: readonly CellPlace[];
  readonly scale: Scale | null;
}

/** A cell of a field, prepared for a network. */
export interface PreparedCell {
  readonly region: CropBox;
  /** The square that the network sees; may reach beyond the picture. */
  readonly frame: CropBox;
  /** Its pixels are in shared memory. */
  readonly image: PreparedImage;
}

export interface PreparedField {
  readonly image: ImageHeader;
  readonly scale: Scale | null;
  /** In reading order, or in the order of the given cells. */
  readonly cells: readonly PreparedCell[];
  readonly leftOut: FieldCells['leftOut'];
  /** Warnings about the picture as a whole. */
  readonly qualityWarnings: (FileWarning | FieldWarning)[];
  /** Milliseconds from the bytes to the input of the network, for all cells together. */
  readonly decodeMs: number;
}

/**
 * Decodes a picture once, finds its cells, and prepares each for a network as if it were a separate image. The fields of one
 * thread are prepared one after the other.
 *
 * Memory: at most 12 bytes for each pixel of the picture (600 MB for 50 megapixels), until it returns, and 3 · S² bytes for each
 * of at most 500 cells, where S is the network's input size.
 *
 * @param given the cells to prepare instead of those that are found. One that cannot be found in its surroundings either has the
 *   warning NO_CELL, and one of which only a part is seen has CELL_CUT_OFF.
 * @throws UnreadableImageError
 */
export function prepareField(
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  given: GivenCells | null,
): Promise<PreparedField> {
  const mine = last.then(
    () => prepare(bytes, preprocessing, given),
    () => prepare(bytes, preprocessing, given),
  );
  last = mine.catch(() => undefined);
  return mine;
}

/** The last field of this thread. */
let last: Promise<unknown> = Promise.resolve();

async function prepare(
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  given: GivenCells | null,
): Promise<PreparedField> {
  const start = performance.now();
  const opened = await openImage(bytes);
  const { header, warnings } = opened;
  const picture = await pictureOf(opened);
  const { scale, cells, leftOut } = given ? { ...given, leftOut: [] } : cellsOf(picture);
  const fileWarnings = warnings();
  const size = preprocessing.inputSize ** 2 * 3;
  const memory = new Uint8Array(new SharedArrayBuffer(size * cells.length));
  const resize = resizePartOf(picture);
  const prepared: PreparedCell[] = [];
  for (const [index, cell] of cells.entries()) {
    const part = await prepareCell(picture, cell, scale, preprocessing, resize);
    const pixels = memory.subarray(index * size, (index + 1) * size);
    pixels.set(part.pixels);
    const qualityWarnings = [
      ...fileWarnings,
      ...(given ? placeWarnings(picture, cell, part.frame) : []),
      ...part.qualityWarnings,
    ];
    prepared.push({
      region: cell.region,
      frame: part.frame,
      image: { ...header, ...part, pixels, qualityWarnings },
    });
  }
  const fieldWarnings: Record<FieldWarning, boolean> = {
    NO_CELL: cells.length + leftOut.length === 0,
    SCALE_UNKNOWN: redCellDiameter(scale) === null,
    TOO_MANY_CELLS: leftOut.some(({ reason }) => reason === 'TOO_MANY'),
  };
  return {
    image: header,
    scale,
    cells: prepared,
    leftOut,
    qualityWarnings: [...fileWarnings, ...fieldWarningCodes.filter((warning) => fieldWarnings[warning])],
    decodeMs: performance.now() - start,
  };
}

function cellsOf(picture: Picture): FieldCells & { scale: Scale | null } {
  const { cells, scale } = findCells(picture.pixels, picture.width, picture.height);
  return { ...chooseFieldCells(cells, picture), scale };
}

/** In this many diameters of a cell, it is as large as in a picture of a single cell. */
const SURROUNDINGS = 3;

/** The warnings about a place where the search in the whole picture found no cell: none if its surroundings show a whole cell there. */
function placeWarnings(
  picture: Picture,
  { centre, diameter }: CellPlace,
  frame: CropBox,
): ('NO_CELL' | 'CELL_CUT_OFF')[] {
  const side = Math.ceil(SURROUNDINGS * diameter);
  const corner = { left: Math.round(centre.x - side / 2), top: Math.round(centre.y - side / 2) };
  const box = insideOf({ ...corner, width: side, height: side }, picture);
  const { cells } = findCells(partOf(picture, box), box.width, box.height);
  const found = cells.find((cell) => covers(cell, { x: centre.x - box.left, y: centre.y - box.top }));
  if (!found) return ['NO_CELL'];
  const frameInBox = { ...frame, left: frame.left - box.left, top: frame.top - box.top };
  return isCutOffIn(frameInBox, found) ? ['CELL_CUT_OFF'] : [];
}
