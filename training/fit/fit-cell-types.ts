import type { CellTypes } from '../../server/artifact/manifest.js';
import { cellTypeScores } from '../../server/inference/cell-types.js';
import { fitTemperature } from '../calibration/fit-temperature.js';
import { cellWeights, sumOf } from './cell-weights.js';
import type { LocalCell } from './local-cell.js';

/** The number of independent cells that the temperature of the base version counts as. */
const TEMPERATURE_CELLS = 50;

/**
 * Refits the temperature of the cell types on the local cells whose type the version knows. On the logarithmic scale, the result is the mean
 * of the base's temperature, with the weight of 50 cells, and of the most likely one on the local cells, with the sum of their weights
 * (`cell-weights.ts`). The thresholds are carried over.
 */
export function fitCellTypes(base: CellTypes, cells: readonly LocalCell[]): CellTypes {
  const known = cells.flatMap((cell) => {
    const actual = cell.cellTypeLabel === null ? -1 : base.labels.indexOf(cell.cellTypeLabel);
    return actual === -1 ? [] : [{ cell, actual }];
  });
  if (known.length === 0) return base;
  const weights = cellWeights(known.map(({ cell }) => cell));
  const local = fitTemperature(
    known.map(({ cell, actual }, index) => ({
      scores: cellTypeScores(base, cell.embedding),
      actual,
      weight: weights[index] ?? NaN,
    })),
  );
  const counted = sumOf(weights);
  const share = counted / (counted + TEMPERATURE_CELLS);
  const logarithm = (1 - share) * Math.log(base.temperature) + share * Math.log(local);
  return { ...base, temperature: Number(Math.exp(logarithm).toPrecision(6)) };
}
