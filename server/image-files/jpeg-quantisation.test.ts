import sharp from 'sharp';
import { looksAltered } from './jpeg-quantisation.js';

/** The tables of a JPEG that libjpeg has made. */
async function tablesOf(quality: number): Promise<number[][]> {
  const picture = sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } });
  const file = await picture.jpeg({ quality }).toBuffer();
  const starts = [...file.keys()].filter((at) => file[at] === 0xff && file[at + 1] === 0xdb);
  return starts.map((at) => [...file.subarray(at + 5, at + 69)]);
}

const QUALITIES = [20, 50, 75, 90, 95, 100];

test.each(QUALITIES)('takes the tables of quality %i for what they are', async (quality) => {
  const tables = await tablesOf(quality);
  expect(tables).toHaveLength(2);
  expect(tables.map(looksAltered)).toEqual([false, false]);
});

test.each([1, 3, 4, 8])('sees %i values that were overwritten, wherever they are', async (length) => {
  const wrong: { at: number; value: number }[] = [];
  for (const table of (await Promise.all([20, 75, 100].map(tablesOf))).flat()) {
    for (let at = 0; at + length <= 64; at++) {
      for (const value of [1, 255]) {
        const altered = table.map((own, index) => (index >= at && index < at + length ? value : own));
        const isSame = altered.every((own, index) => own === table[index]);
        if (looksAltered(altered) === isSame) wrong.push({ at, value });
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('says nothing of tables that another encoder made', () => {
  expect(looksAltered(new Array<number>(64).fill(8))).toBe(false);
  expect(looksAltered(new Array<number>(64).fill(1))).toBe(false);
  expect(looksAltered(Array.from({ length: 64 }, (_, index) => 3 + index))).toBe(false);
});
