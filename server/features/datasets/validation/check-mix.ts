import { countsOf, cramersV } from './cramers-v.js';
import { type Finding, percent } from './finding.js';
import type { ImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';

/** Cramér's V of a medium effect (Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, table 7.2.3). */
const ASSOCIATION_AT_MOST = 0.3;
/** The number of most frequent values that are distinguished; all others are counted as one. */
const MOST_VALUES = 12;

/** Whether image size is associated with the label. */
export const resolutionMix: ImageCheck = ({ items }) =>
  mixOf(items, 'resolution-mix', 'sizes', ({ width, height }) => `${width} × ${height}`);

/** Whether file format is associated with the label. */
export const formatMix: ImageCheck = ({ items }) =>
  mixOf(items, 'format-mix', 'file formats', ({ mediaType }) => mediaType);

function mixOf(
  items: readonly ImageItem[],
  check: string,
  property: string,
  valueOf: (item: ImageItem) => string,
): Finding[] {
  const counts = [...countsOf(items.map(valueOf))].sort((a, b) => b[1] - a[1]);
  if (counts.length < 2) return [];
  const frequent = new Set(counts.slice(0, MOST_VALUES).map(([value]) => value));
  const pairs = items.map((item) => {
    const value = valueOf(item);
    return [item.label, frequent.has(value) ? value : 'another'] as const;
  });
  const association = cramersV(pairs);
  const isStrong = association >= ASSOCIATION_AT_MOST;
  return [
    {
      check,
      severity: isStrong ? 'WARNING' : 'INFO',
      message: isStrong
        ? `The labels differ in their ${property} (Cramér's V ${association.toFixed(2)}), which suggests different origins: ${mostFrequentByLabel(pairs)}. A model could learn this difference instead of the cells. Use images of all labels from the same source, prepared in the same way.`
        : `The images have ${counts.length.toLocaleString('en')} different ${property}, distributed similarly for every label (Cramér's V ${association.toFixed(2)}).`,
      count: counts.length,
      examples: counts
        .slice(0, MOST_VALUES)
        .map(([value, count]) => `${value}: ${percent(count / items.length)}`),
      statistic: association,
      threshold: ASSOCIATION_AT_MOST,
    },
  ];
}

/** 'blast 400 × 400 (100 %), lymphocyte 360 × 363 (98 %)'. */
export function mostFrequentByLabel(pairs: readonly (readonly [label: string, value: string])[]): string {
  return [...countsOf(pairs.map(([label]) => label))]
    .map(([label, total]) => {
      const values = [...countsOf(pairs.flatMap((pair) => (pair[0] === label ? [pair[1]] : [])))];
      const [value, count] = values.reduce((most, next) => (next[1] > most[1] ? next : most));
      return `${label} ${value} (${percent(count / total)})`;
    })
    .join(', ');
}
