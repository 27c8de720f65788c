import { randomFrom } from '../../../imaging/seeded-random.js';
import { nearDuplicates } from './near-duplicates.js';

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

test('finds every copy, and nothing among thousands of other pictures', () => {
  const hashes = Array.from({ length: 3000 }, drawn);
  expect(nearDuplicates(hashes)).toEqual([]);
  const copies = hashes.slice(0, 200).map((hash) => changed(hash, 10));
  const sets = nearDuplicates([...hashes, ...copies]);
  expect(sets).toEqual(copies.map((_, index) => [index, 3000 + index]));
});

test('copies of copies are one set', () => {
  const first = drawn();
  const second = changed(first, 15);
  expect(nearDuplicates([drawn(), first, drawn(), second, changed(second, 15)])).toEqual([[1, 3, 4]]);
});

test('what differs in more than 24 frequencies is another picture', () => {
  const hash = drawn();
  expect(nearDuplicates([hash, changed(hash, 25)])).toEqual([]);
});
