import { dihedralHashes, hashDistance, type HashWords, hashWords } from '../../../pixels/perceptual-hash.js';
import type { Pause } from './image-check.js';

/**
 * The largest number of differing bits, of 255 frequencies, at which two pictures count as the same. Measured on DeepAPL (8,320
 * cells): copies compressed to quality 50, halved in size, rotated, flipped, blurred, brightened by 10 % or tinted differ in 0
 * to 10 bits; the most similar of 230 million pairs of different cells, in all eight orientations, in 68.
 */
export const DISTANCE_AT_MOST = 24;

// Multi-index hashing (Norouzi, Punjani and Fleet, CVPR 2012): 128 of the bits are cut into eight keys of 16, and a picture
// is only compared with pictures that share a key with it. Pictures that differ in up to 7 of the 128 bits always share a key,
// and 97 % of those that differ in 10.
const KEYS = 8;
const KEY_BITS = 16;
const KEY_BIT_POSITIONS = bitsOfKeys();
/** The number of pictures looked up between two pauses: about 30 ms of computing. */
const AT_ONCE = 256;

/**
 * Finds sets of pictures that differ only in compression, size, colour, rotation or flipping.
 *
 * @param hashes perceptual hashes of different images
 * @param pause awaited regularly, because the search takes ten seconds for 100,000 pictures
 * @returns indices into `hashes`, sets of two or more
 */
export async function nearDuplicates(hashes: readonly string[], pause: Pause): Promise<number[][]> {
  const words = hashes.map(hashWords);
  const parents = Int32Array.from(hashes.keys());
  const newest = Array.from({ length: KEYS }, () => new Int32Array(1 << KEY_BITS).fill(-1));
  const before = Array.from({ length: KEYS }, () => new Int32Array(hashes.length));
  const compared = new Int32Array(hashes.length).fill(-1);

  for (const [index, hash] of words.entries()) {
    if (index % AT_ONCE === 0) await pause();
    dihedralHashes(hash).forEach((turned, orientation) => {
      const turn = 8 * index + orientation;
      keysOf(turned).forEach((key, which) => {
        let other = newest[which]?.[key] ?? -1;
        for (; other >= 0; other = before[which]?.[other] ?? -1) {
          if (compared[other] === turn) continue;
          compared[other] = turn;
          const known = words[other];
          if (known && hashDistance(turned, known) <= DISTANCE_AT_MOST) join(parents, other, index);
        }
      });
    });
    keysOf(hash).forEach((key, which) => {
      const [heads, links] = [newest[which], before[which]];
      if (!heads || !links) return;
      links[index] = heads[key] ?? -1;
      heads[key] = index;
    });
  }
  return setsOf(parents);
}

function keysOf(hash: HashWords): number[] {
  return KEY_BIT_POSITIONS.map((positions) =>
    positions.reduce((key, bit) => (key << 1) | (((hash[bit >> 5] ?? 0) >>> (31 - (bit & 31))) & 1), 0),
  );
}

/**
 * The positions of the bits that form the keys: the lowest frequencies, which survive most changes, of those that are odd in at
 * least one direction. A cell in the centre gives even frequencies the same sign in all pictures, so these carry little
 * information; odd frequencies have either sign equally often.
 */
function bitsOfKeys(): number[][] {
  const size = 16;
  const frequencies = Array.from({ length: size * size }, (_, bit) => ({
    bit,
    u: bit % size,
    v: Math.floor(bit / size),
  }));
  const lowest = frequencies
    .filter(({ u, v }) => u % 2 === 1 || v % 2 === 1)
    .sort((a, b) => a.u ** 2 + a.v ** 2 - (b.u ** 2 + b.v ** 2) || a.bit - b.bit)
    .slice(0, KEYS * KEY_BITS);
  return Array.from({ length: KEYS }, (_, key) =>
    lowest.filter((_bit, index) => index % KEYS === key).map(({ bit }) => bit),
  );
}

// Disjoint sets (union–find): each set is a tree, and two sets are joined at their roots.

function rootOf(parents: Int32Array, index: number): number {
  let root = index;
  while ((parents[root] ?? root) !== root) root = parents[root] ?? root;
  for (let at = index; at !== root;) {
    const next = parents[at] ?? root;
    parents[at] = root;
    at = next;
  }
  return root;
}

function join(parents: Int32Array, a: number, b: number): void {
  parents[rootOf(parents, b)] = rootOf(parents, a);
}

function setsOf(parents: Int32Array): number[][] {
  const sets = new Map<number, number[]>();
  parents.forEach((_, index) => {
    const root = rootOf(parents, index);
    const set = sets.get(root);
    if (set) set.push(index);
    else sets.set(root, [index]);
  });
  return [...sets.values()].filter(({ length }) => length > 1);
}
