// Runs a compiled program after a set-up: node scripts/run.mjs training/cli/train [arguments]
// The set-up writes to standard error, because standard output belongs to the program.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installTensorFlow } from './install-tensorflow.mjs';
import { createProgress, explain } from './progress.mjs';
import { setUp } from './setup.mjs';

const TRAINS = ['worker/main', 'training/cli/train', 'training/cli/evaluate'];

const [name, ...args] = process.argv.slice(2);
if (!name) {
  console.error(
    'Usage: node scripts/run.mjs PROGRAM [ARGUMENTS], for example: training/cli/demo-cells ./cells',
  );
  process.exit(1);
}
const program = fileURLToPath(new URL(path.join('../dist', `${name}.js`), import.meta.url));

process.setSourceMapsEnabled(true);
const progress = createProgress(process.stderr);
try {
  await setUp({ web: 'none', progress });
} catch (error) {
  explain(error);
  process.exit(1);
}
// Without TensorFlow a worker can still ingest, and the program itself reports that it cannot train.
if (TRAINS.includes(name)) await installTensorFlow({ progress }).catch(explain);

process.argv = [process.execPath, program, ...args];
await import(pathToFileURL(program).href);
