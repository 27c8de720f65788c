import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';

const SHORTEST = 10;
const LONGEST = 2000;

/**
 * The reason for a change, or the comment of an approval, that the input's `argument` gives, trimmed. Ends the operation
 * when it would tell its reader nothing.
 */
export function validReason(reason: string, argument: 'reason' | 'comment' = 'reason'): string {
  const field = ['input', argument];
  const trimmed = reason.trim();
  if (trimmed.length < SHORTEST || trimmed.length > LONGEST) {
    throw userError(
      UserErrorCode.INVALID,
      `Say why, in ${SHORTEST} to ${LONGEST} characters: whoever reads the history later will ask.`,
      field,
    );
  }
  return plainText(trimmed, `A ${argument}`, field);
}
