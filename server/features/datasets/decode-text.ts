/** In which encoding a text file was written. */
export type TextEncoding = 'UTF-8' | 'UTF-16' | 'Windows-1252';

/** The bytes are no text that can be read without loss; `message` is a sentence that says why, and what would be right. */
export class TextEncodingError extends Error {
  override readonly name = 'TextEncodingError';
}

/** What programs put in the place of a character that they could not read. */
export const REPLACEMENT_CHARACTER = '\uFFFD';

const SAVE_AS_UTF8 = "Save it again as UTF-8: Excel calls that 'CSV UTF-8 (Comma delimited)'.";
/**
 * The characters of the bytes 0x80 to 0x9F in Windows-1252, and a space for the five that have none. All others are those of
 * Latin-1. Source: https://encoding.spec.whatwg.org/index-windows-1252.txt. Not every Node decodes these bytes so.
 */
const WINDOWS_1252 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;

/**
 * Decodes a text file strictly: no byte is ever replaced or dropped. With a byte order mark it is UTF-8 or UTF-16; without one
 * UTF-8, or else Windows-1252, in which Excel saves a plain CSV on a Western European or American Windows.
 * The byte order mark is not part of the text. Throws {@link TextEncodingError}.
 */
export function decodeText(bytes: Uint8Array): { text: string; encoding: TextEncoding } {
  if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff])) {
    throw new TextEncodingError(`It is in UTF-32, which is not read. ${SAVE_AS_UTF8}`);
  }
  if (startsWith(bytes, [0xff, 0xfe])) return utf16(bytes, 'utf-16le');
  if (startsWith(bytes, [0xfe, 0xff])) return utf16(bytes, 'utf-16be');
  if (bytes.includes(0)) {
    throw new TextEncodingError(
      `It holds bytes of the value 0, as no text does: it may be UTF-16 without a byte order mark, or a spreadsheet rather than a CSV. ${SAVE_AS_UTF8}`,
    );
  }
  const utf8 = strictly('utf-8', bytes);
  if (utf8 !== null) return { text: utf8, encoding: 'UTF-8' };
  return { text: windows1252(bytes), encoding: 'Windows-1252' };
}

function utf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): { text: string; encoding: 'UTF-16' } {
  const text = strictly(encoding, bytes);
  if (text !== null) return { text, encoding: 'UTF-16' };
  throw new TextEncodingError(`It begins as UTF-16 does, but is damaged or cut off. ${SAVE_AS_UTF8}`);
}

/** What is not UTF-8 is taken for Windows-1252 only where it can be that, and is not UTF-8 with some damage. */
function windows1252(bytes: Uint8Array): string {
  const line = firstLineNotUtf8(bytes);
  if (startsWith(bytes, [0xef, 0xbb, 0xbf]) || isMostlyUtf8(bytes)) {
    throw new TextEncodingError(
      `It is in UTF-8, but line ${line} holds bytes that are not: it was damaged, or put together from files in different encodings. ${SAVE_AS_UTF8}`,
    );
  }
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const text = latin1.replace(/[\x80-\x9f]/g, (byte) => {
    const character = WINDOWS_1252.charAt(byte.charCodeAt(0) - 0x80);
    return character === ' ' ? byte : character;
  });
  if (!CONTROL.test(text)) return text;
  throw new TextEncodingError(
    `It is neither UTF-8 nor Windows-1252: line ${line} is the first with bytes that are not UTF-8. ${SAVE_AS_UTF8}`,
  );
}

/** Whether more of the characters that are not ASCII are whole in UTF-8 than are not. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes);
  let [whole, broken] = [0, 0];
  for (const [character] of text.matchAll(/[^\0-\x7f]/gu)) {
    if (character === REPLACEMENT_CHARACTER) broken += 1;
    else whole += 1;
  }
  return whole > broken;
}

function firstLineNotUtf8(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8').decode(bytes);
  return text.slice(0, text.indexOf(REPLACEMENT_CHARACTER)).split(/\r\n|\r|\n/).length;
}

function strictly(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function startsWith(bytes: Uint8Array, beginning: readonly number[]): boolean {
  return beginning.every((byte, index) => bytes[index] === byte);
}
