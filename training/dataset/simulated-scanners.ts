import { asItIs, type ColourMatrix, type Variant } from './variant.js';

/** A fixed variant: the same cell as another laboratory would show it. */
export interface SimulatedScanner {
  name: string;
  variant: Variant;
}

/**
 * Simulates scanners and laboratories whose images are not available: held-out images are scored as each of these would
 * show them. The variants are fixed, so that metrics of different recipes can be compared, and lie at and beyond the limits
 * of training augmentation. They cannot simulate another population, other cell kinds or other labels.
 */
export const SIMULATED_SCANNERS: readonly SimulatedScanner[] = [
  { name: 'pale stain', variant: { ...asItIs, stain: strength(0.65) } },
  { name: 'strong stain', variant: { ...asItIs, stain: strength(1.5) } },
  { name: 'yellow lamp', variant: { ...asItIs, light: [1, 0.93, 0.78] } },
  { name: 'more of the nuclear dye', variant: { ...asItIs, stain: dyes(1.45, 0.7) } },
  { name: 'more of the eosin', variant: { ...asItIs, stain: dyes(0.75, 1.4) } },
  { name: 'violet stain', variant: { ...asItIs, stain: [1.3, 0, 0, 0, 1.2, 0, 0, 0, 0.7] } },
  { name: 'high contrast', variant: { ...asItIs, tone: [1.2, 1.25, 1.2] } },
  { name: 'stray light', variant: { ...asItIs, tone: [0.7, 0.7, 0.6] } },
  { name: 'out of focus', variant: { ...asItIs, sharpness: -1 } },
  // By as much as the red cells of a picture can misstate its scale: twice the 10 % by which single pictures of deepapl-discovery differ.
  { name: 'larger cell', variant: { ...asItIs, zoom: 1.2 } },
  { name: 'smaller cell', variant: { ...asItIs, zoom: 1 / 1.2 } },
];

function strength(factor: number): ColourMatrix {
  return [factor, 0, 0, 0, factor, 0, 0, 0, factor];
}

/**
 * Factors of the two dyes in optical density. Haematoxylin's and eosin's absorption (Ruifrok & Johnston 2001), normalised,
 * stand for those of Romanowsky stains; the third direction, at a right angle to both, stays.
 */
function dyes(nuclear: number, eosin: number): ColourMatrix {
  const h = unit([0.65, 0.7, 0.29]);
  const e = unit([0.07, 0.99, 0.11]);
  const n = unit(cross(h, e));
  // The rows of the inverse of [h e n]: what takes each dye's amount out of an optical density.
  const takeH = scaled(cross(e, n), 1 / dot(h, cross(e, n)));
  const takeE = scaled(cross(n, h), 1 / dot(h, cross(e, n)));
  const entry = (row: 0 | 1 | 2, column: 0 | 1 | 2) =>
    Number(row === column) + (nuclear - 1) * h[row] * takeH[column] + (eosin - 1) * e[row] * takeE[column];
  return [
    entry(0, 0),
    entry(0, 1),
    entry(0, 2),
    entry(1, 0),
    entry(1, 1),
    entry(1, 2),
    entry(2, 0),
    entry(2, 1),
    entry(2, 2),
  ];
}

type Vector = [number, number, number];

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function scaled(a: Vector, factor: number): Vector {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

function unit(a: Vector): Vector {
  return scaled(a, 1 / Math.hypot(...a));
}
