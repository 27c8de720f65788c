import { type Random, shuffle } from '../../../../imaging/seeded-random.js';

/**
 * Labels as they might be if they had nothing to do with the images: each block (a patient's images, or one image) takes
 * over the mixture of labels of another block, drawn out or thinned to its own number of images. So a patient whose images
 * are nearly all of one label, which is what makes chance findings likely, remains one under permutation.
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
    // In a random order: a block's items may lie sorted by what their labels have to do with.
    const takers = block.length > 1 ? shuffle([...block], random) : block;
    takers.forEach((taker, place) => {
      const from = giver[Math.floor((place * giver.length) / takers.length)] ?? taker;
      permuted[taker] = labels[from] ?? 0;
    });
  });
  return permuted;
}
