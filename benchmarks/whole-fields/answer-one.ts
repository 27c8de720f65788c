// Classifies the cells of one picture, and prints time and memory as JSON. Started by bench.ts.
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { openInferencePool } from '../../server/inference/pool.js';
import { MOST_CELLS } from '../../server/pixels/field-cells.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';

const [file = ''] = process.argv.slice(2);
const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };
const { manifest, onnx } = await readArtifact(openObjectStore('file:models/reference', noS3), '', null);
const pool = openInferencePool({ threads: 1, queueLimit: MOST_CELLS, log: pino({ level: 'silent' }) });
await pool.load('version', manifest, onnx);
const bytes = await readFile(file);
const before = process.memoryUsage.rss();

const start = performance.now();
const field = await pool.reserve('version').prepareField(bytes, null);
const prepared = performance.now();
await Promise.all(field.cells.map(({ image }) => pool.reserve('version').inferCell(image)));
const answered = performance.now();
await pool.close();

const { width, height } = field.image;
const size = 3 * manifest.preprocessing.inputSize ** 2;
console.log(
  JSON.stringify({
    ...{ cells: field.cells.length, leftOut: field.leftOut.length, warnings: field.qualityWarnings },
    ...{ prepareMs: prepared - start, answerMs: answered - prepared },
    peakBytes: process.resourceUsage().maxRSS * 1024 - before,
    boundBytes: 12 * width * height + size * field.cells.length,
  }),
);
