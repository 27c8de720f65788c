import { normalise } from '../pixels/normalise.js';
import { NetworkInput } from './network-input.js';

const preprocessing = {
  mean: [0.8, 0.1, 0.37] satisfies [number, number, number],
  std: [0.2, 0.7, 3.1] satisfies [number, number, number],
};

/** `[size, size, 3]`, with all values in all channels if it is at least 16. */
const picture = (size: number, first: number) =>
  Uint8Array.from({ length: size * size * 3 }, (_, at) => Math.floor(at / 3) + first * (at % 3));

it.each([16, 17, 64, 97])('has the values of normalise, bit by bit, at a side of %d', (inputSize) => {
  const images = [1, 7, 100].map((first) => picture(inputSize, first));
  const input = new NetworkInput({ inputSize, ...preprocessing }, images.length);
  images.forEach((pixels, place) => input.write(place, pixels));
  const expected = images.flatMap((pixels) => [...normalise(pixels, preprocessing)]);

  expect(
    Buffer.from(input.values.slice().buffer).equals(Buffer.from(Float32Array.from(expected).buffer)),
  ).toBe(true);
});

it('keeps the inputs of two networks apart', () => {
  const pixels = picture(16, 3);
  const one = new NetworkInput({ inputSize: 16, ...preprocessing }, 1);
  one.write(0, pixels);
  new NetworkInput({ inputSize: 16, mean: [0, 0, 0], std: [1, 1, 1] }, 1).write(0, picture(16, 9));

  expect(one.values).toEqual(normalise(pixels, preprocessing));
});

it('refuses an image of another size', () => {
  const input = new NetworkInput({ inputSize: 16, ...preprocessing }, 2);

  expect(() => input.write(0, picture(17, 0))).toThrow(RangeError);
});
