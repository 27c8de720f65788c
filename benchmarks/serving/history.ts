import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Part } from './report.js';

const PROGRAM = fileURLToPath(new URL('../prediction-history.js', import.meta.url));

/** Runs the benchmark of the prediction history, which prints its own table. */
export async function measureHistory(): Promise<Part> {
  const figure = 'prediction history (see its own table above)';
  if (!existsSync(PROGRAM)) return { rows: [{ figure, measured: 'its benchmark is missing' }], data: null };
  const child = spawn(process.execPath, ['--enable-source-maps', PROGRAM], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as unknown[];
  return {
    rows: [{ figure, measured: code === 0 ? 'ran' : `failed (${String(code)})`, met: code === 0 }],
    data: null,
  };
}
