import { randomFrom } from '../../imaging/seeded-random.js';
import { type LineChanges, lineChanges, PARTS } from './line-changes.js';

/** `[height, width, channels]`, of the given values in random order. */
function picture(width: number, height: number, channels: number, values: readonly number[]): Uint8Array {
  const random = randomFrom(width, height, channels);
  return Uint8Array.from(
    { length: width * height * channels },
    () => values[random.below(values.length)] ?? 0,
  );
}

const EVERY = Array.from({ length: 256 }, (_, value) => value);

describe('the changes between lines', () => {
  it.each([
    [360, 363, 3],
    [53, 40, 4],
    [4, 9, 3],
    [159, 160, 3], // the most pixels of a part that are compared
    [700, 800, 3], // more than is in the memory at once
  ])('are those of the single pixels of %d × %d × %d', (width, height, channels) => {
    for (const values of [EVERY, [0, 255]]) {
      const pixels = picture(width, height, channels, values);
      const { rows, columns } = lineChanges(pixels, { width, height }, channels);
      const colour = (row: number, column: number) => {
        const at = (row * width + column) * channels;
        return (pixels[at] ?? 0) + (pixels[at + 2] ?? 0);
      };

      expect(listed(rows)).toEqual(plainChanges(height, width, colour));
      expect(listed(columns)).toEqual(plainChanges(width, height, (column, row) => colour(row, column)));
    }
  });

  it('do not depend on the pictures before', () => {
    const small = picture(30, 21, 3, EVERY);
    const changes = () => Object.values(lineChanges(small, { width: 30, height: 21 }, 3)).map(listed);
    const first = changes();
    lineChanges(picture(300, 310, 4, [255]), { width: 300, height: 310 }, 4);

    expect(changes()).toEqual(first);
  });

  it('are none in lines that are too short to have parts', () => {
    const { rows, columns } = lineChanges(picture(3, 30, 3, EVERY), { width: 3, height: 30 }, 3);

    expect([rows.count, columns.count]).toEqual([0, 7]);
    expect(new Set(listed(rows).changes.flat())).toEqual(new Set([0]));
  });
});

/** `[part][line]`. */
function listed({ lines, count, changes, sizes, stride }: LineChanges) {
  const parts = (values: Int16Array) =>
    Array.from({ length: PARTS }, (_, part) => [...values.subarray(part * stride, part * stride + lines)]);
  return { count, changes: parts(changes), sizes: parts(sizes) };
}

function plainChanges(lines: number, pixels: number, colour: (line: number, pixel: number) => number) {
  const length = Math.floor(pixels / PARTS);
  const step = Math.max(1, Math.floor(length / 20));
  const count = Math.floor(length / step);
  const parts = (of: (change: number) => number) =>
    Array.from({ length: PARTS }, (_, part) =>
      Array.from({ length: lines }, (_, line) => {
        let sum = 0;
        for (let index = 0; index < count; index++) {
          const pixel = part * length + index * step;
          sum += of(Math.floor((colour(line, pixel) - (line > 0 ? colour(line - 1, pixel) : 0)) / 2));
        }
        return sum;
      }),
    );
  return { count, changes: parts((change) => change), sizes: parts(Math.abs) };
}
