import type { CellTypes } from '../../server/decision/decision-rules.js';
import { cellTypeScores } from '../../server/decision/cell-types.js';
import { fitTemperature } from '../calibration/fit-temperature.js';
import { cellWeights } from './cell-weights.js';
import { CALIBRATION_PRIOR } from './fit-calibration.js';
import type { LocalCell } from './local-cell.js';

/**
 * The standard deviation of the prior of 1/T, as a share of its mean. 1/T is the slope of the scores, so this is the standard
 * deviation of the slope for another laboratory in `CALIBRATION_PRIOR`.
 */
const TEMPERATURE_DEVIATION = CALIBRATION_PRIOR.far.slope;

/**
 * Refits the temperature T of the cell types on the local cells whose type the version knows: by maximum a posteriori, where 1/T has a
 * Gaussian prior around that of the base version and cells count by weight (`cell-weights.ts`). So local cells that all have their
 * right type lower the temperature only as far as the prior permits. The thresholds are carried over.
 */
export function fitCellTypes(base: CellTypes, cells: readonly LocalCell[]): CellTypes {
  const known = cells.flatMap((cell) => {
    const actual = cell.cellTypeLabel === null ? -1 : base.labels.indexOf(cell.cellTypeLabel);
    return actual === -1 ? [] : [{ cell, actual }];
  });
  if (known.length === 0) return base;
  const weights = cellWeights(known.map(({ cell }) => cell));
  const temperature = fitTemperature(
    known.map(({ cell, actual }, index) => ({
      scores: cellTypeScores(base, cell.embedding),
      actual,
      weight: weights[index] ?? NaN,
    })),
    { temperature: base.temperature, deviation: TEMPERATURE_DEVIATION },
  );
  return { ...base, temperature };
}
