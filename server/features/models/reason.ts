import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';

const SHORTEST = 10;
const LONGEST = 2000;

/** The reason for a change of the champion, trimmed. Ends the operation when it would tell its reader nothing. */
export function validReason(reason: string): string {
  const trimmed = reason.trim();
  if (trimmed.length < SHORTEST || trimmed.length > LONGEST) {
    throw userError(
      UserErrorCode.INVALID,
      `Say why, in ${SHORTEST} to ${LONGEST} characters: whoever reads the history later will ask.`,
      ['input', 'reason'],
    );
  }
  return plainText(trimmed, 'A reason', ['input', 'reason']);
}
