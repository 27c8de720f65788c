import { parse } from 'csv-parse/sync';
import { csvRecord, withoutFormula } from './csv-record.js';

test('text that a spreadsheet would evaluate gets an apostrophe, and no other text', () => {
  for (const text of ['=1', '+1', '-1', '@a', ' =1', '\t=1', '\ta', '\ra', '\na', '\n =1', '＝1', '＠a'])
    expect(withoutFormula(text)).toBe(`'${text}`);
  for (const text of ['', 'a=1', '1-2', 'a@b', ' a', "'=1", 'Müller'])
    expect(withoutFormula(text)).toBe(text);
});

test('a parser reads every record as it was', () => {
  const records = [
    [
      'plain',
      '',
      'with, comma',
      'with "quotes"',
      'two\nlines',
      'two\r\nlines',
      'a\rb',
      ' spaces ',
      '"',
      'é😀',
    ],
    Array<string>(10).fill(''),
  ];
  for (const endOfLine of ['\n', '\r\n'] as const) {
    const text = records.map((record) => csvRecord(record, endOfLine)).join('');
    expect(parse(text, { record_delimiter: endOfLine })).toEqual(records);
  }
});
