import { plainText } from './plain-text.js';
import { UserErrorCode, userError } from './user-error.js';

/** Characters of a comment. */
export const LONGEST_COMMENT = 2000;

/**
 * The comment without white space around it; null if nothing is left. Throws the user error INVALID for a comment of more than 2,000
 * characters, or one that is not plain text.
 * @param field the path to the argument
 */
export function validComment(comment: string | null, field = ['input', 'comment']): string | null {
  const trimmed = comment?.trim() || null;
  if (trimmed === null) return null;
  if (trimmed.length > LONGEST_COMMENT) {
    throw userError(
      UserErrorCode.INVALID,
      `A comment has at most ${LONGEST_COMMENT} characters; this one has ${trimmed.length}.`,
      field,
    );
  }
  return plainText(trimmed, 'A comment', field);
}
