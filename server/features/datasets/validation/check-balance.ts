import { counted, tallyOf } from './finding.js';
import type { ImageCheck } from './image-check.js';

/** Smallest label to largest, in images. Above it class weights make up for the difference (`classWeights`, a default). */
const BALANCE_AT_LEAST = 0.05;
/** Below it, it is worth knowing. */
const BALANCED = 0.25;

/** How unequal the labels are. One that is rare beside another is hardly learned, and its figures are hardly known. */
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
      message: `The labels are unequal: ${counted(largest[1], 'image')} of '${largest[0]}', only ${smallest[1].toLocaleString('en')} of '${smallest[0]}' (1 to ${(1 / balance).toFixed(0)}). What is learned of the rare ones, and every figure about them, rests on few images. Add more of them, or map labels together.`,
      ...tallyOf(rare.map(([label, count]) => `${label}: ${counted(count, 'image')}`)),
      statistic: balance,
      threshold: BALANCE_AT_LEAST,
    },
  ];
};
