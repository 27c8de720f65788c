/** All control characters except tab and line breaks, and unpaired surrogates, which UTF-8 cannot encode. */
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\p{Surrogate}]/u;

/** Whether a text contains control characters. One of them, NUL, cannot be stored in Postgres. */
export function hasControlCharacters(text: string): boolean {
  return CONTROL_CHARACTER.test(text);
}
