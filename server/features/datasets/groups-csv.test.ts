import { GroupsCsvError, readGroupsCsv, readSplit } from './groups-csv.js';

const table = (text: string) => readGroupsCsv(Buffer.from(text));

describe('readGroupsCsv', () => {
  test('finds the columns among others, whatever their order and capitals', () => {
    const groups = table(
      'KEY,class,label,Patient,diagnosis\nblast/a.jpg,blast,leukaemic,Patient_02,AML\nmono/b.jpg,mono,normal,Patient_03,AML\n',
    );
    expect(groups.find('blast/a.jpg')).toMatchObject({ group: 'Patient_02', split: null });
    expect(groups.find('mono/b.jpg')).toMatchObject({ group: 'Patient_03' });
    expect(groups.find('mono/c.jpg')).toBeNull();
    expect(groups.rows).toHaveLength(2);
  });

  test('reads what spreadsheets write: byte order mark, semicolons, quotes, carriage returns', () => {
    const groups = table('\uFEFFfile;patient;split\r\n"a/b;c.png";P1;train\r\n\r\n');
    expect(groups.find('a/b;c.png')).toMatchObject({ group: 'P1', split: 'train' });
  });

  test('understands paths from elsewhere and bare file names', () => {
    const groups = table('path,slide\n./a/1.jpg,S1\n\\a\\2.jpg,S2\n3.jpg,S3\n');
    expect(groups.find('a/1.jpg')?.group).toBe('S1');
    expect(groups.find('a/2.jpg')?.group).toBe('S2');
    expect(groups.find('deep/down/3.jpg')?.group).toBe('S3');
  });

  test('an empty cell is no group', () => {
    expect(table('file,patient\na/1.jpg,\n').find('a/1.jpg')).toMatchObject({ group: null });
  });

  test.each([
    ['nothing', '', 'is empty'],
    [
      'no column of files',
      'name,patient\na,b\n',
      'no column named file or key or path or image, only: name, patient',
    ],
    ['no column of groups', 'file,class\na,b\n', 'no column named patient or group or slide'],
    ['a line too short', 'file,patient\na\n', 'cannot be read as CSV: Invalid Record Length'],
    ['an open quote', 'file,patient\n"a,b\n', 'cannot be read as CSV'],
    [
      'a contradiction',
      'file,patient\na,P1\na,P2\n',
      "'a' is of group 'P1' in one line and of group 'P2' in another",
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => table(text)).toThrow(GroupsCsvError);
    expect(() => table(text)).toThrow(message);
  });
});

test('readSplit knows the usual words and no others', () => {
  expect(['train', 'Training', 'val', 'VALID', 'test'].map(readSplit)).toEqual([
    'train',
    'train',
    'validation',
    'validation',
    'test',
  ]);
  expect(readSplit('fold-3')).toBeNull();
});
