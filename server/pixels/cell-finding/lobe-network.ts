import { HIDDEN, OUTPUT } from './lobe-weights.js';

/**
 * Two parts of nuclei: extent of both together; logarithms of the smaller and the larger area; both areas over that of their convex hull;
 * half the width of their contact over half the width of the narrower part (0 if they do not touch); least dye on the line between
 * their centres over the paler part's mean; the paler part's darkness over the darker part's; least density on that line; distance of
 * the centres. Lengths are in red-cell diameters, areas in red-cell areas.
 */
export type PairFeatures = readonly [number, number, number, number, number, number, number, number, number];

/**
 * Whether two parts of nuclei are of one cell: above 0 if that is more likely, then the logarithm of the odds. A network with one
 * hidden layer (tanh).
 */
export function areOfOneCell(features: PairFeatures): number {
  let sum = OUTPUT;
  for (const weights of HIDDEN) {
    let input = weights[features.length] ?? 0;
    for (const [at, feature] of features.entries()) input += feature * (weights[at] ?? 0);
    sum += Math.tanh(input) * (weights[features.length + 1] ?? 0);
  }
  return sum;
}
