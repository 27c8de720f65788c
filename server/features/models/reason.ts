import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';

const SHORTEST = 10;
const LONGEST = 2000;

/**
 * Returns the trimmed reason for a change, or comment of an approval, from the input's `argument`.
 * Throws a user error if it is shorter than 10 or longer than 2,000 characters, or contains control characters.
 */
export function validReason(reason: string, argument: 'reason' | 'comment' = 'reason'): string {
  const field = ['input', argument];
  const trimmed = reason.trim();
  if (trimmed.length < SHORTEST || trimmed.length > LONGEST) {
    throw userError(
      UserErrorCode.INVALID,
      `Give a ${argument} of ${SHORTEST} to ${LONGEST} characters, for anyone who reads the history later.`,
      field,
    );
  }
  return plainText(trimmed, `A ${argument}`, field);
}
