import { areOfOneCell, type PairFeatures } from './lobe-network.js';
import { gap, hullArea, joined, type Nucleus, pairsWithin, widths } from './nuclei.js';
import type { Neck, Pieces } from './split-touching.js';
import type { Stain } from './stain.js';

/** Parts are never of one nucleus if their centres are farther apart, the gap is wider, or the whole is larger: in red-cell diameters. */
const FARTHEST = 1.8;
const WIDEST_GAP = 0.4;
const LARGEST_NUCLEUS = 3;

interface Candidate {
  readonly score: number;
  readonly first: number;
  readonly second: number;
}

/**
 * Joins the lobes of nuclei: first the pair of parts that is most likely to be of one cell, until no pair is more likely to be of
 * one cell than of two.
 *
 * @param unit diameter of a red cell, in pixels of the working image
 */
export function joinLobes(parts: readonly Nucleus[], pieces: Pieces, stain: Stain, unit: number): Nucleus[] {
  const nuclei: (Nucleus | null)[] = [...parts];
  const neighbours = parts.map(() => new Set<number>());
  const necks = new Necks(pieces.necks);
  /** In rising order of score. */
  const candidates: Candidate[] = [];
  const consider = (first: number, second: number) => {
    const one = nuclei[first];
    const other = nuclei[second];
    const features = one && other && pairFeatures(one, other, necks, stain, unit);
    if (!features) return;
    const score = areOfOneCell(features);
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
    const whole = nuclei.push(joined(one, other)) - 1;
    nuclei[best.first] = null;
    nuclei[best.second] = null;
    const around = new Set<number>();
    for (const neighbour of [...(neighbours[best.first] ?? []), ...(neighbours[best.second] ?? [])]) {
      if (nuclei[neighbour]) around.add(neighbour);
    }
    neighbours.push(around);
    for (const neighbour of around) {
      neighbours[neighbour]?.add(whole);
      consider(neighbour, whole);
    }
  }
  return nuclei.filter((nucleus) => nucleus !== null);
}

/** The contacts between pieces, to look up. */
export class Necks {
  private readonly ratios = new Map<number, Map<number, number>>();

  constructor(necks: readonly Neck[]) {
    for (const { first, second, ratio } of necks) {
      this.of(first).set(second, ratio);
      this.of(second).set(first, ratio);
    }
  }

  /** The ratio of the widest contact between two nuclei; 0 if they do not touch. */
  widest(one: Nucleus, other: Nucleus): number {
    let widest = 0;
    for (const piece of one.pieces) {
      const contacts = this.ratios.get(piece);
      if (!contacts) continue;
      for (const beside of other.pieces) widest = Math.max(widest, contacts.get(beside) ?? 0);
    }
    return widest;
  }

  private of(piece: number): Map<number, number> {
    const known = this.ratios.get(piece);
    if (known) return known;
    const contacts = new Map<number, number>();
    this.ratios.set(piece, contacts);
    return contacts;
  }
}

/** Describes two parts of nuclei for the network; `null` if they cannot be of one cell. */
export function pairFeatures(
  one: Nucleus,
  other: Nucleus,
  necks: Necks,
  stain: Stain,
  unit: number,
): PairFeatures | null {
  const fromX = one.sumX / one.area;
  const fromY = one.sumY / one.area;
  const dx = other.sumX / other.area - fromX;
  const dy = other.sumY / other.area - fromY;
  const distance = Math.hypot(dx, dy);
  if (distance > FARTHEST * unit || gap(one, other) > WIDEST_GAP * unit) return null;
  const whole = joined(one, other);
  const extent = widths(whole).greatest;
  if (extent > LARGEST_NUCLEUS * unit) return null;
  const redCellArea = (Math.PI / 4) * unit ** 2;
  let leastDye = Infinity;
  let leastDensity = Infinity;
  const steps = Math.max(1, Math.ceil(distance));
  for (let step = 0; step <= steps; step++) {
    const column = Math.round(fromX + (dx * step) / steps);
    const row = Math.round(fromY + (dy * step) / steps);
    const pixel = row * stain.width + column;
    leastDye = Math.min(leastDye, stain.dye[pixel] ?? 0);
    leastDensity = Math.min(leastDensity, stain.green[pixel] ?? 0);
  }
  const darkness = [one.red + one.dye, other.red + other.dye] as const;
  return [
    extent / unit,
    Math.log(Math.max(0.03, Math.min(one.area, other.area) / redCellArea)),
    Math.log(Math.max(0.05, Math.max(one.area, other.area) / redCellArea)),
    whole.area / hullArea(whole),
    necks.widest(one, other),
    Math.max(-0.2, Math.min(1.5, leastDye / Math.min(one.dye, other.dye))),
    Math.min(...darkness) / Math.max(...darkness),
    Math.min(0.5, leastDensity),
    distance / unit,
  ];
}
