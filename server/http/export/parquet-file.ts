import { type ColumnSource, ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { Column } from './export-file.js';

/** Rows of a row group. Larger groups would pack a little better, but encoding one takes the event loop about 60 ms. */
const ROW_GROUP = 1_000;

/**
 * A Parquet file with the columns' types, compressed with Snappy. Its index is at the end, so that a file that was cut off cannot
 * be read.
 */
export async function* parquetOf<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<Row[]>,
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: schemaFromColumnData({ columnData: dataOf(columns, []) }),
    createdBy: 'Cytograph',
  });
  let group: Row[] = [];
  for await (const rows of pages) {
    group.push(...rows);
    if (group.length < ROW_GROUP) continue;
    await writeGroup(group);
    group = [];
    yield takeFrom(writer);
  }
  if (group.length > 0) await writeGroup(group);
  await file.finish();
  yield takeFrom(writer);

  async function writeGroup(rows: readonly Row[]): Promise<void> {
    await file.write({ columnData: dataOf(columns, rows), rowGroupSize: rows.length });
  }
}

function dataOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): ColumnSource[] {
  return columns.map(({ name, type, valueOf }) => ({ name, type, nullable: true, data: rows.map(valueOf) }));
}

/** What was written since the last time. Positions in the file continue to count from its beginning. */
function takeFrom(writer: ByteWriter): Uint8Array {
  const bytes = Uint8Array.from(writer.getBytes());
  writer.index = 0;
  return bytes;
}
