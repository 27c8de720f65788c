import { parseArgs } from 'node:util';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';

const usage = 'npm run demo:cells -- FOLDER [--count N] [--seed S]';

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name} must be a whole number, not '${text}'.`);
  return value;
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '240' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [folder, ...others] = positionals;
  if (!folder || others.length > 0) throw new Error('Give one folder to write to.');
  const count = wholeNumber('count', values.count);
  await writeDemoCells(folder, { count, seed: wholeNumber('seed', values.seed) });
  process.stdout.write(`Drew ${count} cells below ${folder}, with their patients in groups.csv.\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}\n`);
  process.exitCode = 1;
}
