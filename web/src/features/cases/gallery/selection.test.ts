import { moveInGrid } from './move-in-grid.js';
import { nextAfter, NOTHING_SELECTED, select } from './selection.js';

const order = ['a', 'b', 'c', 'd', 'e'];
const idsOf = ({ selected }: { selected: ReadonlySet<string> }) => [...selected].join('');

test('single cells, ranges in both directions, and cells in addition', () => {
  const alone = select(NOTHING_SELECTED, 'b', 'alone', order);
  expect(idsOf(alone)).toBe('b');
  const range = select(alone, 'd', 'range', order);
  expect(idsOf(range)).toBe('bcd');
  expect(idsOf(select(range, 'a', 'range', order))).toBe('ab'); // from the same beginning
  const toggled = select(range, 'e', 'toggled', order);
  expect(idsOf(toggled)).toBe('bcde');
  expect(idsOf(select(toggled, 'c', 'toggled', order))).toBe('bde');
  expect(select(range, 'e', 'only moved to', order)).toMatchObject({ active: 'e', selected: range.selected });
});

test('a range whose beginning is missing is only its end', () => {
  expect(idsOf(select({ ...NOTHING_SELECTED, anchor: 'missing' }, 'd', 'range', order))).toBe('d');
});

test('the next cell follows, or with the one before the last', () => {
  expect(nextAfter(new Set(['b', 'c']), order)).toBe('d');
  expect(nextAfter(new Set(['d', 'e']), order)).toBe('c');
  expect(nextAfter(new Set(order), order)).toBeNull();
});

test('arrow keys go over the limits of groups and keep the column', () => {
  const groups = [
    ['a', 'b', 'c', 'd'],
    ['e', 'f'],
  ]; // of 3 columns: abc d ef
  expect(moveInGrid(groups, 3, 'c', 'ArrowDown')).toBe('d');
  expect(moveInGrid(groups, 3, 'd', 'ArrowDown')).toBe('e');
  expect(moveInGrid(groups, 3, 'f', 'ArrowUp')).toBe('d');
  expect(moveInGrid(groups, 3, 'd', 'ArrowRight')).toBe('e');
  expect(moveInGrid(groups, 3, 'a', 'ArrowLeft')).toBe('a');
  expect(moveInGrid(groups, 3, 'b', 'End')).toBe('f');
  expect(moveInGrid(groups, 3, null, 'ArrowDown')).toBe('a');
  expect(moveInGrid(groups, 3, 'b', 'x')).toBeNull();
});
