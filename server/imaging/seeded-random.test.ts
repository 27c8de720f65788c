import { randomFrom, shuffle } from './seeded-random.js';

const draw = (...seeds: (number | string)[]) => {
  const random = randomFrom(...seeds);
  return Array.from({ length: 5 }, () => random.next());
};

it('draws the same numbers from the same names, others from others', () => {
  expect(draw(1, 'augment', 3, 7)).toEqual(draw(1, 'augment', 3, 7));
  const others = [
    draw(1, 'augment', 3, 8),
    draw(1, 'augment', 37),
    draw(2, 'augment', 3, 7),
    draw('1', 'order', 3, 7),
  ];
  for (const other of others) expect(other).not.toEqual(draw(1, 'augment', 3, 7));
});

it('never changes: models are reproduced from these numbers', () => {
  expect(draw(1, 'augment', 3, 7)).toEqual([
    0.8466582384426147, 0.9788154857233167, 0.2677103637252003, 0.5827151406556368, 0.2330800371710211,
  ]);
});

it('is uniform in [0, 1), within a stream and across neighbouring names', () => {
  const tenths = (numbers: number[]) => {
    const counts = new Array<number>(10).fill(0);
    for (const number of numbers) {
      const bin = Math.floor(10 * number);
      counts[bin] = (counts[bin] ?? NaN) + 1;
    }
    return counts;
  };
  const random = randomFrom('uniform');
  const within = tenths(Array.from({ length: 10_000 }, () => random.next()));
  const across = tenths(
    Array.from({ length: 10_000 }, (_, item) => randomFrom(1, 'augment', 1, item).next()),
  );
  // Four standard deviations of a binomial count of mean 1000.
  for (const count of [...within, ...across]) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

it('shuffles without losing or repeating', () => {
  const values = Array.from({ length: 100 }, (_, index) => index);
  const shuffled = shuffle([...values], randomFrom('deck'));
  expect(shuffled).not.toEqual(values);
  expect(shuffled.sort((a, b) => a - b)).toEqual(values);
});
