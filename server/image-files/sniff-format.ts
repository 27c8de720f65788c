import { ascii, latin1 } from './byte-arrays.js';
import { UnreadableImageError } from './unreadable-image.js';
/** The media type of the image formats that are read, by the file's first bytes; null for any other. */
export function sniffFormat(bytes: Uint8Array): string | null {
  if (refusedFormat(bytes) !== null) return null;
  return READ.find(({ signature }) => matches(bytes, signature))?.mediaType ?? null;
}

/** The name of a known, unsupported kind of file ('a PDF document'), and what to send instead. */
export interface RefusedFormat {
  readonly name: string;
  readonly instead: string;
}

/** The kind of an unsupported file, for the error message; null for a supported or unknown kind. */
export function refusedFormat(bytes: Uint8Array): RefusedFormat | null {
  const found = [...REFUSED_PICTURES, ...REFUSED_OTHERS].find(({ signature }) => matches(bytes, signature));
  if (!found) return textFormat(bytes);
  if (found.name === ZIP) return { name: zipName(bytes), instead: UNPACK };
  return found;
}

/** The media type of a file that is read. Throws UnreadableImageError, which says what the file is instead. */
export function readableFormat(bytes: Uint8Array): string {
  if (bytes.length === 0)
    throw new UnreadableImageError('The file is empty. Send a JPEG, PNG, TIFF or WebP image.');
  const format = sniffFormat(bytes);
  if (format) return format;
  const found = refusedFormat(bytes);
  if (found)
    throw new UnreadableImageError(`This is ${found.name}, regardless of its name. ${found.instead}`);
  if (bytes.every((byte) => byte === 0)) {
    throw new UnreadableImageError(
      'The file contains only zeros: it was not copied completely. Send the original file again.',
    );
  }
  throw new UnreadableImageError(
    'This is not an image, or none of a known kind. Send a JPEG, PNG, TIFF or WebP image.',
  );
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

const SAVE = 'Save the picture as a JPEG, PNG, TIFF or WebP image.';
const EXPORT = 'Export the picture of the cell from it as a JPEG, PNG or TIFF image.';
const DEVELOP = 'Develop it in the program of the camera and send a JPEG, PNG or TIFF image.';
const UNPACK = 'Send the pictures in it as JPEG, PNG, TIFF or WebP images.';
const FRAME = 'Send one picture of it as a JPEG, PNG, TIFF or WebP image.';
const SEND = 'Send a JPEG, PNG, TIFF or WebP image.';
const ZIP = 'a ZIP archive';

/** Unsupported kinds of pictures. The first match wins. */
const REFUSED_PICTURES: readonly (RefusedFormat & { signature: Signature })[] = [
  // Raw photographs, of which many begin as a TIFF does; `inspectTiff` names the others.
  {
    name: 'a Canon raw photograph (CR2)',
    instead: DEVELOP,
    signature: [
      [0, 'II*\0'],
      [8, 'CR'],
    ],
  },
  { name: 'a Canon raw photograph (CR3)', instead: DEVELOP, signature: [[4, 'ftypcrx']] },
  { name: 'a Canon raw photograph (CRW)', instead: DEVELOP, signature: [[6, 'HEAPCCDR']] },
  { name: 'an Olympus raw photograph (ORF)', instead: DEVELOP, signature: [[0, 'IIRO']] },
  { name: 'an Olympus raw photograph (ORF)', instead: DEVELOP, signature: [[0, 'IIRS']] },
  { name: 'an Olympus raw photograph (ORF)', instead: DEVELOP, signature: [[0, 'MMOR']] },
  { name: 'a Panasonic raw photograph (RW2)', instead: DEVELOP, signature: [[0, [0x49, 0x49, 0x55, 0]]] },
  { name: 'a Fujifilm raw photograph (RAF)', instead: DEVELOP, signature: [[0, 'FUJIFILMCCD-RAW']] },
  { name: 'a Minolta raw photograph (MRW)', instead: DEVELOP, signature: [[0, [0, 0x4d, 0x52, 0x4d]]] },
  { name: 'a Sigma raw photograph (X3F)', instead: DEVELOP, signature: [[0, 'FOVb']] },
  {
    name: 'a Phase One raw photograph (IIQ)',
    instead: DEVELOP,
    signature: [
      [0, 'II*\0'],
      [8, 'IIII'],
    ],
  },
  // Pictures of other formats
  {
    name: 'a BMP image',
    instead: SAVE,
    signature: [
      [0, 'BM'],
      [6, [0, 0, 0, 0]], // reserved: so a text that begins with these two letters is not one
    ],
  },
  { name: 'a GIF image', instead: SAVE, signature: [[0, 'GIF8']] },
  { name: 'an AVIF image', instead: SAVE, signature: [[4, 'ftypavi']] },
  ...['hei', 'hev', 'mif1', 'msf1'].map((brand) => ({
    name: 'a HEIC image',
    instead: SAVE,
    signature: [[4, `ftyp${brand}`]] as const,
  })),
  { name: 'a JPEG 2000 image', instead: SAVE, signature: [[4, 'jP  ']] },
  { name: 'a JPEG 2000 image', instead: SAVE, signature: [[0, [0xff, 0x4f, 0xff, 0x51]]] },
  { name: 'a JPEG XL image', instead: SAVE, signature: [[4, 'JXL ']] },
  { name: 'a JPEG XL image', instead: SAVE, signature: [[0, [0xff, 0x0a]]] },
  { name: 'a JPEG XR image', instead: SAVE, signature: [[0, [0x49, 0x49, 0xbc]]] },
  { name: 'a Photoshop document (PSD)', instead: SAVE, signature: [[0, '8BPS']] },
  { name: 'a GIMP image (XCF)', instead: SAVE, signature: [[0, 'gimp xcf']] },
  { name: 'an OpenEXR image', instead: SAVE, signature: [[0, [0x76, 0x2f, 0x31, 0x01]]] },
  { name: 'a Radiance HDR image', instead: SAVE, signature: [[0, '#?RADIANCE']] },
  { name: 'a Radiance HDR image', instead: SAVE, signature: [[0, '#?RGBE']] },
  { name: 'a QOI image', instead: SAVE, signature: [[0, 'qoif']] },
  { name: 'a DjVu document', instead: SAVE, signature: [[0, 'AT&TFORM']] },
  { name: 'an MNG animation', instead: FRAME, signature: [[0, [0x8a, 0x4d, 0x4e, 0x47]]] },
  { name: 'a JNG image', instead: SAVE, signature: [[0, [0x8b, 0x4a, 0x4e, 0x47]]] },
  { name: 'a BPG image', instead: SAVE, signature: [[0, [0x42, 0x50, 0x47, 0xfb]]] },
  { name: 'a FLIF image', instead: SAVE, signature: [[0, 'FLIF']] },
  { name: 'an icon', instead: SAVE, signature: [[0, [0, 0, 1, 0]]] },
  { name: 'a KTX texture', instead: SAVE, signature: [[0, [0xab, 0x4b, 0x54, 0x58]]] },
  { name: 'a DDS texture', instead: SAVE, signature: [[0, 'DDS ']] },
  { name: 'a Windows metafile', instead: SAVE, signature: [[0, [0xd7, 0xcd, 0xc6, 0x9a]]] },
  ...['1', '2', '3', '4', '5', '6', '7'].flatMap((kind) =>
    ['\n', ' ', '\r', '\t'].map((space) => ({
      name: 'a Netpbm image',
      instead: SAVE,
      signature: [[0, `P${kind}${space}`]] as const,
    })),
  ),
  // Microscopes and medicine
  { name: 'a DICOM file', instead: EXPORT, signature: [[128, 'DICM']] },
  { name: 'a Zeiss microscope file (CZI)', instead: EXPORT, signature: [[0, 'ZISRAWFILE']] },
  { name: 'a Nikon microscope file (ND2)', instead: EXPORT, signature: [[0, [0xda, 0xce, 0xbe, 0x0a]]] },
  {
    name: 'a Leica microscope file (LIF)',
    instead: EXPORT,
    signature: [
      [0, [0x70, 0, 0, 0]],
      [8, [0x2a]],
    ],
  },
  { name: 'a FITS file', instead: EXPORT, signature: [[0, 'SIMPLE  =']] },
  { name: 'a NIfTI file', instead: EXPORT, signature: [[344, 'n+1\0']] },
  { name: 'an NRRD file', instead: EXPORT, signature: [[0, 'NRRD0']] },
];

/** Documents, data, archives, films and programs. The first match wins. */
const REFUSED_OTHERS: readonly (RefusedFormat & { signature: Signature })[] = [
  { name: 'a MATLAB file', instead: EXPORT, signature: [[0, 'MATLAB 5.0']] },
  { name: 'a NumPy file', instead: EXPORT, signature: [[0, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]]] },
  { name: 'an HDF5 file', instead: EXPORT, signature: [[0, [0x89, 0x48, 0x44, 0x46]]] },
  {
    name: 'an older Office document or microscope file (OLE)',
    instead: EXPORT,
    signature: [[0, [0xd0, 0xcf, 0x11, 0xe0]]],
  },
  { name: 'a PDF document', instead: EXPORT, signature: [[0, '%PDF-']] },
  { name: 'a PostScript document', instead: EXPORT, signature: [[0, '%!PS']] },
  { name: 'a PostScript document', instead: EXPORT, signature: [[0, [0xc5, 0xd0, 0xd3, 0xc6]]] },
  { name: 'a rich-text document (RTF)', instead: EXPORT, signature: [[0, '{\\rtf']] },
  { name: ZIP, instead: UNPACK, signature: [[0, [0x50, 0x4b, 3, 4]]] },
  { name: ZIP, instead: UNPACK, signature: [[0, [0x50, 0x4b, 5, 6]]] },
  { name: 'a gzip archive', instead: UNPACK, signature: [[0, [0x1f, 0x8b]]] },
  { name: 'a bzip2 archive', instead: UNPACK, signature: [[0, 'BZh']] },
  { name: 'an xz archive', instead: UNPACK, signature: [[0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]]] },
  { name: 'a Zstandard archive', instead: UNPACK, signature: [[0, [0x28, 0xb5, 0x2f, 0xfd]]] },
  { name: 'a 7-Zip archive', instead: UNPACK, signature: [[0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]]] },
  { name: 'a RAR archive', instead: UNPACK, signature: [[0, 'Rar!']] },
  { name: 'a tar archive', instead: UNPACK, signature: [[257, 'ustar']] },
  { name: 'a QuickTime film', instead: FRAME, signature: [[4, 'ftypqt']] },
  { name: 'an MP4 film', instead: FRAME, signature: [[4, 'ftyp']] },
  {
    name: 'an AVI film',
    instead: FRAME,
    signature: [
      [0, 'RIFF'],
      [8, 'AVI '],
    ],
  },
  {
    name: 'a sound file (WAV)',
    instead: SEND,
    signature: [
      [0, 'RIFF'],
      [8, 'WAVE'],
    ],
  },
  { name: 'a Matroska or WebM film', instead: FRAME, signature: [[0, [0x1a, 0x45, 0xdf, 0xa3]]] },
  { name: 'an Ogg film or sound file', instead: FRAME, signature: [[0, 'OggS']] },
  { name: 'a sound file (MP3)', instead: SEND, signature: [[0, 'ID3']] },
  { name: 'an SQLite database', instead: SEND, signature: [[0, 'SQLite format 3']] },
  { name: 'a program', instead: SEND, signature: [[0, [0x7f, 0x45, 0x4c, 0x46]]] },
  { name: 'a Windows program', instead: SEND, signature: [[0, 'MZ']] },
  {
    name: 'a file of macOS about another file (its name begins with "._")',
    instead: 'Send the file of that name without "._".',
    signature: [[0, [0, 5, 0x16, 7]]],
  },
  {
    name: 'a .DS_Store file of macOS',
    instead: SEND,
    signature: [[0, [0, 0, 0, 1, 0x42, 0x75, 0x64, 0x31]]],
  },
  {
    name: 'a Git LFS pointer and not the file itself',
    instead: 'Fetch the file with "git lfs pull" and send that.',
    signature: [[0, 'version https://git-lfs']],
  },
];

/** Kinds of text, which may begin with a byte-order mark and space. */
function textFormat(bytes: Uint8Array): RefusedFormat | null {
  const start = new TextDecoder()
    .decode(bytes.subarray(0, 1024))
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (/^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/is.test(start)) {
    return { name: 'an SVG drawing', instead: SAVE };
  }
  if (/^(<!doctype html|<html)/i.test(start)) return { name: 'a web page', instead: SEND };
  if (/^<\?xml/i.test(start)) return { name: 'an XML file', instead: SEND };
  if (/^[{[]\s*("|[{[\]}]|\d)/.test(start)) return { name: 'a JSON file', instead: SEND };
  if (/^data:image\//.test(start)) return { name: 'a picture as text (a data URL)', instead: SAVE };
  return null;
}

/** Office documents are ZIP archives; the first of their files tell which. */
function zipName(bytes: Uint8Array): string {
  const start = latin1(bytes.subarray(0, 4096));
  if (/application\/vnd\.oasis\.opendocument/.test(start)) return 'an OpenDocument file';
  if (/\[Content_Types\]\.xml|_rels\/\.rels/.test(start)) {
    if (/word\//.test(start)) return 'a Word document (DOCX)';
    if (/ppt\//.test(start)) return 'a PowerPoint presentation (PPTX)';
    if (/xl\//.test(start)) return 'an Excel workbook (XLSX)';
    return 'an Office document (DOCX, PPTX or XLSX)';
  }
  return ZIP;
}

function matches(bytes: Uint8Array, signature: Signature): boolean {
  return signature.every(([offset, expected]) => {
    const wanted = typeof expected === 'string' ? ascii(expected) : expected;
    return wanted.every((byte, index) => bytes[offset + index] === byte);
  });
}

/** Whether the bytes begin like a picture of a supported kind, or of a kind that is refused by name. */
export function isImage(bytes: Uint8Array): boolean {
  return sniffFormat(bytes) !== null || REFUSED_PICTURES.some(({ signature }) => matches(bytes, signature));
}
