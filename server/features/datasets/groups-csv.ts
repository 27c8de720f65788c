import { parse } from 'csv-parse/sync';
import { decodeText, REPLACEMENT_CHARACTER, type TextEncoding, TextEncodingError } from './decode-text.js';
import { foldName, foldPath, tidyName } from './names.js';

export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

/** One row of a groups CSV. */
export interface GroupsRow {
  /** The file as the CSV names it: a key below the source, or a bare file name. */
  file: string;
  /** The tidied group name (`tidyName`); null if the CSV marks the patient as unknown. */
  group: string | null;
  /** The group as written, without leading and trailing white space. */
  writtenGroup: string;
  /** The split as written; {@link readSplit} interprets it. */
  split: string | null;
  /** The number of files in the source that the row matches. */
  fileCount: number;
}

/** Thrown if the groups CSV cannot be used. The message gives the reason and what would be right. */
export class GroupsCsvError extends Error {
  override readonly name = 'GroupsCsvError';
}

/** The accepted column names, in order of preference. Case is ignored. */
const columns = {
  file: ['file', 'key', 'path', 'image'],
  group: ['patient', 'group', 'slide'],
  split: ['split'],
};

/** The rows of a groups CSV, which can be looked up by file. */
export interface GroupsTable {
  rows: GroupsRow[];
  encoding: TextEncoding;
  /**
   * The row for the object with this key, or null. Matches the full key first, then the bare file name; for each, the exact name
   * first, then another spelling of it (`foldName`) if only one row has it.
   */
  find(key: string): GroupsRow | null;
}

/**
 * Reads a groups CSV: a header line, then one line per file; separated by commas, semicolons or tabs; in UTF-8, UTF-16 (with a
 * byte order mark) or Windows-1252. Columns other than file, group and split are ignored. Throws {@link GroupsCsvError}.
 */
export function readGroupsCsv(bytes: Uint8Array): GroupsTable {
  const { text, encoding } = decode(bytes);
  const [header, ...records] = parseRecords(text);
  if (!header)
    throw new GroupsCsvError('The groups CSV is empty. It needs a header line such as: file,patient.');
  const names = header.map((name) => name.trim().toLowerCase());
  const fileColumn = columnOf(names, columns.file, 'file');
  const groupColumn = columnOf(names, columns.group, 'patient');
  const splitColumn = names.indexOf('split');

  const rowOf = new Map<string, GroupsRow>();
  for (const record of records) {
    const file = withoutLeadingDots(record[fileColumn] ?? '');
    if (file === '') continue;
    const writtenGroup = record[groupColumn]?.trim() ?? '';
    const group = isUnknown(writtenGroup) ? null : tidyName(writtenGroup);
    const split = (splitColumn >= 0 && record[splitColumn]?.trim()) || null;
    for (const written of [file, writtenGroup]) refuseReplacementCharacters(written);
    const known = rowOf.get(file);
    if (known && (known.group !== group || known.split !== split)) {
      throw new GroupsCsvError(
        `The groups CSV contradicts itself: '${file}' has ${described(known)} in one line and ${described({ group, split })} in another. Keep only the correct line.`,
      );
    }
    if (!known) rowOf.set(file, { file, group, writtenGroup, split, fileCount: 0 });
  }
  const rows = [...rowOf.values()];
  const rowOfFold = byFoldedFile(rows);
  const rowNamed = (file: string) => rowOf.get(file) ?? rowOfFold.get(foldPath(file)) ?? null;
  return { rows, encoding, find: (key) => rowNamed(key) ?? rowNamed(key.slice(key.lastIndexOf('/') + 1)) };
}

/** The rows by the folded names of their files; null for a name that several rows have. */
function byFoldedFile(rows: readonly GroupsRow[]): Map<string, GroupsRow | null> {
  const rowOf = new Map<string, GroupsRow | null>();
  for (const row of rows) {
    const folded = foldPath(row.file);
    rowOf.set(folded, rowOf.has(folded) ? null : row);
  }
  return rowOf;
}

/** The words that people and programs (pandas, R, Excel, DICOM exports) write for an unknown patient; folded. */
const UNKNOWN = new Set([
  'na',
  'n/a',
  'n.a.',
  'n. a.',
  '<na>',
  '#n/a',
  '#na',
  '#value!',
  '#ref!',
  '#name?',
  '#null!',
  'nan',
  '-nan',
  'nat',
  'none',
  'null',
  '<null>',
  '(null)',
  'nil',
  'undefined',
  'unknown',
  '(unknown)',
  '<unknown>',
  'unknown patient',
  'patient unknown',
  'unk',
  'not known',
  'not available',
  'not applicable',
  'missing',
  'blank',
  'empty',
  'anonymous',
  'anonymised',
  'anonymized',
  'tbd',
]);

/** Whether a group's cell marks the patient as unknown: one of the usual words, or neither letters nor digits. */
function isUnknown(written: string): boolean {
  return UNKNOWN.has(foldName(written)) || !/[\p{L}\p{N}]/u.test(written);
}

/** Two patients whose names differ only in the replaced characters would become one. */
function refuseReplacementCharacters(written: string): void {
  if (!written.includes(REPLACEMENT_CHARACTER)) return;
  throw new GroupsCsvError(
    `The groups CSV has lost characters: '${written}' contains '${REPLACEMENT_CHARACTER}', which a program inserted for a character it could not read. Export the file again from its original source as UTF-8.`,
  );
}

/** The split that a word of the CSV means; null for an unknown word. */
export function readSplit(word: string): Split | null {
  switch (word.toLowerCase()) {
    case 'train':
    case 'training':
      return 'train';
    case 'validation':
    case 'valid':
    case 'val':
      return 'validation';
    case 'test':
    case 'testing':
      return 'test';
    default:
      return null;
  }
}

function decode(bytes: Uint8Array): { text: string; encoding: TextEncoding } {
  try {
    return decodeText(bytes);
  } catch (error) {
    if (!(error instanceof TextEncodingError)) throw error;
    throw new GroupsCsvError(`The groups CSV cannot be read as text. ${error.message}`);
  }
}

function parseRecords(text: string): string[][] {
  const firstLine =
    text
      .trimStart()
      .slice(0, 4096)
      .split(/[\r\n]/, 1)[0] ?? '';
  const occurrences = (separator: string) => firstLine.split(separator).length;
  const separators = [',', ';', '\t'].sort((a, b) => occurrences(b) - occurrences(a));
  try {
    return parse(text, { delimiter: separators[0], skip_empty_lines: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GroupsCsvError(`The groups CSV cannot be read as CSV: ${reason}.`);
  }
}

function columnOf(names: string[], wanted: string[], example: string): number {
  const found = wanted.find((name) => names.includes(name));
  if (found !== undefined) return names.indexOf(found);
  throw new GroupsCsvError(
    `The groups CSV has no column named ${wanted.join(' or ')}. Its columns are: ${names.join(', ')}. Rename the right column to '${example}'.`,
  );
}

/** The key that a file name means: './a\b.jpg', '/a/b.jpg' → 'a/b.jpg'. */
function withoutLeadingDots(file: string): string {
  return file
    .trim()
    .replaceAll('\\', '/')
    .replace(/^(\.?\/)+/, '');
}

function described({ group, split }: { group: string | null; split: string | null }): string {
  return [group === null ? 'no group' : `group '${group}'`, ...(split ? [`split '${split}'`] : [])].join(
    ', ',
  );
}
