import type { CropBox } from './crop-box.js';

/**
 * How much each part of the image contributed to the logit. Every cell of the network's last feature grid has the value
 * evidence weights · features, and `logit = bias + mean(values)` exactly. Values above 0 are evidence for the positive label,
 * values below 0 against it.
 */
export interface EvidenceMap {
  readonly height: number;
  readonly width: number;
  /** `[height, width]`, row by row. */
  readonly values: Float32Array;
}

const HEADER_BYTES = 4;
const FRAME_BYTES = 16;

/**
 * Encodes a map for `Prediction.evidence`: height and width as uint16, the values as float32, and then left, top, width and height of
 * `frame` as int32, if it is given; all little-endian.
 *
 * @param frame the part of the image that the map covers, in pixels; it may reach beyond the image
 */
export function encodeEvidence(
  { height, width, values }: EvidenceMap,
  frame: CropBox | null = null,
): Uint8Array<ArrayBuffer> {
  if (values.length !== height * width || height > 0xffff || width > 0xffff) {
    throw new RangeError(`An evidence map of ${height} × ${width} cannot hold ${values.length} values.`);
  }
  const end = HEADER_BYTES + 4 * values.length;
  const bytes = new Uint8Array(end + (frame ? FRAME_BYTES : 0));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, height, true);
  view.setUint16(2, width, true);
  values.forEach((value, cell) => view.setFloat32(HEADER_BYTES + 4 * cell, value, true));
  if (frame) {
    const box = [frame.left, frame.top, frame.width, frame.height];
    box.forEach((value, index) => view.setInt32(end + 4 * index, value, true));
  }
  return bytes;
}

/**
 * Decodes the bytes of {@link encodeEvidence}. `frame` is null where it is not recorded. Throws a RangeError if the length does not
 * match the encoded size.
 */
export function decodeEvidence(bytes: Uint8Array): EvidenceMap & { readonly frame: CropBox | null } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES) throw new RangeError('An evidence map is at least 4 bytes long.');
  const height = view.getUint16(0, true);
  const width = view.getUint16(2, true);
  const end = HEADER_BYTES + 4 * height * width;
  if (bytes.length !== end && bytes.length !== end + FRAME_BYTES) {
    throw new RangeError(`${bytes.length} bytes are not an evidence map of ${height} × ${width}.`);
  }
  const values = Float32Array.from({ length: height * width }, (_, cell) =>
    view.getFloat32(HEADER_BYTES + 4 * cell, true),
  );
  return { height, width, values, frame: bytes.length > end ? frameAt(view, end) : null };
}

function frameAt(view: DataView, start: number): CropBox {
  const numberAt = (index: number) => view.getInt32(start + 4 * index, true);
  return { left: numberAt(0), top: numberAt(1), width: numberAt(2), height: numberAt(3) };
}
