import { normalise } from './normalise.js';

const preprocessing = {
  mean: [0.5, 0.25, 0] satisfies [number, number, number],
  std: [0.5, 0.25, 2] satisfies [number, number, number],
};

describe('normalise', () => {
  it('subtracts the mean and divides by the deviation, by channel', () => {
    expect([...normalise(Uint8Array.of(0, 255, 51, 255, 0, 0), preprocessing)]).toEqual(
      [-1, 3, 0.1, 1, -1, 0].map(Math.fround),
    );
  });

  it('writes to the given part of a batch, and refuses a part of another length', () => {
    const batch = new Float32Array(9);
    normalise(Uint8Array.of(255, 255, 255), preprocessing, batch.subarray(3, 6));
    expect([...batch]).toEqual([0, 0, 0, 1, 3, 0.5, 0, 0, 0]);
    expect(() => normalise(new Uint8Array(6), preprocessing, batch)).toThrow(RangeError);
  });
});
