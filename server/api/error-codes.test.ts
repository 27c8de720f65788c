import { readFile } from 'node:fs/promises';
import { ErrorCode, errorCodes, isErrorCode } from './error-codes.js';

/** The cells of each row of the table of codes in docs/errors.md. */
async function documentedRows(): Promise<string[][]> {
  const text = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('## Codes'));
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('docs/errors.md describes every code as the list does', async () => {
  const expected = Object.entries(errorCodes).map(([code, { status, meaning, remedy, retry }]) => [
    `\`${code}\``,
    code === 'OVERLOADED' ? '429 or 503' : String(status), // see `overloaded`
    ...[meaning, remedy, retry === 'later' ? 'yes' : 'no'],
  ]);
  expect(await documentedRows()).toEqual(expected);
});

test('only the listed codes are codes', () => {
  expect(Object.values(ErrorCode).filter((code) => !isErrorCode(code))).toEqual([]);
  for (const other of ['SECRET', 'toString', '', undefined, 401]) expect(isErrorCode(other)).toBe(false);
});
