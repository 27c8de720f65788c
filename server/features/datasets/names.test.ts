import { foldName, foldPath, shownSpellings, spellings, tidyName } from './names.js';

test('an ordinary name is unchanged', () => {
  for (const name of ['blast', 'Blast', 'neutrophil_band', 'M\u00fcller', 'patient 1', 'a-b.c']) {
    expect(tidyName(name)).toBe(name);
  }
});

test('a name is normalised to NFC, trimmed, and has single spaces', () => {
  expect(tidyName(' bla\u0308st  cell\u00a0')).toBe('bl\u00e4st cell');
});

test.each([
  ['capitals', 'BLAST', 'blast'],
  ['a space at the end', 'blast ', 'blast'],
  ['encodings of \u00e4', 'bl\u00e4st', 'bla\u0308st'],
  ['spaces of several kinds', 'a\u00a0 b', 'a b'],
  ['what cannot be seen', 'blast\u200b', 'blast'],
  ['capitals that are two letters', 'STRASSE', 'stra\u00dfe'],
  [
    'the forms of sigma',
    '\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2',
    '\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3',
  ],
])('names that differ in %s are one', (_, one, other) => {
  expect(one).not.toBe(other);
  expect(foldName(one)).toBe(foldName(other));
  expect(foldPath(`x/${one}/1.jpg`)).toBe(foldPath(`x/${other}/1.JPG`));
});

test('different names are not folded to the same name', () => {
  expect(foldName('M\u00fcller')).not.toBe(foldName('M\u00f6ller'));
  expect(foldName('Muller')).not.toBe(foldName('M\u00fcller'));
  expect(foldName('a_b')).not.toBe(foldName('a b'));
});

test('collects the spellings of a name, even if they are not adjacent', () => {
  expect(spellings(['a', 'b', 'A', 'c', 'a', 'a ', 'B'])).toEqual([
    ['a', 'A', 'a '],
    ['b', 'B'],
  ]);
});

test('spellings that look alike are shown with the codes of their characters', () => {
  expect(shownSpellings(['Blast', 'blast'])).toBe("'Blast' and 'blast'");
  expect(shownSpellings(['\u00e4', 'a\u0308'])).toBe("'\u00e4' (U+00E4) and 'a\u0308' (a U+0308)");
});
