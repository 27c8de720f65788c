import { type CellOutline, outlineOf } from './cell-finding/cell-outline.js';
import { chooseNuclei } from './cell-finding/choose-nuclei.js';
import { findParts } from './cell-finding/find-parts.js';
import { joinLobes } from './cell-finding/join-lobes.js';
import { forEachPixel, type Nucleus } from './cell-finding/nuclei.js';
import { isSolid } from './cell-finding/solid.js';
import type { Pieces } from './cell-finding/split-touching.js';
import { hasForeignColours, isNoise, measureStain } from './cell-finding/stain.js';
import { shrink, type WorkingImage } from './cell-finding/working-image.js';
import { scratch, withScratch } from './cell-finding/scratch.js';

/** A white cell in a picture. Lengths and coordinates are in pixels of the picture; x runs right and y down from its top left corner. */
export interface FoundCell {
  /** Around the whole cell with its cytoplasm, as far as it is in the picture. */
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  /** Centre of gravity of the whole cell. */
  readonly centre: { readonly x: number; readonly y: number };
  /** Diameter of the circle that has the area of the whole cell. */
  readonly diameter: number;
  /** The border of the whole cell: 32 points, clockwise, as `[32, 2]` (x, y). */
  readonly outline: Float64Array;
  /** Whether the border of the picture cuts the cell. */
  readonly isCutOff: boolean;
  readonly nucleus: NucleusMask;
}

/** Which pixels are of the nucleus, at the low resolution of the working image. */
export interface NucleusMask {
  /** Position in the picture, in its pixels. */
  readonly left: number;
  readonly top: number;
  /** Side of a pixel of the mask, in pixels of the picture. */
  readonly pixelSize: number;
  readonly columns: number;
  readonly rows: number;
  /** `[rows, columns]`: 1 for the nucleus, 0 elsewhere. */
  readonly values: Uint8Array;
}

/** The scale of a picture, by its red cells: these measure 7 to 8 µm, and their mean differs by about ±15 % between patients. */
export interface Scale {
  /** Median diameter of the red cells that could be measured, in pixels of the picture. */
  readonly redCellDiameter: number;
  /** Standard error of that median, in pixels. */
  readonly uncertainty: number;
  /** The number of red cells that were measured, at least 1. */
  readonly redCells: number;
}

export interface FoundCells {
  /** In no particular order. */
  readonly cells: readonly FoundCell[];
  /** `null` if the scale is unknown, since no red cell could be measured. */
  readonly scale: Scale | null;
}

/** A red cell should have at least this diameter in the working image, or else the search is repeated at about `WANTED_UNIT`. */
const SMALLEST_UNIT = 9;
const WANTED_UNIT = 16;
/** The largest working image when a search is repeated, in pixels. */
const LARGEST_WORKING_IMAGE = 1_600_000;

/**
 * Finds the white cells of a picture, and its scale. Nothing is learned about the camera: colours are relative to the empty slide, and
 * lengths to the red cells. `docs/cell-finding.md` describes the method, its sources and its accuracy.
 *
 * The same pixels give the same result on the server and in the browser. Takes about 1 ms for a picture of a single cell and
 * time in proportion to the number of pixels for larger ones.
 *
 * @param pixels `[height, width, 3]`, RGB 0–255
 * @throws RangeError if the number of pixels does not match width and height
 */
export function findCells(pixels: Uint8Array, width: number, height: number): FoundCells {
  if (width < 1 || height < 1 || pixels.length !== width * height * 3) {
    throw new RangeError(
      `A picture of ${width} × ${height} has ${width * height * 3} values of RGB, not ${pixels.length}.`,
    );
  }
  return withScratch(() => findIn({ pixels, width, height }));
}

function findIn(picture: Picture): FoundCells {
  const { width, height } = picture;
  const factor = firstFactor(width, height);
  const { found, unit } = search(picture, factor);
  if (unit >= SMALLEST_UNIT) return found;
  const finer = Math.max(
    1,
    Math.round((factor * unit) / WANTED_UNIT),
    Math.ceil(Math.sqrt((width * height) / LARGEST_WORKING_IMAGE)),
  );
  return finer < factor ? search(picture, finer).found : found;
}

/** By how much a picture is made smaller at first: to a side of about 76 for a single cell, and at most 900 for a field. */
function firstFactor(width: number, height: number): number {
  const longer = Math.max(width, height);
  const side = longer <= 480 ? 76 : Math.min(900, 76 + (longer - 480) / 4);
  return Math.max(1, Math.min(Math.round(longer / side), width, height));
}

interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The cells and the scale in pixels of the picture; `unit`, a red cell's diameter, in pixels of the working image. */
function search(picture: Picture, factor: number): { found: FoundCells; unit: number } {
  const image = shrink(picture.pixels, picture.width, picture.height, factor);
  const stain = measureStain(image);
  const nothing: FoundCells = { cells: [], scale: null };
  if (hasForeignColours(stain)) return { found: nothing, unit: Infinity };
  // Cells that are far too small for this image look like noise, too.
  if (isNoise(stain)) return { found: nothing, unit: 0 };
  const { parts, pieces, unit } = findParts(stain);
  const nuclei = chooseNuclei(
    joinLobes(parts, pieces, stain, unit.length),
    unit,
    Math.min(stain.width, stain.height),
  ).filter((nucleus) => isSolid(nucleus, pieces, image, picture, stain.slide));
  const owners = scratch.int32(stain.width * stain.height);
  for (const [index, nucleus] of nuclei.entries())
    forEachPixel(nucleus, pieces, (pixel) => (owners[pixel] = index + 1));
  const cells = nuclei.map((nucleus, index) => {
    const outline = outlineOf(nucleus, owners, index + 1, stain, unit.redCells, unit.length);
    return { ...cellOf(outline, image), nucleus: maskOf(nucleus, pieces, image) };
  });
  const scale = unit.redCells && {
    redCellDiameter: unit.redCells.diameter * factor,
    uncertainty: unit.redCells.uncertainty * factor,
    redCells: unit.redCells.count,
  };
  return { found: { cells, scale }, unit: unit.length };
}

function cellOf({ points, centre, area, isCutOff }: CellOutline, { width, height, factor }: WorkingImage) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let at = 0; at < points.length; at += 2) {
    left = Math.min(left, points[at] ?? 0);
    right = Math.max(right, points[at] ?? 0);
    top = Math.min(top, points[at + 1] ?? 0);
    bottom = Math.max(bottom, points[at + 1] ?? 0);
  }
  left = Math.max(0, left);
  top = Math.max(0, top);
  return {
    box: {
      left: left * factor,
      top: top * factor,
      width: (Math.min(width, right) - left) * factor,
      height: (Math.min(height, bottom) - top) * factor,
    },
    centre: { x: centre.x * factor, y: centre.y * factor },
    diameter: 2 * Math.sqrt(area / Math.PI) * factor,
    outline: points.map((coordinate) => coordinate * factor),
    isCutOff,
  };
}

function maskOf(nucleus: Nucleus, pieces: Pieces, { width, height, factor }: WorkingImage): NucleusMask {
  let [left, top, right, bottom] = [width, height, 0, 0];
  forEachPixel(nucleus, pieces, (pixel) => {
    const column = pixel % width;
    const row = (pixel - column) / width;
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
  });
  const columns = right - left;
  const values = new Uint8Array(columns * (bottom - top));
  forEachPixel(nucleus, pieces, (pixel) => {
    const column = pixel % width;
    values[((pixel - column) / width - top) * columns + column - left] = 1;
  });
  return { left: left * factor, top: top * factor, pixelSize: factor, columns, rows: bottom - top, values };
}
