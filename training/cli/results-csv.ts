import { parse } from 'csv-parse';
import { type FileHandle, open } from 'node:fs/promises';
import { csvRecord, withoutFormula } from '../../server/csv-record.js';

/** The columns of a results file, in their order. */
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
] as const;

/** The outcome of a file that is not an image; its error says what it is. */
export const SKIPPED = 'SKIPPED';

/** One line: the result for one file. Fields that do not apply are ''. */
export type ResultRow = Record<(typeof RESULT_COLUMNS)[number], string>;

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
  /** Adds whole lines, with one write. */
  append(rows: readonly ResultRow[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens or creates a results file. Removes an incomplete last line, which a crash can leave.
 * @param version the value of the version column; a file with lines of another version is refused
 * @throws ResultsFileError for a file that is not a results file, or has lines of another version
 */
export async function openResults(path: string, version: string): Promise<ResultsFile> {
  const file = await open(path, 'a+');
  try {
    await file.truncate(await endOfLastLine(file));
    const tally = new Map<string, number>();
    const files = new Set<string>();
    const count = ({ outcome }: Pick<ResultRow, 'outcome'>) =>
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1);

    const { size } = await file.stat();
    if (size === 0) await file.appendFile(lineOf(RESULT_COLUMNS));
    else {
      for await (const row of rowsOf(file, path)) {
        if (row.version !== fieldOf(version)) {
          throw new ResultsFileError(
            `${path} has results of another version of the model. Choose another --out, or the same --model.`,
          );
        }
        files.add(row.file);
        count(row);
      }
    }
    return {
      tally,
      has: (name) => files.has(fieldOf(name)),
      append: async (rows) => {
        await file.appendFile(
          rows.map((row) => lineOf(RESULT_COLUMNS.map((column) => fieldOf(row[column])))).join(''),
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

async function* rowsOf(file: FileHandle, path: string): AsyncGenerator<ResultRow> {
  const text = file.createReadStream({ start: 0, autoClose: false });
  const records: AsyncIterable<string[]> = text.pipe(parse({ relax_column_count: true }));
  let isHeader = true;
  for await (const record of records) {
    if (record.length !== RESULT_COLUMNS.length || (isHeader && record.join() !== RESULT_COLUMNS.join())) {
      throw new ResultsFileError(`${path} is not a results file of this command. Choose another --out.`);
    }
    const [file = '', outcome = '', label = '', confidence = '', probability = ''] = record;
    const [outOfDistributionScore = '', warnings = '', version = '', sha256 = '', error = ''] =
      record.slice(5);
    const answer = { outcome, label, confidence, probability, outOfDistributionScore, warnings };
    if (!isHeader) yield { file, ...answer, version, sha256, error };
    isHeader = false;
  }
}
