import { outlineOf } from './cell-finding/cell-outline.js';
import { unitOf } from './cell-finding/cell-unit.js';
import { chooseNuclei, withoutCytoplasm } from './cell-finding/choose-nuclei.js';
import { joinLobes } from './cell-finding/join-lobes.js';
import { fillHoles } from './cell-finding/masks.js';
import { measurePieces, type Nucleus } from './cell-finding/nuclei.js';
import { nucleusMask, stainedMask } from './cell-finding/nucleus-mask.js';
import { measureRedCells } from './cell-finding/red-cell-ruler.js';
import { type Pieces, splitTouching } from './cell-finding/split-touching.js';
import { isNoise, measureStain, type Stain } from './cell-finding/stain.js';
import { shrink } from './cell-finding/working-image.js';

/** A white cell. Lengths and coordinates are in pixels of the picture. */
export interface FoundCell {
  /** Around the whole cell with its cytoplasm, as far as it is in the picture. */
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly centre: { readonly x: number; readonly y: number };
  /** Diameter of the circle of the same area as the whole cell. */
  readonly diameter: number;
  readonly nucleusArea: number;
  readonly isCutOff: boolean;
  readonly radii: Float64Array;
}

export interface Scale {
  /** Median diameter of the red cells that could be measured, in pixels of the picture. */
  readonly redCellDiameter: number;
  /** Standard error of that diameter, in pixels. */
  readonly uncertainty: number;
  readonly redCells: number;
}

export interface FoundCells {
  readonly cells: readonly FoundCell[];
  readonly scale: Scale | null;
}

export function findCells(pixels: Uint8Array, width: number, height: number): FoundCells {
  let factor = firstFactor(width, height);
  for (let pass = 0; ; pass++) {
    const found = search(pixels, width, height, factor);
    const wanted = Math.max(1, Math.round((factor * found.unit) / 16), Math.ceil(Math.sqrt((width * height) / 1.6e6)));
    if (pass === 1 || found.unit >= 9 || wanted >= factor) return found;
    factor = wanted;
  }
}

function firstFactor(width: number, height: number): number {
  const longest = Math.max(width, height);
  const side = longest <= 480 ? 112 : Math.min(900, 112 + 0.25 * (longest - 480));
  return Math.max(1, Math.min(Math.round(longest / side), width, height));
}
export interface Debug { stain: Stain; kept: Nucleus[]; parts: Nucleus[]; pieces: Pieces; unit: number; factor: number; rbc: unknown; nuclei: Nucleus[] }
function search(pixels: Uint8Array, width: number, height: number, factor: number): FoundCells & { unit: number; debug: Debug } {
  const stain = measureStain(shrink(pixels, width, height, factor));
  const stained = stainedMask(stain);
  const measured = measureRedCells(stain, stained);
  const first = measured?.diameter ?? 0.28 * Math.min(stain.width, stain.height);
  const mask = nucleusMask(stain, splitTouching(stained, { neck: SN, thinnest: ST * first }));
  fillHoles(mask, 0.2 * first ** 2);
  const pieces = splitTouching(mask, { neck: 0.72, thinnest: 0.18 * first });
  const unitFound = unitOf(measured, pieces) ?? { length: first, redCells: null };
  const unit = unitFound.length;
  const redCells = unitFound.redCells;
  const unitArea = (Math.PI / 4) * unit ** 2;
  const parts = measurePieces(pieces, stain, 0.03 * unitArea);
  const nuclei = joinLobes(withoutCytoplasm(parts, unit), stain, pieces, unit);
  const kept = isNoise(stain) ? [] : chooseNuclei(nuclei, unitFound, Math.min(stain.width, stain.height));
  const owners = new Int32Array(pieces.count);
  kept.forEach((nucleus, index) => nucleus.pieces.forEach((piece) => (owners[piece] = index + 1)));
  const cells = kept.map((nucleus, index) => {
    const outline = outlineOf(nucleus, owners, index + 1, pieces, stain, redCells, unit);
    return {
      box: {
        left: outline.left * factor,
        top: outline.top * factor,
        width: (outline.right - outline.left) * factor,
        height: (outline.bottom - outline.top) * factor,
      },
      centre: { x: (nucleus.sumX / nucleus.area + 0.5) * factor, y: (nucleus.sumY / nucleus.area + 0.5) * factor },
      diameter: outline.diameter * factor,
      nucleusArea: nucleus.area * factor ** 2,
      isCutOff: outline.isCutOff,
      radii: outline.radii.map((r) => r * factor),
    };
  });
  return {
    unit,
    cells,
    scale: redCells && {
      redCellDiameter: redCells.diameter * factor,
      uncertainty: redCells.uncertainty * factor,
      redCells: redCells.count,
    },
    debug: { stain, kept, parts, pieces, unit, factor, rbc: redCells, nuclei },
  };
}

const SN = 0.72, ST = 0.35;
