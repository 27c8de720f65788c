import { BIAS, HIDDEN } from './lobe-network.js';
import { gap, hullArea, joined, type Nucleus, pairsWithin, widths } from './nuclei.js';
import type { Pieces } from './split-touching.js';
import type { Stain } from './stain.js';

/** Parts farther apart than this (between their centres) are never of one nucleus; nor are parts with a wider gap. In red-cell diameters. */
export const FARTHEST = 1.8;
const WIDEST_GAP = 0.4;

interface Candidate {
  readonly score: number;
  readonly first: number;
  readonly second: number;
}

/**
 * Joins the lobes of nuclei: the pair of parts that is most likely to be of one cell first, until no pair is more likely to be of
 * one cell than of two. `unit` is the diameter of a red cell in pixels.
 */
export function joinLobes(parts: readonly Nucleus[], stain: Stain, pieces: Pieces, unit: number): Nucleus[] {
  const nuclei: (Nucleus | null)[] = [...parts];
  const neighbours = parts.map(() => new Set<number>());
  const necks = new Map(pieces.necks.map(({ first, second, ratio }) => [first * pieces.count + second, ratio]));
  const neckOf = (one: Nucleus, other: Nucleus) =>
    Math.max(
      ...one.pieces.flatMap((a) =>
        other.pieces.map((b) => necks.get(Math.min(a, b) * pieces.count + Math.max(a, b)) ?? 0),
      ),
    );
  /** In rising order of score. */
  const candidates: Candidate[] = [];
  const consider = (first: number, second: number) => {
    const one = nuclei[first];
    const other = nuclei[second];
    if (!one || !other) return;
    const f = features(one, other, stain, neckOf(one, other), unit);
    const score = f ? logit(f) : -1;
    if (score <= 0) return;
    let at = candidates.length;
    while (at > 0 && (candidates[at - 1]?.score ?? 0) > score) at--;
    candidates.splice(at, 0, { score, first, second });
  };
  for (const [first, second] of pairsWithin(parts, FARTHEST * unit)) {
    neighbours[first]?.add(second);
    neighbours[second]?.add(first);
    consider(first, second);
  }
  for (let best = candidates.pop(); best; best = candidates.pop()) {
    const one = nuclei[best.first];
    const other = nuclei[best.second];
    if (!one || !other) continue;
    const number = nuclei.length;
    nuclei.push(joined(one, other));
    nuclei[best.first] = null;
    nuclei[best.second] = null;
    const around = new Set([...(neighbours[best.first] ?? []), ...(neighbours[best.second] ?? [])]);
    neighbours.push(around);
    for (const neighbour of around) {
      neighbours[neighbour]?.add(number);
      consider(neighbour, number);
    }
  }
  return nuclei.filter((nucleus) => nucleus !== null);
}

const CHOSEN = [0, 1, 2, 3, 4, 6, 7, 9, 12];
const B0 = Number(process.env.JB ?? 0);
function logit(f: number[]): number {
  let sum = BIAS + B0;
  for (const unit of HIDDEN) {
    let input = unit[CHOSEN.length];
    for (let i = 0; i < CHOSEN.length; i++) input += f[CHOSEN[i]] * unit[i];
    sum += Math.tanh(input) * unit[CHOSEN.length + 1];
  }
  return sum;
}

export function features(one: Nucleus, other: Nucleus, stain: Stain, neck: number, unit: number): number[] | null {
  const x0 = one.sumX / one.area, y0 = one.sumY / one.area;
  const dx = other.sumX / other.area - x0;
  const dy = other.sumY / other.area - y0;
  const distance = Math.hypot(dx, dy);
  if (distance > FARTHEST * unit) return null;
  const between = gap(one, other) / unit;
  if (between > WIDEST_GAP) return null;
  const union = joined(one, other);
  const { greatest, smallest } = widths(union);
  if (greatest > 3 * unit) return null;
  const unitArea = (Math.PI / 4) * unit ** 2;
  const small = Math.min(one.area, other.area) / unitArea;
  const large = Math.max(one.area, other.area) / unitArea;
  const steps = Math.ceil(distance);
  let lightest = Infinity, leastDye = Infinity;
  for (let step = 0; step <= steps; step++) {
    const pixel = Math.round(y0 + (dy * step) / steps) * stain.width + Math.round(x0 + (dx * step) / steps);
    lightest = Math.min(lightest, stain.density[pixel] ?? 0);
    leastDye = Math.min(leastDye, stain.dye[pixel] ?? 0);
  }
  const weaker = Math.min(one.dye, other.dye);
  const w1=widths(one), w2=widths(other);
  return [greatest / unit, Math.log(Math.max(0.03, small)), Math.log(Math.max(0.05, large)), union.area / hullArea(union), neck, between, Math.max(-0.2, Math.min(1.5, leastDye / weaker)), Math.min(one.red+one.dye,other.red+other.dye)/Math.max(one.red+one.dye,other.red+other.dye), smallest / greatest, Math.min(0.5, lightest),
   Math.min(one.area/hullArea(one), other.area/hullArea(other)), greatest/Math.max(w1.greatest,w2.greatest), distance/unit];
}
