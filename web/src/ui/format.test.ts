import {
  bytes,
  capitalised,
  count,
  duration,
  interval,
  milliseconds,
  percent,
  percentThreshold,
} from './format.js';

test('a probability close to 0 or 1 is not rounded to it', () => {
  expect(percent(0.9996)).toBe('above 99.9 %');
  expect(percent(0.0002)).toBe('below 0.1 %');
  expect(percent(0.5)).toBe('50.0 %');
  expect(percent(1)).toBe('100.0 %');
});

test('a threshold is shown with three significant digits', () => {
  expect([0.5, 0.0004, 0.98765, 1].map(percentThreshold)).toEqual(['50 %', '0.04 %', '98.8 %', '100 %']);
});

test('a label can start a sentence', () => {
  expect(capitalised('not_blast')).toBe('Not blast');
});

test('an interval is shown after its estimate', () => {
  expect(interval({ estimate: 0.9876, lower: 0.98, upper: 0.99411 })).toBe('0.988 (0.980 to 0.994)');
});

test('times and sizes have a suitable unit', () => {
  expect([milliseconds(2.34), milliseconds(34.6), milliseconds(1234)]).toEqual(['2.3 ms', '35 ms', '1.2 s']);
  expect(duration('2026-01-01T10:00:00Z', '2026-01-01T10:03:29Z')).toBe('3 min 29 s');
  expect([bytes(12), bytes(3400), bytes(5_600_000)]).toEqual(['12 B', '3.4 kB', '5.6 MB']);
});

test('a count of one uses the singular', () => {
  expect([count(1, 'image'), count(2, 'image'), count(0, 'patient or slide', 'patients or slides')]).toEqual([
    '1 image',
    '2 images',
    '0 patients or slides',
  ]);
});
