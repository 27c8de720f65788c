import { GroupsCsvError, readGroupsCsv, readSplit } from './groups-csv.js';

const table = (text: string) => readGroupsCsv(Buffer.from(text));

describe('readGroupsCsv', () => {
  test('finds the columns among others, in any order and in upper or lower case', () => {
    const groups = table(
      'KEY,class,label,Patient,diagnosis\nblast/a.jpg,blast,leukaemic,Patient_02,AML\nmono/b.jpg,mono,normal,Patient_03,AML\n',
    );
    expect(groups.find('blast/a.jpg')).toMatchObject({ group: 'Patient_02', split: null });
    expect(groups.find('mono/b.jpg')).toMatchObject({ group: 'Patient_03' });
    expect(groups.find('mono/c.jpg')).toBeNull();
    expect(groups.rows).toHaveLength(2);
  });

  test('reads the output of spreadsheets: byte order mark, semicolons, quotes, carriage returns', () => {
    const groups = table('\uFEFFfile;patient;split\r\n"a/b;c.png";P1;train\r\n\r\n');
    expect(groups.find('a/b;c.png')).toMatchObject({ group: 'P1', split: 'train' });
  });

  test('understands other path notations and bare file names', () => {
    const groups = table('path,slide\n./a/1.jpg,S1\n\\a\\2.jpg,S2\n3.jpg,S3\n');
    expect(groups.find('a/1.jpg')?.group).toBe('S1');
    expect(groups.find('a/2.jpg')?.group).toBe('S2');
    expect(groups.find('deep/down/3.jpg')?.group).toBe('S3');
  });

  test('an empty cell means no group', () => {
    expect(table('file,patient\na/1.jpg,\n').find('a/1.jpg')).toMatchObject({ group: null });
  });

  test.each([
    '',
    'NA',
    'n/a',
    '#N/A',
    'NaN',
    'None',
    'NULL',
    '-',
    '--',
    '\u2013',
    '?',
    ' unknown ',
    'Anonymous',
  ])('%j is no patient', (word) => {
    expect(table(`file,patient\na/1.jpg,${word}\n`).find('a/1.jpg')).toMatchObject({ group: null });
  });

  test.each(['P1', '0', 'Nana', 'Nil-01', 'X'])('%j is a patient, as written', (name) => {
    expect(table(`file,patient\na/1.jpg,${name}\n`).find('a/1.jpg')).toMatchObject({ group: name });
  });

  test('a patient name is normalised to NFC with single spaces', () => {
    expect(table('file,patient\na,Mu\u0308ller  A\n').find('a')?.group).toBe('M\u00fcller A');
  });

  test('finds a file in another spelling if only one row has it', () => {
    const groups = table('file,patient\nBlast/IMG_1.JPG,P1\na/x.jpg,P2\nA/X.jpg,P3\n');
    expect(groups.find('blast/img_1.jpg')?.group).toBe('P1');
    expect(groups.find('A/X.jpg')?.group).toBe('P3');
    expect(groups.find('A/x.JPG')).toBeNull();
  });

  const CSV = 'file;patient\r\nblast/1.jpg;M\u00fcller\r\nblast/2.jpg;M\u00f6ller\r\n';
  const utf16 = Buffer.from(`\uFEFF${CSV}`, 'utf16le');
  test.each([
    ['UTF-8', 'UTF-8', Buffer.from(CSV)],
    ['UTF-8 with a byte order mark', 'UTF-8', Buffer.from(`\uFEFF${CSV}`)],
    ['UTF-16', 'UTF-16', utf16],
    ['UTF-16, big end first', 'UTF-16', Buffer.from(utf16).swap16()],
    ['Windows-1252', 'Windows-1252', Buffer.from(CSV, 'latin1')],
  ])('reads %s without loss', (_, encoding, bytes) => {
    const groups = readGroupsCsv(bytes);
    expect(groups.encoding).toBe(encoding);
    expect(groups.rows.map(({ group }) => group)).toEqual(['M\u00fcller', 'M\u00f6ller']);
  });

  test('decodes the characters that are specific to Windows-1252', () => {
    const groups = readGroupsCsv(Buffer.from([...Buffer.from('file,patient\na,'), 0x8a, 0x9e, 0x80]));
    expect(groups.rows[0]?.group).toBe('\u0160\u017e\u20ac');
  });

  const bytesOf = (...parts: (string | number)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
  test.each([
    ['UTF-8 that is damaged', bytesOf('file,patient\na,M\u00fcller\nb,\u00e9t\u00e9', 0xc3), 'line 3'],
    [
      'damaged UTF-8 with a byte order mark',
      bytesOf('\uFEFFfile,patient\na,M', 0xfc),
      'It is in UTF-8, but line 2',
    ],
    ['a byte of no encoding', bytesOf('file,patient\na,M', 0x9d, 'ller'), 'neither UTF-8 nor Windows-1252'],
    ['UTF-16 without a mark', Buffer.from(CSV, 'utf16le'), 'UTF-16 without a byte order mark'],
    ['UTF-16 cut off', utf16.subarray(0, 41), 'damaged or cut off'],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x66, 0, 0, 0]), 'UTF-32'],
    ['replacement characters', Buffer.from('file,patient\na,M\uFFFDller\n'), 'has lost characters'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readGroupsCsv(bytes)).toThrow(GroupsCsvError);
    expect(() => readGroupsCsv(bytes)).toThrow(message);
  });

  test.each([
    ['nothing', '', 'is empty'],
    [
      'no column of files',
      'name,patient\na,b\n',
      'no column named file or key or path or image. Its columns are: name, patient',
    ],
    ['no column of groups', 'file,class\na,b\n', 'no column named patient or group or slide'],
    ['a line too short', 'file,patient\na\n', 'cannot be read as CSV: Invalid Record Length'],
    ['an open quote', 'file,patient\n"a,b\n', 'cannot be read as CSV'],
    [
      'a contradiction',
      'file,patient\na,P1\na,P2\n',
      "'a' has group 'P1' in one line and group 'P2' in another",
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
