import { outlineOf } from './cell-finding/cell-outline.js';
import { joinLobes } from './cell-finding/join-lobes.js';
import { fillHoles } from './cell-finding/masks.js';
import { measurePieces, type Nucleus } from './cell-finding/nuclei.js';
import { nucleusMask, stainedMask } from './cell-finding/nucleus-mask.js';
import { measureRedCells, type RedCells } from './cell-finding/red-cell-ruler.js';
import { type Pieces, splitTouching } from './cell-finding/split-touching.js';
import { measureStain, type Stain } from './cell-finding/stain.js';
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
  const redCells = measureRedCells(stain, stained);
  const first = redCells?.diameter ?? 0.28 * Math.min(stain.width, stain.height);
  const mask = nucleusMask(stain, splitTouching(stained, { neck: SN, thinnest: ST * first }));
  fillHoles(mask, 0.2 * first ** 2);
  const pieces = splitTouching(mask, { neck: 0.72, thinnest: 0.18 * first });
  const unit = likelyUnit(redCells, pieces, first);
  const unitArea = (Math.PI / 4) * unit ** 2;
  const parts = measurePieces(pieces, stain, 0.03 * unitArea);
  const nuclei = joinLobes(parts.filter((part) => !isCytoplasm(part, parts, unit)), stain, pieces, unit);
  const strongest = Math.max(0, ...nuclei.filter((n) => n.area > 0.22 * unitArea).map((n) => n.red + n.dye));
  const kept = nuclei.filter(
    (n) => n.area > (n.isAtBorder ? 0.2 : A1) * unitArea && n.dye > 0.15 && n.red + n.dye > K2 * strongest,
  );
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

function isCytoplasm(part: Nucleus, parts: readonly Nucleus[], unit: number): boolean {
  const area = (Math.PI / 4) * unit ** 2;
  return parts.some((other) => {
    if (other === part || part.red + part.dye > C1 * (other.red + other.dye) || other.area < 0.3 * area || part.area > 0.5 * other.area) return false;
    const dx = part.sumX / part.area - other.sumX / other.area;
    const dy = part.sumY / part.area - other.sumY / other.area;
    return Math.hypot(dx, dy) < 1.5 * unit;
  });
}

const K2 = Number(process.env.K2 ?? 0.4);
const NU = Number(process.env.NU ?? 1.25);
function likelyUnit(redCells: RedCells | null, pieces: Pieces, first: number): number {
  const areas: number[] = [];
  for (let p = 0; p < pieces.count; p++) {
    const area = (pieces.starts[p + 1] ?? 0) - (pieces.starts[p] ?? 0);
    if (area > 12) areas.push(area);
  }
  areas.sort((a, b) => a - b);
  const total = areas.reduce((a, b) => a + b, 0);
  if (total === 0) return first;
  let seen = 0;
  const median = areas.find((a) => (seen += a) * 2 >= total) ?? 0;
  const byNuclei = Math.sqrt((4 * median) / Math.PI) / NU;
  if (!redCells) return byNuclei;
  const ratio = redCells.diameter / byNuclei;
  if ((redCells.count < 4 && (ratio > 3 || ratio < 0.45)) || (redCells.count < 3 && ratio > 2.2)) return byNuclei;
  const w1 = 1 / (0.08 ** 2 + (redCells.uncertainty / redCells.diameter) ** 2);
  const w2 = 1 / 0.35 ** 2;
  return Math.exp((w1 * Math.log(redCells.diameter) + w2 * Math.log(byNuclei)) / (w1 + w2));
}

const A1 = Number(process.env.A1 ?? 0.35);
const C1 = Number(process.env.C1 ?? 0.75);
const SN = 0.72, ST = 0.35;
