import { countsOf } from './cramers-v.js';
import { type Finding, percent } from './finding.js';
import type { EarlierItem, EarlierSnapshot, ImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';
import { chanceOfShift, histogramOf, quantileLimits, stabilityIndex } from './stability-index.js';

/** The usual limit for a large shift; stability-index.ts names the sources. */
const SHIFT_AT_MOST = 0.2;
const BINS = 10;

/** Compares label frequencies with the earlier snapshot of the same name. */
export const driftOfClasses: ImageCheck = ({ items, earlier }) => {
  if (!earlier) return [];
  const [before, now] = [earlier.items, items].map((of) => countsOf(of.map(({ label }) => label)));
  if (!before || !now) return [];
  const labels = [...new Set([...before.keys(), ...now.keys()])].sort();
  const counts = (of: Map<string, number>) => labels.map((label) => of.get(label) ?? 0);
  const index = stabilityIndex(counts(before), counts(now));
  const share = (of: Map<string, number>, label: string, total: number) =>
    percent((of.get(label) ?? 0) / total);
  const changes = labels.map(
    (label) => `${label}: ${share(before, label, earlier.items.length)} → ${share(now, label, items.length)}`,
  );
  return shiftOf(
    'drift-of-classes',
    index,
    labels.length,
    earlier,
    items,
    changes,
    (version) =>
      `The label frequencies differ from version ${version} of this snapshot (${changes.slice(0, 4).join(', ')}).`,
  );
};

/** Compares the mean of each colour channel with the earlier snapshot, and reports the channel that changed most. */
export const driftOfColour: ImageCheck = ({ items, earlier }) => {
  if (!earlier) return [];
  const channels = (['red', 'green', 'blue'] as const).map((name, channel) => {
    const before = earlier.items.map(({ colour }) => colour[channel] ?? 0);
    const now = items.map(({ colour }) => colour[channel] ?? 0);
    return { name, ...shiftOfValues(before, now) };
  });
  const worst = channels.reduce((most, next) => (next.index > most.index ? next : most));
  const changes = channels.map(
    ({ name, before, now }) => `${name}: ${before.toFixed(0)} → ${now.toFixed(0)}`,
  );
  return shiftOf(
    'drift-of-colour',
    worst.index,
    worst.binCount,
    earlier,
    items,
    changes,
    (version) =>
      `The image colours differ from version ${version} of this snapshot (mean ${changes.join(', ')}). Check whether the stain, the lamp or the scanner has changed.`,
  );
};

/** Compares image sizes with the earlier snapshot. Size is the side, in pixels, of a square with the same number of pixels. */
export const driftOfSize: ImageCheck = ({ items, earlier }) => {
  if (!earlier) return [];
  const valueOf = ({ width, height }: Pick<EarlierItem, 'width' | 'height'>) => Math.sqrt(width * height);
  const { index, binCount, before, now } = shiftOfValues(earlier.items.map(valueOf), items.map(valueOf));
  const change = `${before.toFixed(0)} → ${now.toFixed(0)} pixels`;
  return shiftOf(
    'drift-of-size',
    index,
    binCount,
    earlier,
    items,
    [change],
    (version) =>
      `The image sizes differ from version ${version} of this snapshot (mean side ${change}). Check whether the camera or the cropping has changed.`,
  );
};

function shiftOfValues(before: readonly number[], now: readonly number[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const limits = quantileLimits(before, BINS);
  // If all earlier values were the same, lower and higher values each get a separate bin.
  const cut = limits.flatMap((limit) => (limits.length === 1 ? [limit, limit + 1e-9] : [limit]));
  const index = stabilityIndex(histogramOf(before, cut), histogramOf(now, cut));
  return { index, binCount: cut.length + 1, before: mean(before), now: mean(now) };
}

function shiftOf(
  check: string,
  index: number,
  binCount: number,
  earlier: EarlierSnapshot,
  items: readonly ImageItem[],
  examples: string[],
  describe: (version: number) => string,
): Finding[] {
  if (index < SHIFT_AT_MOST || index < chanceOfShift(binCount, earlier.items.length, items.length)) return [];
  return [
    {
      check,
      severity: 'WARNING',
      message: `${describe(earlier.version)} The metrics of models trained or evaluated on the earlier version may not apply to these images (population stability index ${index.toFixed(2)}).`,
      count: items.length,
      examples: examples.slice(0, 10),
      statistic: index,
      threshold: SHIFT_AT_MOST,
    },
  ];
}
