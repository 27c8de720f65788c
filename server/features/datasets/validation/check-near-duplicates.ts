import { rowsByKey } from '../../../api/batched.js';
import { isBlank } from './check-image-quality.js';
import { counted, EXAMPLE_IMAGES, EXAMPLES, type Finding, tallyOf } from './finding.js';
import type { LongImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';
import { DISTANCE_AT_MOST, nearDuplicates } from './near-duplicates.js';

/**
 * The same picture in different files: compressed anew, resized, turned, flipped or tinted. None is an ERROR, as the same
 * bytes would be: pictures that a frame or a vignette dominates can look alike without being the same, so a person looks.
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
      `What looks like the same picture, compressed, resized or turned, has more than one label, in ${cases(labels)}. Decide which is right and remove the others from the source.`,
    ),
    findingOf(
      'near-duplicate-in-several-splits',
      'WARNING',
      splits,
      `What looks like the same picture, compressed, resized or turned, is in more than one split, in ${cases(splits)}: a model would be measured on what it has learned from. Keep it in one.`,
    ),
    findingOf(
      'near-duplicate-in-several-groups',
      'WARNING',
      groups,
      `What looks like the same picture, compressed, resized or turned, is given to more than one group (patient), in ${cases(groups)}: splitting by group does not keep it together.`,
    ),
    findingOf(
      'near-duplicate-image',
      'INFO',
      others,
      `What looks like the same picture, compressed, resized or turned, lies in the source more than once, in ${cases(others)}: it counts more than others in training.`,
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
