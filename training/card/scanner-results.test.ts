import { evaluate, type Scored } from '../../evaluation/measure-scores.js';
import { scannerTable, selectiveError } from './scanner-results.js';

const scored = (isPositive: boolean, probability: number, abstained = false): Scored => ({
  isPositive,
  probability,
  calledPositive: probability >= 0.5,
  abstained,
  group: `patient ${Math.round(probability * 10)}`,
});
const answers = [
  scored(true, 0.9),
  scored(true, 0.4),
  scored(true, 0.45, true),
  scored(false, 0.1),
  scored(false, 0.2),
];

it('counts the wrong answers among those not withheld', () => {
  expect(selectiveError(answers)).toBe(1 / 4);
  expect(selectiveError(answers.filter(({ abstained }) => abstained))).toBeNull();
});

it('shows the performance of a recipe, with intervals for the original images', () => {
  const metrics = evaluate(answers, { classes: ['normal', 'blast'], seed: 1 });
  const results = [null, 'pale stain'].map((scanner) => ({ scanner, metrics, selectiveError: 0.25 }));
  const lines = scannerTable(results).split('\n');
  expect(lines.at(-2)).toMatch(
    /^\| as they are \| 1\.0000 \(1\.0000–1\.0000\) \| 0\.6667 \(.*\| 0\.8000 \| 0\.2500 \|$/,
  );
  expect(lines.at(-1)).toMatch(
    /^\| pale stain \| 1\.0000 \| 0\.6667 \| 0\.3333 \| 1\.0000 \|.*\| 0\.2500 \|$/,
  );
});
