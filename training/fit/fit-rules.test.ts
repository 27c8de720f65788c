import type { CellTypes } from '../../server/decision/decision-rules.js';
import { randomFrom } from '../../server/imaging/seeded-random.js';
import { cellTypeProbabilities, cellTypeScores } from '../../server/decision/cell-types.js';
import { calibratedProbability, outOfDistributionScore } from '../../server/decision/interpret.js';
import { fitCalibration, logitOf } from './fit-calibration.js';
import { fitCellTypes } from './fit-cell-types.js';
import { fitDecisions } from './fit-decisions.js';
import { FitError } from './fit-error.js';
import { fitRules } from './fit-rules.js';
import { drawLocalCells, fitBase } from './testing.js';

const base = fitBase();
const shifted = { slope: 1.5, intercept: -4, offset: 1.5 };

describe('fitCalibration', () => {
  const calibrate = (cells: ReturnType<typeof drawLocalCells>) =>
    fitCalibration(base.calibration, 1 / 3, cells).calibration;

  it('finds the calibration of another scanner from many cells', () => {
    // With the logit x = s · t + i and t ~ N(±1.5, 1): logit P = 3 t + logit(1/3) = 3 (x − i) / s + logit(1/3).
    const { slope, intercept } = calibrate(
      drawLocalCells({ seed: 1, positives: 500, negatives: 1000, patients: null, ...shifted }),
    );
    expect(slope).toBeCloseTo(3 / 1.5, 0);
    expect(intercept / slope).toBeCloseTo(4 + Math.log(0.5) / 2, 1);
  });

  it('moves less with fewer cells', () => {
    const moves = [3, 30, 300].map((count) =>
      calibrate(drawLocalCells({ seed: 1, positives: count, negatives: count, patients: null, ...shifted })),
    );
    const [few = NaN, some = NaN, many = NaN] = moves.map(({ intercept }) => intercept);
    expect(few).toBeGreaterThan(0);
    expect(some).toBeGreaterThan(few);
    expect(many).toBeGreaterThan(some);
  });

  it('gives probabilities for the prevalence of the laboratory', () => {
    const cells = drawLocalCells({ seed: 2, positives: 400, negatives: 400, patients: null, ...shifted });
    const fewerPositives = cells.filter(({ isPositive }, index) => !isPositive || index % 10 === 0);
    for (const [own, share] of [
      [cells, 0.5],
      [fewerPositives, 1 / 11],
    ] as const) {
      const { calibration, prevalence } = fitCalibration(base.calibration, 1 / 3, own);
      expect(prevalence).toBeCloseTo(share, 1);
      expect(calibratedProbability(calibration, shifted.intercept)).toBeCloseTo(share, 1);
    }
  });

  it('counts many cells of one patient as few, so that they move the calibration less', () => {
    const of = (patients: number | null) =>
      fitCalibration(
        base.calibration,
        1 / 3,
        drawLocalCells({ seed: 1, positives: 15, negatives: 30, patients, ...shifted }),
      );
    const [one, several, unknown] = [of(1), of(5), of(null)];
    expect(one.farProbability).toBeLessThan(several.farProbability);
    expect(several.farProbability).toBeLessThan(unknown.farProbability);
    expect(one.correction.intercept).toBeLessThan(unknown.correction.intercept);
  });

  it('does not take few patients with blasts for another calibration where the scanner is that of the base', () => {
    const usual = { slope: 3, intercept: Math.log(0.5) };
    for (const [patientsOfPositives, patientsOfNegatives] of [
      [1, 10],
      [10, 1],
    ] as const) {
      const cells = [1, 2, 3, 4, 5].map((seed) =>
        drawLocalCells({ seed, positives: 40, negatives: 40, patients: null, ...usual }).map(
          (cell, index) => ({
            ...cell,
            group: cell.isPositive
              ? `patient ${index % patientsOfPositives} with blasts`
              : `patient ${index % patientsOfNegatives}`,
          }),
        ),
      );
      const moves = cells.map((own) => {
        const { correction, prevalence } = fitCalibration(base.calibration, 1 / 3, own);
        return correction.intercept - (logitOf(prevalence) - logitOf(1 / 3));
      });
      expect(Math.abs(moves.reduce((sum, move) => sum + move, 0) / moves.length)).toBeLessThan(0.1);
    }
  });

  it('refuses labels that contradict the scores', () => {
    const swapped = drawLocalCells({ seed: 3, positives: 200, negatives: 200, patients: null }).map(
      (cell) => ({
        ...cell,
        isPositive: !cell.isPositive,
      }),
    );
    expect(() => calibrate(swapped)).toThrow(FitError);
  });
});

describe('fitDecisions', () => {
  const decide = (positives: number, negatives: number) =>
    fitDecisions(
      base,
      base.calibration,
      { base: 1 / 3, local: 1 / 3 },
      drawLocalCells({ seed: 4, positives, negatives, patients: null }),
    );

  it('carries the threshold and the band over where there are too few cells to estimate them', () => {
    const { decisionThreshold, ...others } = decide(59, 80);
    expect(decisionThreshold).toBeCloseTo(base.decisionThreshold, 12);
    expect(others).toEqual({
      abstentionBand: base.abstentionBand,
      isThresholdEstimated: false,
      isBandEstimated: false,
    });
  });

  it('carries the threshold over at the same likelihood ratio if the prevalence differs', () => {
    const { decisionThreshold, abstentionBand } = fitDecisions(
      base,
      base.calibration,
      { base: 1 / 3, local: 1 / 11 },
      drawLocalCells({ seed: 4, positives: 10, negatives: 10, patients: null }),
    );
    // Odds of 2/3 at a prevalence with odds of 1/2 are odds of 2/15 at one of 1/10.
    expect(decisionThreshold).toBeCloseTo(2 / 17, 12);
    expect(abstentionBand).toEqual([decisionThreshold, base.abstentionBand[1]]);
  });

  it('estimates the threshold from 60 positives and the band from 150 correct answers, around the threshold and one half', () => {
    expect(decide(60, 60)).toMatchObject({ isThresholdEstimated: true, isBandEstimated: false });
    const many = decide(60, 1500);
    expect(many.isBandEstimated).toBe(true);
    expect(many.abstentionBand).not.toEqual(base.abstentionBand);
    for (const { decisionThreshold, abstentionBand } of [decide(60, 60), many, decide(1000, 1000)]) {
      expect(abstentionBand[0]).toBeLessThanOrEqual(Math.min(decisionThreshold, 0.5));
      expect(abstentionBand[1]).toBeGreaterThanOrEqual(Math.max(decisionThreshold, 0.5));
    }
  });
});

describe('fitCellTypes', () => {
  const cellTypes: CellTypes = {
    labels: ['band', 'blast', 'monocyte'],
    weights: [0, 1, 2].map((label) => Array.from({ length: 16 }, (_, d) => (d === label ? 3 : 0))),
    biases: [0, 0, 0],
    temperature: 1,
    thresholds: [null, 0.8, 0.9],
  };
  /** Cells whose types are distributed as the probabilities with the temperature 3 say. */
  const drawTypes = (count: number) => {
    const random = randomFrom('cell types');
    return drawLocalCells({ seed: 8, positives: count, negatives: count, patients: null }).map((cell) => {
      const [band = 0, blast = 0] = cellTypeProbabilities(cellTypeScores(cellTypes, cell.embedding), 3);
      const at = random.next();
      return { ...cell, cellTypeLabel: at < band ? 'band' : at < band + blast ? 'blast' : 'monocyte' };
    });
  };

  it('moves the temperature towards the local cells, the more the more there are, and nothing else', () => {
    const [few, many] = [drawTypes(5), drawTypes(200)].map((cells) => fitCellTypes(cellTypes, cells));
    expect(many?.temperature).toBeGreaterThan(2.4);
    expect(many?.temperature).toBeLessThan(3.6);
    expect(few?.temperature).toBeLessThan(2);
    expect({ ...many, temperature: 1 }).toEqual(cellTypes);
  });

  it('lowers the temperature little if all local cells have their right type', () => {
    const easy = drawTypes(25).map((cell, index) => ({
      ...cell,
      embedding: Array.from(cell.embedding, (_, d) => (d === index % 3 ? 2 : 0)),
      cellTypeLabel: cellTypes.labels[index % 3] ?? null,
    }));
    const { temperature } = fitCellTypes(cellTypes, easy);
    expect(temperature).toBeLessThan(1);
    expect(temperature).toBeGreaterThan(0.9);
  });

  it('keeps the temperature if the version knows none of the types', () => {
    const others = drawTypes(20).map((cell, index) => ({
      ...cell,
      cellTypeLabel: index % 2 ? null : 'platelet',
    }));
    expect(fitCellTypes(cellTypes, others)).toEqual(cellTypes);
    expect(fitRules({ ...base, cellTypes }, others).rules.cellTypes).toEqual(cellTypes);
  });
});

describe('fitRules', () => {
  const scored = (cells: ReturnType<typeof drawLocalCells>, model = base.outOfDistribution) =>
    cells.map(({ embedding }) => outOfDistributionScore(model, embedding));
  const share = (scores: number[]) => scores.filter((score) => score <= 1).length / scores.length;

  it('recognises the cells of another scanner, and nothing that differs in another direction', () => {
    const of = (seed: number) =>
      drawLocalCells({ seed, positives: 20, negatives: 30, patients: 5, ...shifted });
    const { rules } = fitRules(base, of(1));
    expect(share(scored(of(2)))).toBeLessThan(0.4);
    expect(share(scored(of(2), rules.outOfDistribution))).toBeGreaterThan(0.9);
    const alternating = of(3).map((cell) => ({
      ...cell,
      embedding: Array.from(cell.embedding, (value, d) => value - shifted.offset + (d % 2 === 0 ? 3 : -3)),
    }));
    expect(share(scored(alternating))).toBe(0);
    expect(share(scored(alternating, rules.outOfDistribution))).toBe(0);
  });

  it('still recognises the cells of the base after few cells of another scanner', () => {
    const few = drawLocalCells({ seed: 1, positives: 5, negatives: 5, patients: 1, ...shifted });
    const usual = drawLocalCells({ seed: 5, positives: 100, negatives: 200, patients: null });
    const { outOfDistribution } = fitRules(base, few).rules;
    expect(share(scored(usual, outOfDistribution))).toBeGreaterThan(0.9);
  });

  it('gives the same rules for the same cells', () => {
    const cells = drawLocalCells({ seed: 6, positives: 20, negatives: 30, patients: 5, ...shifted });
    expect(fitRules(base, cells)).toEqual(fitRules(base, [...cells]));
  });

  it('refuses too few cells, counting only those whose picture shows one cell, and says how many are missing', () => {
    const cells = drawLocalCells({ seed: 7, positives: 6, negatives: 3, patients: null });
    expect(() => fitRules(base, cells)).toThrow(
      "A fit needs at least 5 cells of each class: 2 more of 'normal' (there are 3 usable cells).",
    );
    const blank = cells.map((cell) => (cell.isPositive ? { ...cell, qualityWarnings: ['NO_CELL'] } : cell));
    expect(() => fitRules(base, blank)).toThrow(/5 more of 'blast' .* and 2 more of 'normal'/);
  });
});
