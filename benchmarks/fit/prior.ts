// How far the calibrations of simulated scanners differ from the calibration of a version: what the prior of a fit rests on
// (training/fit/fit-calibration.ts). For each member and scanner, the slope and intercept on all patients that the member held out.
//   node scripts/run.mjs benchmarks/fit/prior --scores FOLDER [--model models/reference]
// --scores  what benchmarks/fit/score-scanners has recorded
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Manifest } from '../../server/artifact/manifest.js';
import { fitSigmoid } from '../../training/calibration/fit-sigmoid.js';
import type { LocalCell } from '../../training/fit/local-cell.js';
import { SIMULATED_SCANNERS } from '../../training/dataset/simulated-scanners.js';
import { FURTHER_SCANNERS } from './further-scanners.js';
import { readHeldOutScores } from './held-out-scores.js';

const { values } = parseArgs({
  options: { scores: { type: 'string' }, model: { type: 'string', default: 'models/reference' } },
});
if (!values.scores) throw new Error('--scores is required.');
const manifest = Manifest.parse(JSON.parse(await readFile(join(values.model, 'manifest.json'), 'utf8')));
const versions = await readHeldOutScores(values.scores, manifest);
const { slope, intercept } = manifest.calibration;

const lineOf = (cells: readonly LocalCell[]) =>
  fitSigmoid(
    cells.map(({ logit }) => slope * logit + intercept),
    cells.map(({ isPositive }) => Number(isPositive)),
    { start: { slope: 1, intercept: 0 } },
  );

for (const [title, scanners] of [
  ['simulated scanners of the training', SIMULATED_SCANNERS],
  ['further scanners', FURTHER_SCANNERS],
] as const) {
  const lines = scanners.flatMap(({ name }) =>
    versions.map(({ cellsBy }) => ({
      line: lineOf(cellsBy.get(name) ?? []),
      unchanged: lineOf(cellsBy.get('as they are') ?? []),
    })),
  );
  const spread = (of: (each: (typeof lines)[number]) => number) =>
    Math.sqrt(lines.reduce((sum, each) => sum + of(each) ** 2, 0) / lines.length).toFixed(2);
  console.log(`${title}, root mean square of ${lines.length} deviations`);
  console.log(
    `  from the calibration of the version: slope ${spread(({ line }) => line.slope - 1)}, intercept ${spread(({ line }) => line.intercept)}`,
  );
  console.log(
    `  from the unchanged images of the same patients: slope ${spread(({ line, unchanged }) => line.slope / unchanged.slope - 1)}, intercept ${spread(({ line, unchanged }) => line.intercept - unchanged.intercept)}`,
  );
}
