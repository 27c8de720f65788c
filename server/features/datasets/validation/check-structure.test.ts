import type { Survey } from '../survey-source.js';
import { checkStructure } from './check-structure.js';
import { emptyTally } from './finding.js';

const survey = (part: Partial<Survey>): Survey => ({
  source: 's3://bucket/cells',
  classes: null,
  imageCount: 0,
  folders: new Map(),
  stray: emptyTally(),
  other: emptyTally(),
  ...part,
});
const folders = (...entries: [folder: string, label: string][]) =>
  new Map(entries.map(([folder, label]) => [folder, { label, imageCount: 2 }]));
const checks = (part: Partial<Survey>) =>
  checkStructure(survey(part)).map(({ check, severity, count }) => [check, severity, count]);

test('two classes are in order', () => {
  expect(checks({ imageCount: 4, folders: folders(['a', 'a'], ['b', 'b']) })).toEqual([]);
});

test('an empty prefix is named', () => {
  expect(checks({})).toEqual([['empty-source', 'ERROR', 0]]);
  expect(checkStructure(survey({}))[0]?.message).toContain('There is nothing at s3://bucket/cells.');
});

test('images beside each other instead of in folders are no classes', () => {
  const stray = { count: 3, examples: ['1.jpg', '2.jpg', '3.jpg'] };
  expect(checks({ stray })).toEqual([['no-class-folders', 'ERROR', 3]]);
});

test('a folder asked for that is not there is named, also when nothing is there', () => {
  const classes = [
    { folder: 'a', label: 'x' },
    { folder: 'Blast', label: 'y' },
  ];
  expect(checks({ classes, imageCount: 2, folders: folders(['a', 'x']) })).toEqual([
    ['missing-folder', 'ERROR', 1],
    ['one-class', 'ERROR', 1],
  ]);
  expect(checks({ classes })).toEqual([['missing-folder', 'ERROR', 2]]);
});

test('several folders of one label are one class', () => {
  expect(checks({ imageCount: 4, folders: folders(['a', 'x'], ['b', 'x']) })).toEqual([
    ['one-class', 'ERROR', 2],
  ]);
});

test('splits are not taken for classes, unless they are asked for as such', () => {
  const part = { imageCount: 4, folders: folders(['train', 'train'], ['Test', 'Test']) };
  expect(checks(part)).toEqual([['splits-as-classes', 'ERROR', 2]]);
  const classes = [...part.folders].map(([folder, { label }]) => ({ folder, label }));
  expect(checks({ ...part, classes })).toEqual([]);
  expect(checks({ ...part, folders: folders(['train', 'train'], ['blast', 'blast']) })).toEqual([]);
});

test('what is left out is said', () => {
  const part = { imageCount: 4, folders: folders(['a', 'a'], ['b', 'b']) };
  expect(checks({ ...part, stray: { count: 1, examples: ['1.jpg'] } })).toEqual([
    ['stray-images', 'WARNING', 1],
  ]);
  expect(checks({ ...part, other: { count: 9, examples: ['a/x.txt'] } })).toEqual([
    ['other-files', 'INFO', 9],
  ]);
});
