import { countsOf, cramersV } from './cramers-v.js';
import { type Finding, percent } from './finding.js';
import type { ImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';

/** A medium effect of Cohen (Statistical Power Analysis for the Behavioral Sciences, 1988, table 7.2.3). */
const ASSOCIATION_AT_MOST = 0.3;
/** Values told apart; the rest are one. */
const MOST_VALUES = 12;

/** Whether images of different labels come in different sizes. */
export const resolutionMix: ImageCheck = ({ items }) =>
  mixOf(items, 'resolution-mix', 'sizes', ({ width, height }) => `${width} × ${height}`);

/** Whether images of different labels come in different formats. */
export const formatMix: ImageCheck = ({ items }) =>
  mixOf(items, 'format-mix', 'file formats', ({ mediaType }) => mediaType);

function mixOf(
  items: readonly ImageItem[],
  check: string,
  things: string,
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
        ? `Images of different labels come in different ${things} (Cramér's V ${association.toFixed(2)}), as where they come from different places: ${mostFrequentByLabel(pairs)}. A model could learn that instead of the cell. Bring all images to one.`
        : `The images come in ${counts.length.toLocaleString('en')} ${things}, much the same for every label (Cramér's V ${association.toFixed(2)}).`,
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
