import { parse } from 'csv-parse/sync';

export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

/** One row of a groups CSV. */
export interface GroupsRow {
  /** The file as the CSV names it: a key below the source, or a bare file name. */
  file: string;
  group: string | null;
  /** As written; {@link readSplit} says what it means. */
  split: string | null;
  /** How many files of the source it has been found to speak of. */
  fileCount: number;
}

/** The groups CSV cannot be used at all; `message` says why, and what would be right. */
export class GroupsCsvError extends Error {
  override readonly name = 'GroupsCsvError';
}

/** Names of the columns, in the order in which they are looked for; capitals make no difference. */
const columns = {
  file: ['file', 'key', 'path', 'image'],
  group: ['patient', 'group', 'slide'],
  split: ['split'],
};

/** What the groups CSV says, by file. */
export interface GroupsTable {
  rows: GroupsRow[];
  /** The row that speaks of the object with this key, if any: by its whole key, else by its bare file name. */
  find(key: string): GroupsRow | null;
}

/**
 * Reads a groups CSV: UTF-8, a header line, then one line a file; separated by commas, semicolons or tabs. Other columns
 * than those of file, group and split are ignored. Throws {@link GroupsCsvError}.
 */
export function readGroupsCsv(bytes: Uint8Array): GroupsTable {
  const [header, ...records] = parseRecords(bytes);
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
    const group = record[groupColumn]?.trim() || null;
    const split = (splitColumn >= 0 && record[splitColumn]?.trim()) || null;
    const known = rowOf.get(file);
    if (known && (known.group !== group || known.split !== split)) {
      throw new GroupsCsvError(
        `The groups CSV contradicts itself: '${file}' is of ${described(known)} in one line and of ${described({ group, split })} in another.`,
      );
    }
    if (!known) rowOf.set(file, { file, group, split, fileCount: 0 });
  }
  return {
    rows: [...rowOf.values()],
    find: (key) => rowOf.get(key) ?? rowOf.get(key.slice(key.lastIndexOf('/') + 1)) ?? null,
  };
}

/** The split that a CSV's word means; null when it is none of the known words. */
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

function parseRecords(bytes: Uint8Array): string[][] {
  const firstLine = new TextDecoder().decode(bytes.subarray(0, 4096)).split('\n', 1)[0] ?? '';
  const occurrences = (separator: string) => firstLine.split(separator).length;
  const separators = [',', ';', '\t'].sort((a, b) => occurrences(b) - occurrences(a));
  try {
    return parse(bytes, { bom: true, delimiter: separators[0], skip_empty_lines: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GroupsCsvError(`The groups CSV cannot be read as CSV: ${reason}.`);
  }
}

function columnOf(names: string[], wanted: string[], example: string): number {
  const found = wanted.find((name) => names.includes(name));
  if (found !== undefined) return names.indexOf(found);
  throw new GroupsCsvError(
    `The groups CSV has no column named ${wanted.join(' or ')}, only: ${names.join(', ')}. Name one of them '${example}'.`,
  );
}

/** './a\b.jpg', '/a/b.jpg' → 'a/b.jpg': the key that is meant. */
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
