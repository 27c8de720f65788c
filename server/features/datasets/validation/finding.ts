import type { FindingSeverity } from '../../../database/generated/enums.js';
import type { ClassMapping } from '../class-mapping.js';

/** What a check found, to be stored as a row of ValidationFinding. */
export interface Finding {
  /** The check's name in kebab case. Warnings are acknowledged by this name. */
  check: string;
  severity: FindingSeverity;
  /** What was found, what it means, and what to do about it. */
  message: string;
  count: number;
  examples: string[];
  /** Keys of affected items, so that their images can be shown. */
  exampleKeys?: string[];
  statistic?: number;
  threshold?: number;
  /** A class mapping that resolves the finding, if there is one. */
  classes?: ClassMapping;
}

/** Checks whose messages may quote file names, or patients from the groups CSV. */
const QUOTING_CHECKS: readonly string[] = ['groups-csv-unreadable', 'colliding-groups', 'ingestion'];

/** The message of a finding for viewers who may not see file names and patients. */
export function messageForAuditors({ check, message }: Pick<Finding, 'check' | 'message'>): string {
  return QUOTING_CHECKS.includes(check)
    ? 'The message of this finding is not shown to auditors, because it may name files or patients.'
    : message;
}

/** The maximum number of examples of a finding. */
export const EXAMPLES = 10;
/** The maximum number of example images of a finding. */
export const EXAMPLE_IMAGES = 20;

/** A count, with the first {@link EXAMPLES} of what was counted. */
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

/** A tally of all the given texts. */
export function tallyOf(all: readonly string[]): Tally {
  return { count: all.length, examples: all.slice(0, EXAMPLES) };
}

/** A number with its noun: '1 file', '3 files'. */
export function counted(n: number, singular: string, plural = `${singular}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? singular : plural}`;
}

/** A tally of all the given items, with the keys of example images. */
export function tallyOfItems(items: readonly { key: string }[]): Tally & { exampleKeys: string[] } {
  const keys = items.map(({ key }) => key);
  return { ...tallyOf(keys), exampleKeys: keys.slice(0, EXAMPLE_IMAGES) };
}

/** A share (0–1) as a percentage: '12 %', '< 1 %'. */
export function percent(share: number): string {
  return share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(100 * share)} %`;
}
