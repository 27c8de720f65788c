import { counted, tallyOf } from './finding.js';
import type { ImageCheck } from './image-check.js';

/** Image count of the smallest label divided by that of the largest. Class weights (`classWeights`, on by default) compensate above this ratio. */
const BALANCE_AT_LEAST = 0.05;
/** Below this ratio an INFO finding is reported. */
const BALANCED = 0.25;

/** Class imbalance: a rare label is hard to learn, and its metrics are uncertain. */
export const classBalance: ImageCheck = ({ items }) => {
  const counts = new Map<string, number>();
  for (const { label } of items) counts.set(label, (counts.get(label) ?? 0) + 1);
  const ordered = [...counts].sort((a, b) => a[1] - b[1]);
  const [smallest, largest] = [ordered[0], ordered.at(-1)];
  if (!smallest || !largest) return [];
  const balance = smallest[1] / largest[1];
  if (balance >= BALANCED) return [];
  const rare = ordered.filter(([, count]) => count / largest[1] < BALANCED);
  return [
    {
      check: 'class-balance',
      severity: balance < BALANCE_AT_LEAST ? 'WARNING' : 'INFO',
      message: `The labels are imbalanced: ${counted(largest[1], 'image')} of '${largest[0]}', only ${smallest[1].toLocaleString('en')} of '${smallest[0]}' (1 to ${(1 / balance).toFixed(0)}). Training and metrics for the rare labels are based on few images. Add more images of them, or merge labels in the class mapping.`,
      ...tallyOf(rare.map(([label, count]) => `${label}: ${counted(count, 'image')}`)),
      statistic: balance,
      threshold: BALANCE_AT_LEAST,
    },
  ];
};
