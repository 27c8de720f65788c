import { rowsByKey } from '../../../api/batched.js';
import { isBlank } from './check-image-quality.js';
import { counted, EXAMPLE_IMAGES, EXAMPLES, type Finding, tallyOf } from './finding.js';
import type { LongImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';
import { DISTANCE_AT_MOST, nearDuplicates } from './near-duplicates.js';

/**
 * The same picture in different files: recompressed, resized, rotated, flipped or tinted. Unlike identical bytes, a near-duplicate
 * is never an ERROR: pictures dominated by a frame or a vignette can look alike without being the same, so a person must check.
 */
export const nearDuplicateImages: LongImageCheck = async ({ items }, pause) => {
  const images = [
    ...rowsByKey(
      items.filter((item) => !isBlank(item)),
      ({ sha256 }) => sha256,
    ).values(),
  ];
  const hashes = images.map(([first]) => first?.perceptualHash ?? '');
  const sets = (await nearDuplicates(hashes, pause)).map((set) =>
    set.flatMap((index) => images[index] ?? []),
  );
  const differ = (by: 'label' | 'split' | 'group') =>
    sets.filter((set) => new Set(set.flatMap((item) => item[by] ?? [])).size > 1);
  const [labels, splits, groups] = [differ('label'), differ('split'), differ('group')];
  const others = sets.filter((set) => ![labels, splits, groups].some((found) => found.includes(set)));
  const cases = (found: ImageItem[][]) => counted(found.length, 'case');

  return [
    findingOf(
      'near-duplicate-in-several-labels',
      'WARNING',
      labels,
      `Near-duplicate images (recompressed, resized or rotated copies) have different labels, in ${cases(labels)}. Decide which label is correct and remove the other copies from the source.`,
    ),
    findingOf(
      'near-duplicate-in-several-splits',
      'WARNING',
      splits,
      `Near-duplicate images (recompressed, resized or rotated copies) are in different splits, in ${cases(splits)}: a model would be evaluated on images it was trained on. Keep all copies in one split.`,
    ),
    findingOf(
      'near-duplicate-in-several-groups',
      'WARNING',
      groups,
      `Near-duplicate images (recompressed, resized or rotated copies) are assigned to different groups (patients), in ${cases(groups)}: the copies may end up in different splits. Decide which patient each belongs to.`,
    ),
    findingOf(
      'near-duplicate-image',
      'INFO',
      others,
      `Near-duplicate images (recompressed, resized or rotated copies) are in the source, in ${cases(others)}. They have more weight in training than other images.`,
    ),
  ].flat();
};

function findingOf(
  check: string,
  severity: Finding['severity'],
  sets: ImageItem[][],
  message: string,
): Finding[] {
  if (sets.length === 0) return [];
  const keys = sets.map((set) => set.map(({ key }) => key));
  return [
    {
      check,
      severity,
      message,
      ...tallyOf(keys.map((set) => set.slice(0, EXAMPLES).join(' ≈ '))),
      exampleKeys: keys.flat().slice(0, EXAMPLE_IMAGES),
      threshold: DISTANCE_AT_MOST,
    },
  ];
}
