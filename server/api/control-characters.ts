/** All control characters but tab and the line breaks, and halves of surrogate pairs, which no UTF-8 can hold. */
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\p{Surrogate}]/u;

/** Whether a text holds characters that nobody types; NUL among them, which Postgres cannot keep. */
export function hasControlCharacters(text: string): boolean {
  return CONTROL_CHARACTER.test(text);
}
