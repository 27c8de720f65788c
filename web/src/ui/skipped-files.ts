import type { SkipReason } from '../graphql/graphql.js';
import { count } from './format.js';

const texts: Record<SkipReason, (number: number) => string> = {
  NOT_AN_IMAGE: (number) => `${number.toLocaleString()} not ${number === 1 ? 'an image' : 'images'}`,
  UNREADABLE: (number) => `${number.toLocaleString()} could not be read`,
  NO_CLASS_FOLDER: (number) => `${number.toLocaleString()} in no class folder`,
  UNCHOSEN_FOLDER: (number) => `${number.toLocaleString()} in folders that were not chosen`,
  GROUPS_CSV: () => 'the groups CSV',
  NOT_READ: (number) => `${number.toLocaleString()} not read, because the snapshot was rejected first`,
  SYSTEM_FILE: (number) => `${count(number, 'system file')} (hidden files, @eaDir, Thumbs.db, …)`,
};

/** The files that were left out, by reason, in one line; null where there are none. */
export function leftOut(skipped: readonly { reason: SkipReason; count: number }[]): string | null {
  if (skipped.length === 0) return null;
  return skipped.map(({ reason, count: number }) => texts[reason](number)).join(', ');
}
