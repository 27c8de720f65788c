/** The encoding of a text file. */
export type TextEncoding = 'UTF-8' | 'UTF-16' | 'Windows-1252';

/** Thrown if the bytes cannot be decoded without loss. The message gives the reason and what would be right. */
export class TextEncodingError extends Error {
  override readonly name = 'TextEncodingError';
}

/** The character that programs insert in place of a character they could not decode. */
export const REPLACEMENT_CHARACTER = '\uFFFD';

const SAVE_AS_UTF8 = "Save it again as UTF-8. In Excel, choose 'CSV UTF-8 (Comma delimited)'.";
/**
 * The characters of the bytes 0x80 to 0x9F in Windows-1252, with a space for the five undefined bytes. All other bytes are as in
 * Latin-1. Source: https://encoding.spec.whatwg.org/index-windows-1252.txt. Not every version of Node decodes these bytes correctly.
 */
const WINDOWS_1252 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;

/**
 * Decodes a text file strictly: no byte is replaced or dropped. A file with a byte order mark is UTF-8 or UTF-16; without one it is
 * UTF-8 or, if it is not valid UTF-8, Windows-1252, which Excel uses for a plain CSV on Western European and American Windows.
 * The byte order mark is removed. Throws {@link TextEncodingError}.
 */
export function decodeText(bytes: Uint8Array): { text: string; encoding: TextEncoding } {
  if (startsWith(bytes, [0xff, 0xfe, 0, 0]) || startsWith(bytes, [0, 0, 0xfe, 0xff])) {
    throw new TextEncodingError(`It is encoded in UTF-32, which is not supported. ${SAVE_AS_UTF8}`);
  }
  if (startsWith(bytes, [0xff, 0xfe])) return utf16(bytes, 'utf-16le');
  if (startsWith(bytes, [0xfe, 0xff])) return utf16(bytes, 'utf-16be');
  if (bytes.includes(0)) {
    throw new TextEncodingError(
      `It contains zero bytes, so it is not plain text. It may be UTF-16 without a byte order mark, or a spreadsheet file instead of a CSV. ${SAVE_AS_UTF8}`,
    );
  }
  const utf8 = decodeStrictly('utf-8', bytes);
  if (utf8 !== null) return { text: utf8, encoding: 'UTF-8' };
  return { text: windows1252(bytes), encoding: 'Windows-1252' };
}

function utf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): { text: string; encoding: 'UTF-16' } {
  const text = decodeStrictly(encoding, bytes);
  if (text !== null) return { text, encoding: 'UTF-16' };
  throw new TextEncodingError(`It starts like UTF-16, but is damaged or cut off. ${SAVE_AS_UTF8}`);
}

/** Decodes Windows-1252. Throws if the bytes are more likely to be damaged UTF-8, or are not valid Windows-1252. */
function windows1252(bytes: Uint8Array): string {
  const line = firstLineNotUtf8(bytes);
  if (startsWith(bytes, [0xef, 0xbb, 0xbf]) || isMostlyUtf8(bytes)) {
    throw new TextEncodingError(
      `It is in UTF-8, but line ${line} contains invalid bytes. It was damaged, or combined from files in different encodings. ${SAVE_AS_UTF8}`,
    );
  }
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const text = latin1.replace(/[\x80-\x9f]/g, (byte) => {
    const character = WINDOWS_1252.charAt(byte.charCodeAt(0) - 0x80);
    return character === ' ' ? byte : character;
  });
  if (!CONTROL.test(text)) return text;
  throw new TextEncodingError(
    `It is neither UTF-8 nor Windows-1252. Line ${line} is the first line with bytes that are not valid UTF-8. ${SAVE_AS_UTF8}`,
  );
}

/** Whether most of the characters outside ASCII are valid UTF-8. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes);
  let [valid, invalid] = [0, 0];
  for (const [character] of text.matchAll(/[^\0-\x7f]/gu)) {
    if (character === REPLACEMENT_CHARACTER) invalid += 1;
    else valid += 1;
  }
  return valid > invalid;
}

function firstLineNotUtf8(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8').decode(bytes);
  return text.slice(0, text.indexOf(REPLACEMENT_CHARACTER)).split(/\r\n|\r|\n/).length;
}

function decodeStrictly(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function startsWith(bytes: Uint8Array, beginning: readonly number[]): boolean {
  return beginning.every((byte, index) => bytes[index] === byte);
}
