import type { Manifest } from '../../artifact/manifest.js';
import type { Database } from '../../database/client.js';
import { byAllNames } from '../models/evaluations/seen-data.js';
import { knownTrainingData } from './known-training-data.js';
import { type Exclusions, type LabelledCell, usableCells } from './usable-cells.js';

/**
 * The usable cells, by `usableCells`, with the training data that this server knows of the version. A patient or a cell in it is
 * recognised by each of its names. Says whether the training data is known.
 */
export async function settleCells(
  database: Database,
  cells: readonly LabelledCell[],
  base: Pick<Manifest, 'provenance'>,
  exclusions: Exclusions,
): Promise<{ cells: LabelledCell[]; isTrainingKnown: boolean }> {
  const known = await knownTrainingData(database, base);
  const training = known && (await byAllNames(database, known, cells));
  return { cells: usableCells(cells, training, exclusions), isTrainingKnown: known !== null };
}
