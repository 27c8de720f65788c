import { compareFigures, replicatesFor } from './compare-figures.js';
import { selectiveError } from './describe-scores.js';
import { evaluate, type Scored } from './measure-scores.js';

const GROUPS = 12;

/** 240 cells of 12 patients. The noise differs between patients much more than between versions. */
function answers(shift: number): Scored[] {
  return Array.from({ length: 240 }, (_, index): Scored => {
    const patient = index % GROUPS;
    const isPositive = index % 2 === 0;
    const centre = isPositive ? 0.65 - shift : 0.35 + shift;
    const noise = 0.3 * Math.sin(patient * 7) + 0.2 * Math.sin(index * 13);
    const probability = Math.min(0.99, Math.max(0.01, centre + noise));
    return {
      isPositive,
      probability,
      calledPositive: probability >= 0.5,
      abstained: probability > 0.45 && probability < 0.55,
      group: `patient ${patient}`,
    };
  });
}

const classes = ['normal', 'blast'] as const;

test('gives the figures of two evaluations, and their differences', async () => {
  const [base, worse] = [answers(0), answers(0.08)];
  const { figures, differences } = await compareFigures([base, worse], { replicates: 50 });
  const [a, b] = [evaluate(base, { classes, seed: 1 }), evaluate(worse, { classes, seed: 1 })];
  for (const name of ['auc', 'sensitivity', 'specificity', 'balancedAccuracy'] as const)
    expect(differences[0]?.[name]?.estimate).toBeCloseTo(
      (b[name]?.estimate ?? NaN) - (a[name]?.estimate ?? NaN),
      12,
    );
  expect(figures.map(({ brierScore }) => brierScore?.estimate)).toEqual(
    [a, b].map(({ brierScore }) => expect.closeTo(brierScore ?? NaN, 12)),
  );
  expect(figures.map((each) => each.selectiveError?.estimate)).toEqual(
    [base, worse].map((each) => expect.closeTo(selectiveError(each) ?? NaN, 12)),
  );
  for (const name of ['expectedCalibrationError', 'brierScore'] as const)
    expect(differences[0]?.[name]?.estimate).toBeCloseTo((b[name] ?? NaN) - (a[name] ?? NaN), 12);
  expect(differences[0]?.coverage?.estimate).toBeCloseTo(
    (a.abstentionRate ?? NaN) - (b.abstentionRate ?? NaN),
    12,
  );
});

test('is narrower than the intervals of the two versions, because both are measured on the same patients', async () => {
  const [base, worse] = [answers(0), answers(0.04)];
  const { differences } = await compareFigures([base, worse], { replicates: 300 });
  const { auc } = evaluate(base, { classes, seed: 1, replicates: 300 });
  const paired = differences[0]?.auc;
  if (!paired || !auc) throw new Error('There is no AUC.');
  expect(paired.upper).toBeLessThan(0);
  expect(paired.upper - paired.lower).toBeLessThan((auc.upper - auc.lower) / 2);
  expect((await compareFigures([base, worse], { replicates: 300 })).differences).toEqual(differences);
});

test('a version does not differ from itself, and each further version is compared with the first', async () => {
  const [base, worse] = [answers(0), answers(0.04)];
  const [same, other] = (await compareFigures([base, base, worse], { replicates: 20 })).differences;
  expect(same?.auc).toEqual({ estimate: 0, lower: 0, upper: 0 });
  expect((await compareFigures([base, worse], { replicates: 20 })).differences).toEqual([other]);
});

test('is null for figures that need both classes, and refuses answers for different images', async () => {
  const negatives = answers(0).filter(({ isPositive }) => !isPositive);
  const { differences } = await compareFigures([negatives, negatives], { replicates: 5 });
  expect(differences[0]).toMatchObject({ auc: null, sensitivity: null, specificity: { estimate: 0 } });
  await expect(compareFigures([negatives, negatives.slice(1)])).rejects.toThrow('different images');
  expect(await compareFigures([])).toEqual({ figures: [], differences: [] });
});

test('draws fewer samples of many images', () => {
  expect(replicatesFor(10_000, 2)).toBe(1000);
  expect(replicatesFor(10_000, 4)).toBe(500);
  expect(replicatesFor(1_000_000, 6)).toBe(200);
});
