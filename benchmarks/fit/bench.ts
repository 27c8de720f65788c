// How fits to a few cells of an unknown scanner compare with their base version. Each member of the version is a base, which was trained
// without the patients that it held out; these are seen through scanners that it was neither trained nor calibrated on (further-scanners.ts).
// n cells of 1, 3 or 10 of these patients are fitted, and the figures are of the other patients of the member and the same scanner.
//   node scripts/run.mjs benchmarks/fit/bench --scores FOLDER [--model models/reference] [--draws 200] [--out FILE]
// --scores  what benchmarks/fit/score-scanners has recorded
// --out     also writes the figures as JSON
// Prints one row for each number of cells and patients; docs/fitting.md has the figures.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Manifest } from '../../server/artifact/manifest.js';
import { randomFrom, shuffle, type Random } from '../../server/imaging/seeded-random.js';
import { quantile } from '../../evaluation/measure-scores.js';
import { FEWEST_OF_CLASS } from '../../server/features/fitting/cells-problem.js';
import { fitRules } from '../../training/fit/fit-rules.js';
import type { LocalCell } from '../../training/fit/local-cell.js';
import { type AnswerFigures, figuresOf } from './answer-figures.js';
import { FURTHER_SCANNERS } from './further-scanners.js';
import { type MemberVersion, readHeldOutScores } from './held-out-scores.js';

const CELLS = [10, 20, 50, 100, 200];
const PATIENTS = [1, 3, 10];
/** Balanced accuracy may be this much below that of the base. */
const MARGIN = 0.01;

const { values } = parseArgs({
  options: {
    scores: { type: 'string' },
    model: { type: 'string', default: 'models/reference' },
    draws: { type: 'string', default: '200' },
    out: { type: 'string' },
  },
});
if (!values.scores) throw new Error('--scores is required.');
const manifest = Manifest.parse(JSON.parse(await readFile(join(values.model, 'manifest.json'), 'utf8')));
const versions = await readHeldOutScores(values.scores, manifest);

interface Draw {
  scanner: string;
  before: AnswerFigures;
  after: AnswerFigures;
}

const rows: { kinds: string; patients: number; cells: number; draws: Draw[] }[] = [];
console.log(
  '| cells | patients | draws | balanced accuracy | below the base by > 0.01 | ECE | coverage at 2 % error | sensitivity | specificity | coverage | selective error |',
);
console.log('| ---: | ---: | ---: | --- | ---: | --- | --- | --- | --- | --- | --- |');
await report('all kinds', () => true);
console.log('\nOnly blasts and segmented neutrophils, as many of each, in the fitted and the other cells:\n');
await report(
  'blasts and segmented neutrophils',
  ({ isPositive, cellTypeLabel }) => isPositive || cellTypeLabel === 'neutrophil_seg',
);
if (values.out) await writeFile(values.out, `${JSON.stringify(rows, null, 2)}\n`);

async function report(kinds: string, isUsed: (cell: LocalCell) => boolean): Promise<void> {
  const isPair = kinds !== 'all kinds';
  for (const patients of PATIENTS) {
    for (const cells of CELLS) {
      const draws: Draw[] = [];
      for (
        let number = 0;
        draws.length < Number(values.draws) && number < 100 * Number(values.draws);
        number++
      ) {
        const random = randomFrom('fit benchmark', kinds, patients, cells, number);
        const version = versions[number % versions.length];
        const scanner =
          FURTHER_SCANNERS[Math.floor(number / versions.length) % FURTHER_SCANNERS.length]?.name ?? '';
        const drawn = version && (await draw(version, scanner, { cells, patients, isPair, isUsed }, random));
        if (drawn) draws.push({ scanner, ...drawn });
      }
      if (draws.length === 0) continue;
      rows.push({ kinds, patients, cells, draws });
      console.log(row(patients, cells, draws));
    }
  }
}

interface Sample {
  cells: number;
  patients: number;
  /** As many positives as negatives. */
  isPair: boolean;
  isUsed: (cell: LocalCell) => boolean;
}

/** Null if the drawn patients do not have enough cells. */
async function draw(
  version: MemberVersion,
  scanner: string,
  sample: Sample,
  random: Random,
): Promise<Omit<Draw, 'scanner'> | null> {
  const all = (version.cellsBy.get(scanner) ?? []).filter(sample.isUsed);
  const patients = shuffle([...new Set(all.map(({ group }) => group))], random);
  const chosen = new Set(patients.slice(0, sample.patients));
  const others = balanced(
    shuffle(
      all.filter(({ group }) => !chosen.has(group)),
      random,
    ),
    sample.isPair,
  );
  const fitted = balanced(
    shuffle(
      all.filter(({ group }) => chosen.has(group)),
      random,
    ),
    sample.isPair,
  ).slice(0, sample.cells);
  const positives = fitted.filter(({ isPositive }) => isPositive).length;
  if (fitted.length < sample.cells || Math.min(positives, fitted.length - positives) < FEWEST_OF_CLASS)
    return null;
  const { rules } = fitRules(version.base, fitted);
  return { before: await figuresOf(version.base, others), after: await figuresOf(rules, others) };
}

/** Positives and negatives in turn, as many of each; or the cells as they are. */
function balanced(cells: LocalCell[], isPair: boolean): LocalCell[] {
  if (!isPair) return cells;
  const positives = cells.filter(({ isPositive }) => isPositive);
  const negatives = cells.filter(({ isPositive }) => !isPositive);
  return positives
    .slice(0, negatives.length)
    .flatMap((cell, index) => [cell, ...negatives.slice(index, index + 1)]);
}

function row(patients: number, cells: number, draws: readonly Draw[]): string {
  const below = draws.filter(
    ({ before, after }) => after.balancedAccuracy < before.balancedAccuracy - MARGIN,
  ).length;
  const spread = (of: (figures: AnswerFigures) => number) => {
    const sorted = (side: 'before' | 'after') => draws.map((each) => of(each[side])).sort((a, b) => a - b);
    const [before, after] = [sorted('before'), sorted('after')];
    const at = (list: number[], share: number) => (quantile(list, share) ?? NaN).toFixed(3);
    return `${at(before, 0.5)} → ${at(after, 0.5)} (${at(after, 0.025)}–${at(after, 0.975)})`;
  };
  const columns = [
    String(cells),
    String(patients),
    String(draws.length),
    spread(({ balancedAccuracy }) => balancedAccuracy),
    `${((100 * below) / draws.length).toFixed(1)} %`,
    spread(({ calibrationError }) => calibrationError),
    spread(({ coverageAtError }) => coverageAtError),
    spread(({ sensitivity }) => sensitivity),
    spread(({ specificity }) => specificity),
    spread(({ coverage }) => coverage),
    spread(({ selectiveError }) => selectiveError),
  ];
  return `| ${columns.join(' | ')} |`;
}
