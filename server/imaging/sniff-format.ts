/** The media type of the image formats that are read, by the file's first bytes; null for any other. */
export function sniffFormat(bytes: Uint8Array): string | null {
  return READ.find(({ signature }) => matches(bytes, signature))?.mediaType ?? null;
}

/** A name ('a PDF document') for bytes of a known kind that is not read, so that a refusal can say what was sent. */
export function refusedFormat(bytes: Uint8Array): string | null {
  return REFUSED.find(({ signature }) => matches(bytes, signature))?.name ?? null;
}

/** Bytes by offset; text stands for its ASCII bytes. */
type Signature = readonly (readonly [offset: number, bytes: string | readonly number[]])[];

const READ: readonly { mediaType: string; signature: Signature }[] = [
  { mediaType: 'image/jpeg', signature: [[0, [0xff, 0xd8, 0xff]]] },
  { mediaType: 'image/png', signature: [[0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]]] },
  { mediaType: 'image/tiff', signature: [[0, [0x49, 0x49, 0x2a, 0]]] },
  { mediaType: 'image/tiff', signature: [[0, [0x4d, 0x4d, 0, 0x2a]]] },
  { mediaType: 'image/tiff', signature: [[0, [0x49, 0x49, 0x2b, 0]]] }, // BigTIFF
  { mediaType: 'image/tiff', signature: [[0, [0x4d, 0x4d, 0, 0x2b]]] },
  {
    mediaType: 'image/webp',
    signature: [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  },
];

const REFUSED: readonly { name: string; signature: Signature }[] = [
  { name: 'a PDF document', signature: [[0, '%PDF-']] },
  { name: 'a GIF image', signature: [[0, 'GIF8']] },
  { name: 'a BMP image', signature: [[0, 'BM']] },
  { name: 'an AVIF image', signature: [[4, 'ftypavif']] },
  { name: 'a HEIC image', signature: [[4, 'ftyphei']] },
  { name: 'a HEIC image', signature: [[4, 'ftypmif1']] },
  { name: 'a JPEG 2000 image', signature: [[4, 'jP  ']] },
  { name: 'a DICOM file', signature: [[128, 'DICM']] },
  { name: 'a ZIP archive', signature: [[0, [0x50, 0x4b, 3, 4]]] },
  { name: 'an SVG drawing', signature: [[0, '<svg']] },
  { name: 'an XML file', signature: [[0, '<?xml']] },
  { name: 'a web page', signature: [[0, '<!DOCTYPE html']] },
  { name: 'a web page', signature: [[0, '<html']] },
];

function matches(bytes: Uint8Array, signature: Signature): boolean {
  return signature.every(([offset, expected]) => {
    const wanted = typeof expected === 'string' ? Buffer.from(expected, 'latin1') : expected;
    return wanted.every((byte, index) => bytes[offset + index] === byte);
  });
}
