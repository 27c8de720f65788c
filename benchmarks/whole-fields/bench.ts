// Time and memory for classifying whole fields of up to 40 megapixels with the bundled version, on one inference thread:
//   node scripts/run.mjs benchmarks/whole-fields/bench
// Each picture is drawn, stored as a JPEG, and answered by a separate process: that process's memory when the version is loaded is subtracted
// from its peak. The bound is that of docs/limits.md: 12 bytes for each pixel, and 3 · S² bytes for each cell.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { jpegOf, PICTURES, type PictureName } from './pictures.js';

const RUN = fileURLToPath(new URL('answer-one.js', import.meta.url));

const Measured = z.object({
  cells: z.number(),
  leftOut: z.number(),
  warnings: z.array(z.string()),
  prepareMs: z.number(),
  answerMs: z.number(),
  peakBytes: z.number(),
  boundBytes: z.number(),
});

const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-whole-fields-'));
try {
  const rows: Record<string, Record<string, string | number>> = {};
  for (const name of Object.keys(PICTURES) as PictureName[]) {
    const bytes = await jpegOf(name);
    const file = path.join(folder, 'picture.jpg');
    await writeFile(file, bytes);
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, file]);
    const measured = Measured.parse(JSON.parse(stdout));
    rows[name] = {
      'file (MB)': round(bytes.length / 1e6),
      'find and prepare (s)': round(measured.prepareMs / 1e3),
      'classify (s)': round(measured.answerMs / 1e3),
      'cells / left out': `${measured.cells} / ${measured.leftOut}`,
      'peak (MB)': Math.round(measured.peakBytes / 1e6),
      'bound (MB)': Math.round(measured.boundBytes / 1e6),
      warnings: measured.warnings.join(' '),
    };
  }
  console.table(rows);
} finally {
  await rm(folder, { recursive: true });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
