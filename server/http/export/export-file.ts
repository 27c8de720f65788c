import type { Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { csvRecord, withoutFormula } from '../../csv-record.js';
import { parquetOf } from './parquet-file.js';

/** What a column of an export can hold. JSON is for lists and objects. */
export type ColumnType = 'STRING' | 'TIMESTAMP' | 'DOUBLE' | 'INT32' | 'BOOLEAN' | 'JSON';

/** One column of an export. A value that is missing is null. */
export interface Column<Row> {
  name: string;
  type: ColumnType;
  valueOf: (row: Row) => unknown;
}

export const formats = ['csv', 'jsonl', 'parquet'] as const;
export type Format = (typeof formats)[number];

const mediaTypes: Record<Format, string> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/jsonl',
  parquet: 'application/vnd.apache.parquet',
};

/** Pages of rows as a file. Memory holds one page, or one row group of a Parquet file. */
export interface ExportFile<Row> {
  /** Without the ending. */
  name: string;
  format: Format;
  columns: readonly Column<Row>[];
  pages: AsyncIterable<Row[]>;
  /** Whether the file continues one that was cut off, so that it has no header line. */
  isContinued?: boolean;
}

/**
 * Sends a file as fast as the client reads it. The trailer Export-Rows-Sent has the number of rows, and is missing if the file is cut off.
 * A failure after the first byte closes the connection without the end of the file, so that every client notices it.
 */
export async function sendExport<Row>(response: Response, log: Logger, file: ExportFile<Row>): Promise<void> {
  const { name, format, columns, isContinued = false } = file;
  response.set({
    'Content-Type': mediaTypes[format],
    'Content-Disposition': `attachment; filename="${name}.${format}"`,
    'Cache-Control': 'no-store',
  });
  const { method, httpVersion } = response.req;
  if (method === 'HEAD') return void response.end();
  if (httpVersion !== '1.0') response.set('Trailer', 'Export-Rows-Sent'); // HTTP/1.0 has no trailers
  let sent = 0;
  const pages = (async function* () {
    for await (const rows of file.pages) {
      if (rows.length > 0) yield rows;
      sent += rows.length;
    }
  })();
  const bytes = (async function* () {
    try {
      if (format === 'csv') yield* csvOf(columns, pages, isContinued);
      else if (format === 'jsonl') yield* jsonLinesOf(columns, pages);
      else yield* parquetOf(columns, pages);
      response.addTrailers({ 'Export-Rows-Sent': String(sent) });
    } catch (error) {
      if (!response.destroyed) log.warn({ err: error }, 'An export was cut off'); // else by the client
      throw error;
    }
  })();
  await pipeline(Readable.from(bytes, { objectMode: false }), response);
}

async function* jsonLinesOf<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<Row[]>,
): AsyncGenerator<string> {
  for await (const rows of pages) {
    yield rows
      .map((row) => Object.fromEntries(columns.map(({ name, valueOf }) => [name, valueOf(row)])))
      .map((values) => `${JSON.stringify(values)}\n`)
      .join('');
  }
}

/** With a byte order mark, which Excel needs to read UTF-8. */
async function* csvOf<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<Row[]>,
  isContinued: boolean,
): AsyncGenerator<string> {
  if (!isContinued) yield `\uFEFF${csvRecord(columns.map(({ name }) => name))}`;
  for await (const rows of pages) {
    yield rows.map((row) => csvRecord(columns.map(({ valueOf }) => fieldOf(valueOf(row))))).join('');
  }
}

function fieldOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return withoutFormula(value);
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
}
