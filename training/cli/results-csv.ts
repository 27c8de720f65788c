import { parse } from 'csv-parse';
import { type FileHandle, open } from 'node:fs/promises';
import { csvRecord, withoutFormula } from '../../server/csv-record.js';

/** The columns of a results file in which each image has one line, in their order. */
export const RESULT_COLUMNS = [
  'file',
  'outcome',
  'label',
  'confidence',
  'probability',
  'outOfDistributionScore',
  'warnings',
  'version',
  'sha256',
  'error',
  'cellType',
] as const;

/**
 * Further columns, at the end, of a results file in which each cell of a field has a line: the number of the cell in its picture
 * from 1, the number of cells found in the picture, and the box of the cell in pixels of the upright image.
 */
export const CELL_COLUMNS = [
  'cell',
  'cells',
  'regionLeft',
  'regionTop',
  'regionWidth',
  'regionHeight',
] as const;

/** The outcome of a file that is not an image; its error says what it is. */
export const SKIPPED = 'SKIPPED';
/** The outcome of a cell of a field that was found but not classified; its error says why. */
export const LEFT_OUT = 'LEFT_OUT';
/** The outcome of a field in which no cell was found. */
export const NO_CELL = 'NO_CELL';

type Column = (typeof RESULT_COLUMNS)[number] | (typeof CELL_COLUMNS)[number];

/** One line: the result for one file, or for one cell of it. Fields that do not apply are ''. */
export type ResultRow = Record<Column, string>;

/** The output file contains something other than these results; `message` says what would be right. */
export class ResultsFileError extends Error {}

/**
 * Encodes a field. Control characters become their symbols (␊ for a line feed), so that every record is one line. A field
 * that a spreadsheet would evaluate as a formula gets a leading apostrophe.
 */
export function fieldOf(text: string): string {
  const visible = text.replace(/[\u0000-\u001f\u007f]/g, (character) =>
    String.fromCharCode(character === '\u007f' ? 0x2421 : 0x2400 + character.charCodeAt(0)),
  );
  return withoutFormula(visible);
}

const lineOf = (fields: readonly string[]) => csvRecord(fields, '\n');

/** A results file that is being written, and its lines when it was opened. */
export interface ResultsFile {
  /** How many files have each outcome; '' counts those with an error. */
  readonly tally: Map<string, number>;
  /** Whether there is a line about this file. */
  has(file: string): boolean;
  /** Adds whole lines, with one write. The lines of a file must be added together. */
  append(rows: readonly ResultRow[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens or creates a results file. Removes an incomplete last line, and the lines of a field of which some are missing, which a
 * crash can leave.
 * @param version the value of the version column; a file with lines of another version is refused
 * @param withCells whether the file has the columns for the cells of fields; a file of the other kind is refused
 * @throws ResultsFileError for a file that is not a results file of this kind, or has lines of another version
 */
export async function openResults(
  path: string,
  { version, withCells }: { version: string; withCells: boolean },
): Promise<ResultsFile> {
  const columns: readonly Column[] = withCells ? [...RESULT_COLUMNS, ...CELL_COLUMNS] : RESULT_COLUMNS;
  const file = await open(path, 'a+');
  try {
    await file.truncate(await endOfLastLine(file));
    const tally = new Map<string, number>();
    const files = new Set<string>();
    const count = ({ outcome }: Pick<ResultRow, 'outcome'>) =>
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1);

    const { size } = await file.stat();
    if (size === 0) await file.appendFile(lineOf(columns));
    else {
      for await (const { rows, start } of filesOf(rowsOf(file, path, columns))) {
        const [first] = rows;
        if (first.version !== fieldOf(version)) {
          throw new ResultsFileError(
            `${path} has results of another version of the model. Choose another --out, or the same --model.`,
          );
        }
        if (rows.length < Number(first.cells)) {
          await file.truncate(start); // these are the last lines
          break;
        }
        files.add(first.file);
        rows.forEach(count);
      }
    }
    return {
      tally,
      has: (name) => files.has(fieldOf(name)),
      append: async (rows) => {
        await file.appendFile(
          rows.map((row) => lineOf(columns.map((column) => fieldOf(row[column])))).join(''),
        );
        rows.forEach(count);
      },
      close: async () => {
        await file.sync();
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const BLOCK = 65_536;

async function endOfLastLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const block = Buffer.alloc(BLOCK);
  for (let end = size; end > 0; end -= BLOCK) {
    const begin = Math.max(0, end - BLOCK);
    const { bytesRead } = await file.read(block, 0, end - begin, begin);
    const newline = block.subarray(0, bytesRead).lastIndexOf('\n');
    if (newline >= 0) return begin + newline + 1;
  }
  return 0;
}

/** A line of a results file, and where it starts, in bytes. */
interface Line {
  row: ResultRow;
  start: number;
}

async function* rowsOf(file: FileHandle, path: string, columns: readonly Column[]): AsyncGenerator<Line> {
  const text = file.createReadStream({ start: 0, autoClose: false });
  const records: AsyncIterable<{ record: string[]; info: { bytes: number } }> = text.pipe(
    parse({ relax_column_count: true, info: true }),
  );
  let start = 0;
  for await (const { record, info } of records) {
    if (start === 0) checkHeader(path, record.join(), columns);
    else {
      if (record.length !== columns.length) throw notResults(path);
      const fields = columns.map((column, index) => [column, record[index] ?? ''] as const);
      yield { row: { ...NOTHING, ...Object.fromEntries(fields) }, start };
    }
    start = info.bytes;
  }
}

/** A line in which no field applies. */
export const NOTHING: ResultRow = {
  ...{ file: '', outcome: '', label: '', confidence: '', probability: '', outOfDistributionScore: '' },
  ...{ warnings: '', version: '', sha256: '', error: '', cellType: '' },
  ...{ cell: '', cells: '', regionLeft: '', regionTop: '', regionWidth: '', regionHeight: '' },
};

/** The lines of each file together. */
async function* filesOf(
  lines: AsyncIterable<Line>,
): AsyncGenerator<{ rows: [ResultRow, ...ResultRow[]]; start: number }> {
  let current: { rows: [ResultRow, ...ResultRow[]]; start: number } | null = null;
  for await (const { row, start } of lines) {
    if (current && current.rows[0].file === row.file) current.rows.push(row);
    else {
      if (current) yield current;
      current = { rows: [row], start };
    }
  }
  if (current) yield current;
}

function checkHeader(path: string, header: string, columns: readonly Column[]): void {
  if (header === columns.join()) return;
  if (header === RESULT_COLUMNS.join()) {
    throw new ResultsFileError(
      `${path} was written without --fields or --automatic. Choose another --out, or leave the option out.`,
    );
  }
  if (header === [...RESULT_COLUMNS, ...CELL_COLUMNS].join()) {
    throw new ResultsFileError(
      `${path} was written with --fields or --automatic. Choose another --out, or add the same option.`,
    );
  }
  const withoutCellType = RESULT_COLUMNS.filter((column) => column !== 'cellType');
  if (header === withoutCellType.join()) {
    throw new ResultsFileError(
      `${path} was written by an earlier release, without the column cellType. Choose another --out.`,
    );
  }
  throw notResults(path);
}

function notResults(path: string): ResultsFileError {
  return new ResultsFileError(`${path} is not a results file of this command. Choose another --out.`);
}
