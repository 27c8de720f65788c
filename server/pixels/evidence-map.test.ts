import { decodeEvidence, encodeEvidence } from './evidence-map.js';

const map = { height: 2, width: 3, values: Float32Array.of(0, 1.5, -2.25, 0.1, 4, -8) };

test('an evidence map is the same after encoding and decoding, at any offset in memory', () => {
  const bytes = encodeEvidence(map);
  expect(bytes).toHaveLength(4 + 6 * 4);
  expect(decodeEvidence(bytes)).toEqual(map);
  expect(decodeEvidence(Buffer.concat([Buffer.alloc(3), bytes]).subarray(3))).toEqual(map);
});

test('maps and bytes whose length does not match their size are refused', () => {
  expect(() => decodeEvidence(encodeEvidence(map).subarray(0, -4))).toThrow(/not an evidence map of 2 × 3/);
  expect(() => decodeEvidence(new Uint8Array(3))).toThrow(RangeError);
  expect(() => encodeEvidence({ ...map, width: 2 })).toThrow(/cannot hold 6 values/);
});
