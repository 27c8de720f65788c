import { randomFrom } from '../../imaging/seeded-random.js';
import { meansOfSquares, sumsOf } from './picture-sums.js';

/** `[height, width, 3]`, of the given values in random order. */
function picture(width: number, height: number, values: readonly number[]): Uint8Array {
  const random = randomFrom(width, height, ...values);
  return Uint8Array.from({ length: width * height * 3 }, () => values[random.below(values.length)] ?? 0);
}

const EVERY = Array.from({ length: 256 }, (_, value) => value);

describe('the means of squares', () => {
  it.each([
    ['squares that fill the picture', 360, 363, 3],
    ['squares that leave rows and columns', 47, 31, 5],
    ['one square', 23, 20, 20],
    ['a row that is longer than what is summed at once', 20_000, 5, 2],
    ['squares that have more pixels than are summed at once', 460, 240, 230],
  ])('are those of the single values for %s', (_what, width, height, factor) => {
    const [columns, rows] = [Math.floor(width / factor), Math.floor(height / factor)];
    for (const values of [EVERY, [0, 255], [254, 255]]) {
      const pixels = picture(width, height, values);
      const means = new Uint8Array(columns * rows * 3);
      meansOfSquares(pixels, width, factor, columns, rows, means);

      const expected = Uint8Array.from(means, (_, at) => {
        const [column, row] = [Math.floor(at / 3) % columns, Math.floor(at / 3 / columns)];
        let sum = 0;
        for (let down = 0; down < factor; down++) {
          for (let across = 0; across < factor; across++) {
            sum += pixels[3 * ((row * factor + down) * width + column * factor + across) + (at % 3)] ?? 0;
          }
        }
        return sum * (1 / (factor * factor)) + 0.5;
      });
      expect(Buffer.from(means).equals(expected)).toBe(true);
    }
  });
});

describe('the sums over a picture', () => {
  it.each([1, 2, 3, 10, 16, 33, 96, 224])('are those of the single pixels at a side of %d', (size) => {
    for (const values of [EVERY, [0, 255], [253, 254, 255]]) {
      const pixels = picture(size, size, values);
      const { histogram, ...sums } = sumsOf(pixels, size);

      expect({ histogram: [...histogram], ...sums }).toEqual(plainSums(pixels, size));
    }
  });

  it('do not depend on the pictures before', () => {
    const small = picture(20, 20, EVERY);
    const before = sumsOf(small, 20);
    const first = { ...before, histogram: [...before.histogram] };
    sumsOf(picture(300, 300, [255]), 300);
    const after = sumsOf(small, 20);

    expect({ ...after, histogram: [...after.histogram] }).toEqual(first);
  });
});

function plainSums(pixels: Uint8Array, size: number) {
  const histogram = Array<number>(256).fill(0);
  let [clipped, colour, curvature, slope] = [0, 0, 0, 0];
  const brightness = Array.from({ length: size * size }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(3 * pixel);
    if (Math.min(red, green, blue) >= 254) clipped++;
    colour += Math.max(red, green, blue) - Math.min(red, green, blue);
    const value = (red + 2 * green + blue) >> 2;
    histogram[value] = (histogram[value] ?? 0) + 1;
    return value;
  });
  const at = (row: number, column: number) => brightness[row * size + column] ?? 0;
  for (let row = 1; row < size - 1; row++) {
    for (let column = 1; column < size - 1; column++) {
      const [left, right] = [at(row, column - 1), at(row, column + 1)];
      const [above, below] = [at(row - 1, column), at(row + 1, column)];
      curvature += (left + right + above + below - 4 * at(row, column)) ** 2;
      slope += (right - left) ** 2 + (below - above) ** 2;
    }
  }
  return { histogram, clipped, colour, curvature, slope };
}
