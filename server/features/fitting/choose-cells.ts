import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Manifest } from '../../artifact/manifest.js';
import { findDatasetSnapshot } from '../datasets/find-dataset-snapshot.js';
import { type SnapshotItem, snapshotItems } from '../datasets/snapshot-items.js';
import { labelMappingProblem } from '../models/evaluations/label-mapping.js';
import { authoriseFilter } from '../predictions/authorise-filter.js';
import { conditionsByPrediction } from '../predictions/conditions-by-prediction.js';
import type { PredictionFilter } from '../predictions/types.js';
import { digestOfCells } from './digest-of-cells.js';
import { FitExclusionReason } from './exclusion-reason.js';
import type { FitCounts } from './fit-counts.js';
import { reviewedCells } from './reviewed-cells.js';
import { settleCells } from './settle-cells.js';
import type { FitModelVersionInput } from './types.js';
import {
  leftOutSince,
  type SecondLabels,
  secondLabelsOf,
  withSecondLabels,
} from './second-look/second-labels.js';
import { countCells, exclude, type Exclusions, type LabelledCell } from './usable-cells.js';

/** The labelled cells that a fit uses. */
export interface ChosenCells {
  /** The snapshot that they are from; null: they are reviewed predictions. */
  datasetSnapshotId: string | null;
  cells: LabelledCell[];
  counts: FitCounts;
  /** What limits the value of a fit to them, as sentences. */
  warnings: string[];
  /** What second looks change: the labels of a snapshot's items, and which reviewed predictions are left out since. */
  secondLabels: SecondLabels;
  /** SHA-256 of the cells with their labels and patients. */
  digest: string;
}

/** The largest number of cells: a manifest lists at most this number of training images. */
const MOST_CELLS = 20_000;

const SNAPSHOT_FIELD = ['input', 'datasetSnapshotId'];
const REVIEWS_FIELD = ['input', 'reviews'];

const SELECTED =
  'Some of the cells were reviewed because of what the model predicted. These are mostly uncertain or wrong predictions, so the ' +
  'fitted probabilities may be wrong for the other cells. Review a random sample, or all cells of some cases.';

/**
 * Chooses the labelled cells of a fit, of a snapshot or among the reviewed predictions that the user sees.
 * @throws a user error for a source that does not exist, is not READY, or has too many cells or unsuitable labels
 */
export async function chooseCells(
  context: RequestContext,
  base: Pick<Manifest, 'classes' | 'positiveLabel' | 'provenance'>,
  {
    datasetSnapshotId,
    reviews,
    includeOtherOrigins,
  }: Pick<FitModelVersionInput, 'datasetSnapshotId' | 'reviews' | 'includeOtherOrigins'>,
): Promise<ChosenCells> {
  if ((datasetSnapshotId == null) === (reviews == null)) {
    const message = "Give the labelled cells either as 'datasetSnapshotId' or as 'reviews'.";
    throw userError(UserErrorCode.INVALID, message, ['input']);
  }
  const exclusions: Exclusions = new Map();
  const found =
    datasetSnapshotId != null
      ? await cellsOfSnapshot(context, base, datasetSnapshotId, exclusions)
      : await cellsOfReviews(context, base, reviews ?? {}, includeOtherOrigins ?? false, exclusions);
  const { cells, isTrainingKnown } = await settleCells(context.database, found.cells, base, exclusions);
  return {
    datasetSnapshotId: datasetSnapshotId ?? null,
    cells,
    counts: countCells(cells, base.positiveLabel, exclusions),
    warnings: [...found.warnings, ...(isTrainingKnown ? [] : [UNKNOWN_TRAINING_DATA])],
    secondLabels: found.secondLabels,
    digest: digestOfCells(cells),
  };
}

const UNKNOWN_TRAINING_DATA =
  'The training data of the version is not known here, so cells that it was trained with may be among these. The figures would then be too good.';

type FoundCells = Pick<ChosenCells, 'cells' | 'warnings' | 'secondLabels'>;

async function cellsOfSnapshot(
  context: RequestContext,
  base: Pick<Manifest, 'classes' | 'positiveLabel'>,
  id: string,
  exclusions: Exclusions,
): Promise<FoundCells> {
  const snapshot = await findDatasetSnapshot(context, id);
  if (!snapshot) {
    const message = 'There is no such snapshot. The query datasetSnapshots lists all snapshots.';
    throw userError(UserErrorCode.NOT_FOUND, message, SNAPSHOT_FIELD);
  }
  if (snapshot.status !== 'READY') {
    const message = `The snapshot is ${snapshot.status.toLowerCase()}. A version can only be fitted to a ready snapshot. The snapshot's findings give the reason.`;
    throw userError(UserErrorCode.CONFLICT, message, SNAPSHOT_FIELD);
  }
  refuseTooMany(snapshot.itemCount, SNAPSHOT_FIELD);
  const items: SnapshotItem[] = [];
  for await (const item of snapshotItems(context.database, snapshot.id)) items.push(item);
  const problem = labelMappingProblem(base.classes, [...new Set(items.map(({ label }) => label))]);
  if (problem) throw userError(UserErrorCode.INVALID, problem, SNAPSHOT_FIELD);
  const cells = items.map(cellOfItem);
  const secondLabels = await secondLabelsOf(context.database, snapshot.id, cells, base, exclusions);
  return { cells: withSecondLabels(cells, secondLabels), warnings: [], secondLabels };
}

/** An item of a snapshot as a cell of a fit. */
export function cellOfItem({ key, imageSha256, label, group }: SnapshotItem): LabelledCell {
  return { key, imageSha256, region: [], frame: [], label, originalLabel: label, cellType: null, group };
}

async function cellsOfReviews(
  context: RequestContext,
  { classes }: Pick<Manifest, 'classes'>,
  filter: PredictionFilter,
  includeOtherOrigins: boolean,
  exclusions: Exclusions,
): Promise<FoundCells> {
  const viewer = authorise(context, 'read predictions');
  authorise(context, 'see images');
  authoriseFilter(context, filter);
  if (filter.reviewed === false) {
    const message = "Only reviewed predictions have a label. Leave out 'reviewed', or set it to true.";
    throw userError(UserErrorCode.INVALID, message, [...REVIEWS_FIELD, 'reviewed']);
  }
  const reviewed = await reviewedCells(context.database, filter, viewer, MOST_CELLS + 1);
  refuseTooMany(reviewed.length, REVIEWS_FIELD);
  let selected = 0;
  const withoutLabel: string[] = [];
  const cells = reviewed.flatMap(({ result, predictionId, caseReference, isRepresentative, ...place }) => {
    const reason =
      typeof result === 'string'
        ? result
        : !classes.includes(result.label)
          ? FitExclusionReason.OTHER_LABEL
          : !isRepresentative && !includeOtherOrigins
            ? FitExclusionReason.CHOSEN_BY_PREDICTION
            : null;
    if (reason !== null) exclude(exclusions, reason);
    if (typeof result === 'string' && (isRepresentative || includeOtherOrigins))
      withoutLabel.push(predictionId);
    if (reason !== null || typeof result === 'string') return [];
    selected += Number(!isRepresentative);
    const { label, originalLabel, cellType } = result;
    return [{ key: predictionId, ...place, label, originalLabel, cellType, group: caseReference }];
  });
  const chosenBy = conditionsByPrediction(filter);
  return {
    cells,
    secondLabels: await leftOutSince(context.database, withoutLabel),
    warnings: [
      ...(selected > 0 ? [`${SELECTED} This concerns ${selected} of the cells.`] : []),
      ...(chosenBy.length > 0 ? [chosenByPrediction(chosenBy)] : []),
    ],
  };
}

function chosenByPrediction(words: readonly string[]): string {
  return (
    `The cells were chosen by ${words.join(' and ')} of their predictions, so they are not typical of all cells, and the fitted ` +
    'probabilities may be wrong for the others.'
  );
}

function refuseTooMany(count: number, field: string[]): void {
  if (count <= MOST_CELLS) return;
  const message = `A version can be fitted to at most ${MOST_CELLS.toLocaleString('en')} cells. Choose fewer, for example of a shorter time.`;
  throw userError(UserErrorCode.TOO_LARGE, message, field);
}
