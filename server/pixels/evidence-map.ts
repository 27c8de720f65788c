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

/** Encodes a map for `Prediction.evidence`: height and width as uint16, then the values as float32, all little-endian. */
export function encodeEvidence({ height, width, values }: EvidenceMap): Uint8Array<ArrayBuffer> {
  if (values.length !== height * width || height > 0xffff || width > 0xffff) {
    throw new RangeError(`An evidence map of ${height} × ${width} cannot hold ${values.length} values.`);
  }
  const bytes = new Uint8Array(HEADER_BYTES + 4 * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, height, true);
  view.setUint16(2, width, true);
  values.forEach((value, cell) => view.setFloat32(HEADER_BYTES + 4 * cell, value, true));
  return bytes;
}

/** Decodes the bytes of {@link encodeEvidence}. Throws a RangeError if their length does not match the encoded size. */
export function decodeEvidence(bytes: Uint8Array): EvidenceMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES) throw new RangeError('An evidence map is at least 4 bytes long.');
  const height = view.getUint16(0, true);
  const width = view.getUint16(2, true);
  if (bytes.length !== HEADER_BYTES + 4 * height * width) {
    throw new RangeError(`${bytes.length} bytes are not an evidence map of ${height} × ${width}.`);
  }
  const values = Float32Array.from({ length: height * width }, (_, cell) =>
    view.getFloat32(HEADER_BYTES + 4 * cell, true),
  );
  return { height, width, values };
}

/** The dot product of weights and features in each grid cell: from features `[h · w, D]` to `[h · w]`. */
export function evidenceOf(features: Float32Array, weights: Float64Array): Float32Array<ArrayBuffer> {
  const dimensions = weights.length;
  const values = new Float32Array(features.length / dimensions);
  for (let cell = 0; cell < values.length; cell++) {
    let sum = 0;
    for (let index = 0; index < dimensions; index++) {
      sum += (weights[index] ?? NaN) * (features[cell * dimensions + index] ?? NaN);
    }
    values[cell] = sum;
  }
  return values;
}
