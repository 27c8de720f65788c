import { randomFrom } from '../../../imaging/seeded-random.js';
import { nearDuplicates } from './near-duplicates.js';

const noPause = async () => {};
const random = randomFrom('near duplicates');
const drawn = () =>
  Array.from({ length: 64 }, () => random.below(16).toString(16))
    .join('')
    .replace(/^./, '0');

/** The hash with `count` of its bits changed. */
function changed(hash: string, count: number): string {
  const digits = Array.from(hash);
  const places = new Set<number>();
  while (places.size < count) places.add(1 + random.below(63));
  for (const place of places)
    digits[place] = (Number.parseInt(digits[place] ?? '0', 16) ^ (1 << random.below(4))).toString(16);
  return digits.join('');
}

test('finds every copy among 1,500 pictures, without false matches', async () => {
  const hashes = Array.from({ length: 1500 }, drawn);
  expect(await nearDuplicates(hashes, noPause)).toEqual([]);
  const copies = hashes.slice(0, 200).map((hash) => changed(hash, 10));
  const sets = await nearDuplicates([...hashes, ...copies], noPause);
  expect(sets).toEqual(copies.map((_, index) => [index, 1500 + index]));
});

test('copies of copies are one set', async () => {
  const first = drawn();
  const second = changed(first, 15);
  const sets = await nearDuplicates([drawn(), first, drawn(), second, changed(second, 15)], noPause);
  expect(sets).toEqual([[1, 3, 4]]);
});

test('hashes that differ in more than 24 bits are different pictures', async () => {
  const hash = drawn();
  expect(await nearDuplicates([hash, changed(hash, 25)], noPause)).toEqual([]);
});

test('awaits pauses, and stops when a pause rejects', async () => {
  let pauses = 0;
  await nearDuplicates(Array.from({ length: 1000 }, drawn), async () => {
    pauses++;
  });
  expect(pauses).toBeGreaterThanOrEqual(3);
  const stop = async () => {
    throw new Error('stop now');
  };
  await expect(nearDuplicates([drawn()], stop)).rejects.toThrow('stop now');
});
