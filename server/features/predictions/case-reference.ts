import { LONGEST_CASE_REFERENCE } from '../../api/argument-rules.js';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';

/** Describes the field `caseReference` of predictions and fields in the schema. */
export const CASE_REFERENCE =
  "The sender's own reference for the case or patient of the image. Null for auditors.";

/** The case reference without surrounding spaces; null where nothing is left. Throws a user error where it is too long or not plain text. */
export function validCaseReference(caseReference: string | null): string | null {
  const trimmed = caseReference?.trim() || null;
  if (trimmed === null) return null;
  const field = ['input', 'caseReference'];
  if (trimmed.length > LONGEST_CASE_REFERENCE) {
    throw userError(
      UserErrorCode.INVALID,
      `A case reference has at most ${LONGEST_CASE_REFERENCE} characters.`,
      field,
    );
  }
  return plainText(trimmed, 'A case reference', field);
}
