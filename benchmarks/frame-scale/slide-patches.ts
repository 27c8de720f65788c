import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { openImage } from '../../server/imaging/open-image.js';
import { pictureOf } from '../../server/imaging/prepare-image.js';
import type { Random } from '../../server/imaging/seeded-random.js';
import { findCells } from '../../server/pixels/find-cells.js';
import { slideColour } from '../../server/pixels/cell-finding/stain.js';
import type { Picture } from '../../server/pixels/prepare-pixels.js';
import { type Box, fieldBoxes, FIELDS } from '../find-cells/image-sets.js';

/** Parts of real slides with red cells and no white cell. */
export interface SlidePatches {
  /**
   * Square patches of `side` pixels of one slide, in which red cells are as large as in the picture and the empty slide has the same
   * colour; each call of `pixels` gives one of them, `[side, side, 3]`.
   */
  patchFor(picture: Picture, random: Random): { pixels: () => Uint8Array; side: number };
  /** The colour of the picture's empty slide. */
  colourOf(picture: Picture): readonly number[];
}

/** The side of a patch, and red cells where the scale of a picture is unknown, in pixels of pictures of 224 pixels. */
const SIDE = 72;
const USUAL_RED_CELL = 46;
/** Fields whose patches are used. Each gives several. */
const FIELDS_USED = 60;

/** Patches by the field or patient that they are from. */
interface Slide {
  patches: Picture[];
  redCellDiameter: number;
  colour: readonly number[];
}

/**
 * Cuts the patches out of the BCCD fields below `data`, away from every white cell, and out of the margins of `pictures` (single cells).
 */
export async function cutSlidePatches(data: string, pictures: readonly Picture[]): Promise<SlidePatches> {
  const slides: Slide[] = [];
  for (const [file, boxes] of [...(await fieldBoxes(data, 'WBC'))].slice(0, FIELDS_USED)) {
    const field = await pictureOf(await openImage(await readFile(path.join(data, FIELDS, file))));
    slides.push(...slideOf(field, boxes));
  }
  for (const picture of pictures) slides.push(...slideOf(picture, []));
  const scaled = await Promise.all(slides.map((slide) => scaledTo(USUAL_RED_CELL, slide)));
  return {
    patchFor(picture, random) {
      const slide = scaled[random.below(scaled.length)];
      if (!slide) throw new Error('There is no patch of a slide without a white cell.');
      const wanted = colourOf(picture);
      const factors = wanted.map((level, channel) => level / Math.max(1, slide.colour[channel] ?? 1));
      return {
        side: SIDE,
        pixels: () => {
          const patch = slide.patches[random.below(slide.patches.length)];
          return (patch?.pixels ?? new Uint8Array(SIDE * SIDE * 3)).map((level, index) =>
            Math.min(255, level * (factors[index % 3] ?? 1)),
          );
        },
      };
    },
    colourOf,
  };
}

function colourOf({ pixels }: Picture): readonly number[] {
  const { red, green, blue } = slideColour(pixels);
  return [red, green, blue];
}

/** The patches of one picture; none where its scale is unknown or white cells are everywhere. */
function slideOf(picture: Picture, boxes: readonly Box[]): Slide[] {
  const { cells, scale } = findCells(picture.pixels, picture.width, picture.height);
  if (!scale) return [];
  const side = Math.round((SIDE * scale.redCellDiameter) / USUAL_RED_CELL);
  const margin = 0.1 * scale.redCellDiameter;
  const taken = [
    ...boxes,
    ...cells.map(({ box: { left, top, width, height } }) => ({
      left: left - margin,
      top: top - margin,
      right: left + width + margin,
      bottom: top + height + margin,
    })),
  ];
  const patches: Picture[] = [];
  for (let top = 0; top + side <= picture.height; top += Math.ceil(side / 2)) {
    for (let left = 0; left + side <= picture.width; left += Math.ceil(side / 2)) {
      const isFree = taken.every(
        (box) => box.right <= left || box.left >= left + side || box.bottom <= top || box.top >= top + side,
      );
      if (isFree) patches.push(cut(picture, left, top, side));
    }
  }
  const slide = { patches, redCellDiameter: scale.redCellDiameter, colour: colourOf(picture) };
  return patches.length > 0 ? [slide] : [];
}

function cut(picture: Picture, left: number, top: number, side: number): Picture {
  const pixels = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    const start = ((top + row) * picture.width + left) * 3;
    pixels.set(picture.pixels.subarray(start, start + side * 3), row * side * 3);
  }
  return { width: side, height: side, pixels };
}

async function scaledTo(redCell: number, slide: Slide): Promise<Slide> {
  const patches = await Promise.all(
    slide.patches.map(async ({ pixels, width, height }) => ({
      width: SIDE,
      height: SIDE,
      pixels: new Uint8Array(
        await sharp(pixels, { raw: { width, height, channels: 3 } })
          .resize(SIDE, SIDE, { fit: 'fill' })
          .raw()
          .toBuffer(),
      ),
    })),
  );
  return { ...slide, patches, redCellDiameter: redCell };
}
