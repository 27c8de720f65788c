import { agree, isSampled } from './shadow-challengers.js';
import { wilsonInterval } from '../artifact/wilson-interval.js';

test('the sample is a reproducible share of the ids', () => {
  const ids = Array.from({ length: 10_000 }, (_, index) => `pred_${index}`);
  const tenth = ids.filter((id) => isSampled(id, 0.1));
  expect(tenth.length).toBeGreaterThan(850);
  expect(tenth.length).toBeLessThan(1150);
  expect(ids.filter((id) => isSampled(id, 0.1))).toEqual(tenth);
  const half = new Set(ids.filter((id) => isSampled(id, 0.5)));
  for (const id of tenth) expect(half).toContain(id); // a larger share includes the smaller sample
  expect(ids.some((id) => isSampled(id, 0))).toBe(false);
  expect(ids.every((id) => isSampled(id, 1))).toBe(true);
});

test.each([
  ['CLASSIFIED', 'blast', 'CLASSIFIED', 'blast', true],
  ['CLASSIFIED', 'normal', 'CLASSIFIED', 'other', true],
  ['CLASSIFIED', 'normal', 'CLASSIFIED', 'blast', false],
  ['CLASSIFIED', 'blast', 'INDETERMINATE', 'blast', false],
  ['INDETERMINATE', 'blast', 'INDETERMINATE', 'normal', true],
  ['OUT_OF_DISTRIBUTION', 'blast', 'OUT_OF_DISTRIBUTION', 'normal', true],
])('%s %s and %s %s: %s', (outcome, label, otherOutcome, otherLabel, expected) => {
  expect(agree({ outcome, label }, { outcome: otherOutcome, label: otherLabel }, 'blast')).toBe(expected);
});

test("the interval of a share is Wilson's score interval", () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  for (const [hits, count, lower, upper] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const interval = wilsonInterval(hits, count);
    expect(interval.estimate).toBe(hits / count);
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  }
});
