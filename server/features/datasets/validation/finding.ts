import type { FindingSeverity } from '../../../database/generated/enums.js';
import type { ClassMapping } from '../class-mapping.js';

/** What a check found: a row of ValidationFinding to be. */
export interface Finding {
  /** The check's name, in kebab case: people acknowledge warnings by it. */
  check: string;
  severity: FindingSeverity;
  /** What was found, what it means, and what would be right. */
  message: string;
  count: number;
  examples: string[];
  /** Keys of items that it concerns, so that their images can be shown. */
  exampleKeys?: string[];
  statistic?: number;
  threshold?: number;
  /** The class mapping that resolves it, where there is one. */
  classes?: ClassMapping;
}

/** So many examples a finding shows. */
export const EXAMPLES = 10;
/** So many images it shows. */
export const EXAMPLE_IMAGES = 20;

/** Counts things and keeps the first of them as examples. */
export interface Tally {
  count: number;
  examples: string[];
}

export function emptyTally(): Tally {
  return { count: 0, examples: [] };
}

export function addTo(tally: Tally, example: string): void {
  tally.count += 1;
  if (tally.examples.length < EXAMPLES) tally.examples.push(example);
}

/** A tally of things that are all at hand. */
export function tallyOf(things: readonly string[]): Tally {
  return { count: things.length, examples: things.slice(0, EXAMPLES) };
}

/** `n` things in words: '1 file', '3 files'. */
export function counted(n: number, thing: string, things = `${thing}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? thing : things}`;
}

/** A tally of items that are all at hand, with their images. */
export function tallyOfItems(items: readonly { key: string }[]): Tally & { exampleKeys: string[] } {
  const keys = items.map(({ key }) => key);
  return { ...tallyOf(keys), exampleKeys: keys.slice(0, EXAMPLE_IMAGES) };
}

/** A share in words: '12 %', '< 1 %'. */
export function percent(share: number): string {
  return share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(100 * share)} %`;
}
