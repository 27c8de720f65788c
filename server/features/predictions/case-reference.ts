import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';

const MAX_LENGTH = 200;

/** The case reference without surrounding spaces; null where nothing is left. Throws a user error where it is too long or not plain text. */
export function validCaseReference(caseReference: string | null): string | null {
  const trimmed = caseReference?.trim() || null;
  if (trimmed === null) return null;
  const field = ['input', 'caseReference'];
  if (trimmed.length > MAX_LENGTH) {
    throw userError(UserErrorCode.INVALID, `A case reference has at most ${MAX_LENGTH} characters.`, field);
  }
  return plainText(trimmed, 'A case reference', field);
}
