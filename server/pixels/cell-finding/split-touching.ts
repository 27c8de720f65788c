import { scratch } from './scratch.js';
import { DISTANCE_UNIT, distanceInside, type Groups, type Mask } from './masks.js';

/** The pieces of a mask. */
export interface Pieces extends Groups {
  /** For each pixel the number of its piece, from 1; 0 outside the mask. */
  readonly labels: Int32Array;
  /** Half the width of each piece where it is thickest, in pixels. */
  readonly thickness: readonly number[];
  /** Contacts between pieces. */
  readonly necks: readonly Neck[];
}

/** Two pieces that touch. */
export interface Neck {
  /** Numbers of the pieces, from 0. */
  readonly first: number;
  readonly second: number;
  /** Half the width of the contact over half the width of the narrower piece: 0 to 1. */
  readonly ratio: number;
}

/**
 * Splits a mask where it is narrow: a watershed of the distance from the outside (Beucher and Lantuéjoul 1979), flooded from the
 * thickest places. Two thick places belong to one piece if the neck between them is at least `neck` times as wide as
 * the narrower of them, or if that one is thinner than `thinnest` pixels (radius).
 */
export function splitTouching(mask: Mask, { neck, thinnest }: { neck: number; thinnest: number }): Pieces {
  const { width, height } = mask;
  const distance = distanceInside(mask);
  const order = byFallingDistance(distance);
  const labels = scratch.int32(distance.length);
  /** For each thick place: the thick place that it was joined to, or itself; and its distance from the outside. */
  const parents: number[] = [0];
  const peaks: number[] = [0];
  const saddles = new Map<number, number>();
  const limit = thinnest * DISTANCE_UNIT;
  const rootOf = (label: number): number => {
    let root = label;
    while (parents[root] !== root) root = parents[root] ?? 0;
    return root;
  };
  for (let at = 0; at < order.length; at++) {
    const pixel = order[at] ?? 0;
    const height0 = distance[pixel] ?? 0;
    const column = pixel % width;
    const row = (pixel - column) / width;
    const fromRow = row > 0 ? -1 : 0;
    const toRow = row < height - 1 ? 1 : 0;
    const fromColumn = column > 0 ? -1 : 0;
    const toColumn = column < width - 1 ? 1 : 0;
    let root = 0;
    for (let down = fromRow; down <= toRow; down++) {
      for (let across = fromColumn; across <= toColumn; across++) {
        const label = labels[pixel + down * width + across] ?? 0;
        if (label === 0 || label === root) continue;
        const other = rootOf(label);
        if (root === 0 || other === root) {
          root = other;
          continue;
        }
        const [higher, lower] = (peaks[root] ?? 0) >= (peaks[other] ?? 0) ? [root, other] : [other, root];
        const peak = peaks[lower] ?? 0;
        root = higher;
        if (height0 >= neck * peak || peak < limit) {
          parents[lower] = higher;
          continue;
        }
        const key = Math.min(root, lower) * 0x100000 + Math.max(root, lower);
        if (!saddles.has(key)) saddles.set(key, height0 / peak);
      }
    }
    if (root === 0) {
      root = parents.length;
      parents.push(root);
      peaks.push(height0);
    }
    labels[pixel] = root;
  }
  return numbered(labels, order, rootOf, saddles, peaks);
}

/** The pixels inside, thickest first. */
function byFallingDistance(distance: Uint16Array): Int32Array {
  let highest = 0;
  for (let index = 0; index < distance.length; index++) highest = Math.max(highest, distance[index] ?? 0);
  const ends = scratch.int32(highest + 2);
  for (let index = 0; index < distance.length; index++) {
    const value = distance[index] ?? 0;
    if (value > 0) ends[value] = (ends[value] ?? 0) + 1;
  }
  for (let value = highest - 1; value > 0; value--) ends[value] = (ends[value] ?? 0) + (ends[value + 1] ?? 0);
  const order = scratch.int32(ends[1] ?? 0);
  for (let index = distance.length - 1; index >= 0; index--) {
    const value = distance[index] ?? 0;
    if (value === 0) continue;
    const place = (ends[value] ?? 0) - 1;
    ends[value] = place;
    order[place] = index;
  }
  return order;
}

/** Numbers the pieces from 1 without gaps, groups their pixels, and translates the necks. */
function numbered(
  labels: Int32Array,
  order: Int32Array,
  rootOf: (label: number) => number,
  saddles: ReadonlyMap<number, number>,
  peaks: readonly number[],
): Pieces {
  const numbers = scratch.int32(peaks.length);
  const sizes: number[] = [];
  const thickness: number[] = [];
  for (let at = 0; at < order.length; at++) {
    const pixel = order[at] ?? 0;
    const label = labels[pixel] ?? 0;
    let number = numbers[label] ?? 0;
    if (number === 0) {
      const root = rootOf(label);
      number = numbers[root] ?? 0;
      if (number === 0) {
        sizes.push(0);
        thickness.push((peaks[root] ?? 0) / DISTANCE_UNIT);
        number = sizes.length;
        numbers[root] = number;
      }
      numbers[label] = number;
    }
    labels[pixel] = number;
    sizes[number - 1] = (sizes[number - 1] ?? 0) + 1;
  }
  const starts = [0];
  for (const size of sizes) starts.push((starts.at(-1) ?? 0) + size);
  const next = starts.slice();
  const pixels = scratch.int32(order.length);
  for (let at = 0; at < order.length; at++) {
    const pixel = order[at] ?? 0;
    const piece = (labels[pixel] ?? 0) - 1;
    const place = next[piece] ?? 0;
    pixels[place] = pixel;
    next[piece] = place + 1;
  }
  const widest = new Map<number, Neck>();
  for (const [key, ratio] of saddles) {
    const one = (numbers[rootOf(Math.floor(key / 0x100000))] ?? 0) - 1;
    const other = (numbers[rootOf(key % 0x100000)] ?? 0) - 1;
    if (one === other) continue;
    const first = Math.min(one, other);
    const second = Math.max(one, other);
    const pair = first * 0x100000 + second;
    if (ratio > (widest.get(pair)?.ratio ?? 0)) widest.set(pair, { first, second, ratio });
  }
  return { count: sizes.length, starts, pixels, labels, thickness, necks: [...widest.values()] };
}
