import { hasControlCharacters } from './control-characters.js';
import { UserErrorCode, userError } from './user-error.js';

/** The text as it is; ends the operation when it holds control characters. `what` begins the sentence: 'A comment'. */
export function plainText(text: string, what: string, field: string[]): string {
  if (!hasControlCharacters(text)) return text;
  throw userError(UserErrorCode.INVALID, `${what} is plain text, without control characters.`, field);
}
