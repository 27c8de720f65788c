import type { SkipReason } from '../graphql/graphql.js';
import { count } from './format.js';

const texts: Record<SkipReason, (number: number) => string> = {
  NOT_AN_IMAGE: (number) => `${number.toLocaleString()} not ${number === 1 ? 'an image' : 'images'}`,
  UNREADABLE: (number) => `${number.toLocaleString()} could not be read`,
  NO_CLASS_FOLDER: (number) => `${number.toLocaleString()} outside class folders`,
  UNCHOSEN_FOLDER: (number) => `${number.toLocaleString()} in folders that were not selected`,
  GROUPS_CSV: () => 'the groups CSV',
  NOT_READ: (number) => `${number.toLocaleString()} not read, because the snapshot was already rejected`,
  SYSTEM_FILE: (number) => `${count(number, 'system file')} (hidden files, @eaDir, Thumbs.db, …)`,
};

/** The number of skipped files by reason, in one line. Null if there are none. */
export function leftOut(skipped: readonly { reason: SkipReason; count: number }[]): string | null {
  if (skipped.length === 0) return null;
  return skipped.map(({ reason, count: number }) => texts[reason](number)).join(', ');
}
