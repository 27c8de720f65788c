import { emptySurvey, type Survey } from '../survey-source.js';
import { checkStructure } from './check-structure.js';

const survey = (part: Partial<Survey>): Survey => {
  const folders = [...(part.folders?.values() ?? [])];
  const fileCount = folders.reduce((sum, folder) => sum + folder.fileCount, 0);
  return { ...emptySurvey('s3://bucket/cells', null), fileCount, candidateCount: fileCount, ...part };
};
const folders = (...entries: [folder: string, label: string, fileCount?: number][]) =>
  new Map(
    entries.map(([folder, label, fileCount = 2]) => [folder, { label, fileCount, calledImages: fileCount }]),
  );
const checks = (part: Partial<Survey>) =>
  checkStructure(survey(part)).map(({ check, severity, count }) => [check, severity, count]);

test('two classes give no finding', () => {
  expect(checks({ folders: folders(['a', 'a'], ['b', 'b']) })).toEqual([]);
});

test('names an empty prefix', () => {
  expect(checks({})).toEqual([['empty-source', 'ERROR', 0]]);
  expect(checkStructure(survey({}))[0]?.message).toContain('s3://bucket/cells is empty.');
});

test('images directly in the source, outside folders, are not classes', () => {
  const strayImages = { count: 3, examples: ['1.jpg', '2.jpg', '3.jpg'] };
  expect(checks({ strayImages, fileCount: 3 })).toEqual([['no-class-folders', 'ERROR', 3]]);
});

test('names a missing folder of the class mapping, even in an empty source', () => {
  const classes = [
    { folder: 'a', label: 'x' },
    { folder: 'Blast', label: 'y' },
  ];
  expect(checks({ classes, folders: folders(['a', 'x']) })).toEqual([
    ['missing-folder', 'ERROR', 1],
    ['one-class', 'ERROR', 1],
  ]);
  expect(checks({ classes })).toEqual([['missing-folder', 'ERROR', 2]]);
});

test('several folders of one label are one class', () => {
  expect(checks({ folders: folders(['a', 'x'], ['b', 'x']) })).toEqual([['one-class', 'ERROR', 2]]);
});

test('splits are not treated as classes unless the class mapping names them', () => {
  const part = { folders: folders(['train', 'train'], ['Test', 'Test']) };
  expect(checks(part)).toEqual([['splits-as-classes', 'ERROR', 2]]);
  const classes = [...part.folders].map(([folder, { label }]) => ({ folder, label }));
  expect(checks({ ...part, classes })).toEqual([]);
  expect(checks({ ...part, folders: folders(['train', 'train'], ['blast', 'blast']) })).toEqual([]);
});

test('spellings of one name are an ERROR, with a class mapping that merges them', () => {
  const [composed, decomposed] = ['bl\u00e4st', 'bla\u0308st'];
  const part = {
    folders: folders(
      ['Blast', 'Blast', 2],
      ['blast', 'blast', 3],
      ['blast ', 'blast', 1],
      [composed, composed],
      [decomposed, composed],
      ['lymphocyte', 'lymphocyte'],
    ),
  };
  const [finding, ...others] = checkStructure(survey(part));
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ check: 'colliding-classes', severity: 'ERROR', count: 2 });
  expect(finding?.message).toContain(
    "2 class names spelled in more than one way: 'Blast' and 'blast' and 'blast '",
  );
  expect(finding?.message).toContain("'bl\u00e4st' (bl U+00E4 st) and 'bla\u0308st' (bla U+0308 st)");
  expect(finding?.classes).toEqual([
    { folder: 'Blast', label: 'blast' },
    { folder: 'blast', label: 'blast' },
    { folder: 'blast ', label: 'blast' },
    { folder: composed, label: composed },
    { folder: decomposed, label: composed },
    { folder: 'lymphocyte', label: 'lymphocyte' },
  ]);
  expect(checks({ ...part, classes: finding?.classes })).toEqual([]);
});

test('spellings of one label in a mapping are an ERROR, without a mapping if merging would leave one class', () => {
  const classes = [
    { folder: 'a', label: 'Blast' },
    { folder: 'b', label: 'blast' },
    { folder: 'c', label: 'other' },
  ];
  const all = folders(['a', 'Blast'], ['b', 'blast', 9], ['c', 'other']);
  const [finding] = checkStructure(survey({ classes, folders: all }));
  expect(finding?.check).toBe('colliding-classes');
  expect(finding?.message).toContain("1 label spelled in more than one way: 'Blast' and 'blast'.");
  expect(finding?.classes?.map(({ label }) => label)).toEqual(['blast', 'blast', 'other']);
  const [alone] = checkStructure(survey({ folders: folders(['Blast', 'Blast'], ['blast', 'blast']) }));
  expect(alone).toMatchObject({ check: 'colliding-classes', classes: null });
});
