import { hasControlCharacters } from './control-characters.js';
import { UserErrorCode, userError } from './user-error.js';

/** Returns the text. Throws a user error if it contains control characters. `what` starts the message: 'A comment'. */
export function plainText(text: string, what: string, field: string[]): string {
  if (!hasControlCharacters(text)) return text;
  throw userError(UserErrorCode.INVALID, `${what} must be plain text without control characters.`, field);
}
