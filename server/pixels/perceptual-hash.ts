/** The number of frequencies per axis that the hash uses. */
const KEPT = 16;
/** Hex digits of a hash: one bit for each of 16 × 16 frequencies, including the constant one (always 0). */
export const HASH_DIGITS = (KEPT * KEPT) / 4;

/**
 * The signs of the 16 × 16 lowest frequencies of a picture's brightness, as 64 hex digits. After recompressing, resizing or a
 * change of brightness, nearly all bits stay the same; a different picture shares half of them by chance.
 *
 * This is the DCT hash of Zauner (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010) with two changes:
 * it is longer, and the threshold is zero instead of the median. So flipping the picture inverts known bits, rotating it swaps
 * known bits, and {@link dihedralHashes} works without the picture.
 *
 * @param brightness `[size, size]`
 */
export function perceptualHash(brightness: Float32Array, size: number): string {
  const basis = cosines(size);
  const rows = new Float64Array(size * KEPT); // each row transformed
  for (let row = 0; row < size; row++) {
    for (let u = 0; u < KEPT; u++) {
      let sum = 0;
      for (let x = 0; x < size; x++) sum += (brightness[row * size + x] ?? 0) * (basis[u * size + x] ?? 0);
      rows[row * KEPT + u] = sum;
    }
  }
  const bits: boolean[] = [];
  for (let v = 0; v < KEPT; v++) {
    for (let u = 0; u < KEPT; u++) {
      let sum = 0;
      for (let row = 0; row < size; row++) sum += (rows[row * KEPT + u] ?? 0) * (basis[v * size + row] ?? 0);
      bits.push(u + v > 0 && sum > 0);
    }
  }
  return hexOf(bits);
}

/** The cosines of the DCT-II, `[KEPT, size]`. Common factors are left out, because they do not change signs. */
function cosines(size: number): Float64Array {
  return Float64Array.from({ length: KEPT * size }, (_, index) => {
    const [frequency, x] = [Math.floor(index / size), index % size];
    return Math.cos((Math.PI * frequency * (2 * x + 1)) / (2 * size));
  });
}

/** A hash as eight 32-bit words. */
export type HashWords = Uint32Array;

/** Parses a hash of {@link perceptualHash}. Throws if it has another length. */
export function hashWords(hash: string): HashWords {
  if (hash.length !== HASH_DIGITS) throw new Error(`'${hash}' is not a perceptual hash.`);
  return Uint32Array.from({ length: HASH_DIGITS / 8 }, (_, word) =>
    Number.parseInt(hash.slice(8 * word, 8 * word + 8), 16),
  );
}

/** The hashes of the same picture in all eight orientations (rotated, mirrored), the original first. */
export function dihedralHashes(words: HashWords): HashWords[] {
  const bits = bitsOf(words);
  const turned = wordsOf(
    bits.map((_, index) => bits[(index % KEPT) * KEPT + Math.floor(index / KEPT)] ?? false),
  );
  return [words, turned].flatMap((either) => [
    either,
    ...[MIRRORED, UPSIDE_DOWN, HALF_TURNED].map((mask) =>
      either.map((word, index) => word ^ (mask[index] ?? 0)),
    ),
  ]);
}

/** The number of frequencies, of 255, in which two pictures differ. */
export function hashDistance(a: HashWords, b: HashWords): number {
  let distance = 0;
  for (let word = 0; word < a.length; word++) distance += bitCount((a[word] ?? 0) ^ (b[word] ?? 0));
  return distance;
}

/** Hacker's Delight, figure 5-2. */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function hexOf(bits: readonly boolean[]): string {
  return [...wordsOf(bits)].map((word) => word.toString(16).padStart(8, '0')).join('');
}

function wordsOf(bits: readonly boolean[]): HashWords {
  const words = new Uint32Array(bits.length / 32);
  bits.forEach((bit, index) => {
    if (bit) words[index >> 5] = ((words[index >> 5] ?? 0) | (1 << (31 - (index & 31)))) >>> 0;
  });
  return words;
}

function bitsOf(words: HashWords): boolean[] {
  return Array.from({ length: words.length * 32 }, (_, index) =>
    Boolean(((words[index >> 5] ?? 0) >>> (31 - (index & 31))) & 1),
  );
}

// Seen in a mirror, an odd cosine changes its sign: the bits that do, by which way the picture is flipped.
const INDICES = Array.from({ length: KEPT * KEPT }, (_, index) => ({
  u: index % KEPT,
  v: Math.floor(index / KEPT),
}));
const MIRRORED = wordsOf(INDICES.map(({ u }) => u % 2 === 1));
const UPSIDE_DOWN = wordsOf(INDICES.map(({ v }) => v % 2 === 1));
const HALF_TURNED = wordsOf(INDICES.map(({ u, v }) => (u + v) % 2 === 1));
