import { type CellFrame, frameCell, framingOf, insideOf, redCellDiameter } from './cell-frame.js';
import { type CropBox, cropBox } from './crop-box.js';
import { findCells, type FoundCell, type Scale } from './find-cells.js';
import { type ContentWarning, contentOf, contentWarnings, scaleWarnings } from './picture-content.js';
import type { Preprocessing } from './preprocessing.js';
import { type QualityWarning, qualityWarnings } from './quality.js';
import { slideColour } from './slide-colour.js';
import { whiteBalance } from './white-balance.js';

/** A decoded picture, upright. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]`, RGB 0–255. */
  readonly pixels: Uint8Array;
}

/** Returns the part `box` of the picture, which it contains whole, resized to `[height, width, 3]`, RGB 0–255. The array is changed. */
export type Resize = (box: CropBox, width: number, height: number) => Promise<Uint8Array>;

export interface PreparedPixels {
  /** `[S, S, 3]`, RGB 0–255: cropped, resized and colour-corrected. */
  readonly pixels: Uint8Array;
  readonly qualityWarnings: (QualityWarning | ContentWarning)[];
  /** The part of the picture that the network sees. It may reach beyond the picture. */
  readonly frame: CropBox;
  /** The sizes of what it shows, as shares of the frame's side; null where they are unknown. */
  readonly sizes: { readonly cell: number | null; readonly redCell: number | null };
}

/**
 * Prepares a picture of a single cell for a network: finds the cell, checks what the picture shows, frames, resizes, checks the
 * quality, and corrects the colours, in this order.
 */
export async function preparePixels(
  picture: Picture,
  preprocessing: Preprocessing,
  resize: Resize,
): Promise<PreparedPixels> {
  const { frame: framing, crop = 1 } = preprocessing;
  const found = findCells(picture.pixels, picture.width, picture.height);
  const content = contentOf(found, picture);
  const seen: Seen = {
    frame:
      framing && content.subject
        ? frameCell(content.subject, found.scale, framing, picture)
        : cropBox(picture.width, picture.height, crop),
    cell: content.subject,
    scale: found.scale,
  };
  const warnings = contentWarnings(content, found.scale, seen.frame, preprocessing);
  return prepareFrame(picture, seen, warnings, preprocessing, resize);
}

/**
 * Prepares one cell of a picture with several cells for a network. It is the caller that decides which cells are whole, so that
 * of the content only the scale is checked.
 *
 * @param scale of the whole picture
 */
export async function prepareCell(
  picture: Picture,
  cell: Pick<FoundCell, 'centre' | 'diameter'>,
  scale: Scale | null,
  preprocessing: Preprocessing,
  resize: Resize,
): Promise<PreparedPixels> {
  const frame = frameCell(cell, scale, framingOf(preprocessing), null);
  const warnings = scaleWarnings(cell, scale, frame, preprocessing);
  return prepareFrame(picture, { frame, cell, scale }, warnings, preprocessing, resize);
}

/** Prepares a given part of a picture for a network, without the checks of its content. */
export async function prepareBox(
  picture: Picture,
  frame: CropBox,
  preprocessing: Pick<Preprocessing, 'inputSize' | 'colour'>,
  resize: Resize,
): Promise<{ pixels: Uint8Array; qualityWarnings: QualityWarning[] }> {
  const { inputSize, colour } = preprocessing;
  const pixels = await cutOut(picture, frame, inputSize, resize);
  const warnings = qualityWarnings(pixels, preprocessing, frame);
  if (colour.kind === 'white-balance') whiteBalance(pixels, colour);
  return { pixels, qualityWarnings: warnings };
}

/** The part of a picture that the network sees, and what was measured in it. */
interface Seen {
  readonly frame: CropBox | CellFrame;
  readonly cell: Pick<FoundCell, 'diameter'> | null;
  readonly scale: Scale | null;
}

async function prepareFrame(
  picture: Picture,
  { frame: { left, top, width, height }, cell, scale }: Seen,
  warnings: readonly ContentWarning[],
  preprocessing: Preprocessing,
  resize: Resize,
): Promise<PreparedPixels> {
  const frame = { left, top, width, height };
  const prepared = await prepareBox(picture, frame, preprocessing, resize);
  const side = Math.min(width, height);
  const redCell = redCellDiameter(scale);
  return {
    pixels: prepared.pixels,
    qualityWarnings: [...warnings, ...prepared.qualityWarnings],
    frame,
    sizes: { cell: cell && cell.diameter / side, redCell: redCell && redCell / side },
  };
}

/** The part `box` of a picture as `[size, size, 3]`. What lies outside the picture has the colour of the empty slide. */
export async function cutOut(
  picture: Picture,
  box: CropBox,
  size: number,
  resize: Resize,
): Promise<Uint8Array> {
  const inside = insideOf(box, picture);
  if (inside.width === box.width && inside.height === box.height) return resize(box, size, size);
  const across = axisOf(inside.left - box.left, inside.width, box.width, size);
  const down = axisOf(inside.top - box.top, inside.height, box.height, size);
  const part = await resize(inside, across.length, down.length);
  const pixels = new Uint8Array(size * size * 3);
  const slide = slideColour(picture);
  for (let at = 0; at < pixels.length; at++) pixels[at] = slide[at % 3] ?? 0;
  for (let row = 0; row < down.length; row++) {
    const line = part.subarray(row * across.length * 3, (row + 1) * across.length * 3);
    pixels.set(line, ((down.start + row) * size + across.start) * 3);
  }
  return pixels;
}

/** Where a part that begins at `start` of `whole` pixels lies when these are resized to `size`: at least one pixel. */
function axisOf(
  start: number,
  length: number,
  whole: number,
  size: number,
): { start: number; length: number } {
  const first = Math.min(size - 1, Math.round((start * size) / whole));
  const end = Math.max(first + 1, Math.round(((start + length) * size) / whole));
  return { start: first, length: end - first };
}
