import { type Random, shuffle } from '../../../../imaging/seeded-random.js';

/**
 * Permutes the labels under the null hypothesis that they are independent of the images. Each block (a patient's images, or one
 * image) gets the label mixture of another block, stretched or thinned to its own number of images. So patients whose
 * images nearly all have one label, which make chance findings likely, are preserved under permutation.
 *
 * @param blocks the items of each group, by index (see blocksOf)
 */
export function permuteLabels(
  labels: Uint8Array,
  blocks: readonly (readonly number[])[],
  random: Random,
): Uint8Array {
  const permuted = new Uint8Array(labels.length);
  const givers = shuffle([...blocks], random);
  blocks.forEach((block, index) => {
    const giver = givers[index] ?? block;
    // In random order, because a block's items may be sorted by something that is related to their labels.
    const takers = block.length > 1 ? shuffle([...block], random) : block;
    takers.forEach((taker, place) => {
      const from = giver[Math.floor((place * giver.length) / takers.length)] ?? taker;
      permuted[taker] = labels[from] ?? 0;
    });
  });
  return permuted;
}
