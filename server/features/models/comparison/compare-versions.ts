import { givingWay } from '../../../../evaluation/give-way.js';
import { evaluateInTurns, type Scored } from '../../../../evaluation/measure-scores.js';
import { compareFigures, type PairedEstimates } from '../../../../evaluation/compare-figures.js';
import { authorise } from '../../../api/authorise.js';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { badUserInput, notFound } from '../../../api/errors.js';
import { NO_SITES } from '../../../api/visible-sites.js';
import type { EvaluationMetrics } from '../../../artifact/classification-metrics.js';
import type { Manifest } from '../../../artifact/manifest.js';
import { findDatasetSnapshot } from '../../datasets/find-dataset-snapshot.js';
import type { SnapshotRow } from '../../datasets/load-snapshots.js';
import { hiddenKeys, type ItemRow, snapshotItems } from '../../datasets/snapshot-items.js';
import type { EvaluationAnswer } from '../evaluations/evaluation-answers.js';
import type { EvaluationView } from '../evaluations/load-evaluations.js';
import { loadManifests, loadModelVersions, type ModelVersionRow } from '../load-models.js';
import { comparableEvaluations } from './comparable-evaluations.js';
import { otherNamesOf } from '../evaluations/seen-data.js';
import { itemsUsedInTraining } from './items-used-in-training.js';
import type { CompareVersionsInput } from './types.js';

/** The most versions of one comparison. */
export const MOST_COMPARED = 6;

/** A version's answer for an image, with what it is compared by. */
export interface ComparedAnswer extends Scored, EvaluationAnswer {
  versionId: string;
  /** The label by the decision threshold. */
  label: string;
  /** Whether the image was used to train or fit the version. */
  usedInTraining: boolean;
}

/** One version of a comparison. */
export interface ComparedVersionView {
  version: ModelVersionRow;
  manifest: Manifest;
  /** Null if there is none with answers for each image. */
  evaluation: EvaluationView | null;
  /** Why there is no evaluation to compare; null if there is one. */
  missing: string | null;
  /** The evaluation that is waiting or running; null if there is none. */
  pending: EvaluationView | null;
  /** For all items of the snapshot, in their order; empty without an evaluation. */
  answers: ComparedAnswer[];
  usedInTrainingCount: number;
  /** The positions of the answers that figures are computed from. */
  compared: readonly number[];
  differences: () => Promise<PairedEstimates | null>;
}

/** Versions side by side on one snapshot. */
export interface Comparison {
  snapshot: SnapshotRow;
  /** All items of the snapshot, in the order of their keys. */
  items: ItemRow[];
  /** The keys of the items that the user does not see, because they are of other sites. Figures count them. */
  hidden: ReadonlySet<string>;
  /** The positions of the items that none of the compared versions was trained or fitted on. */
  compared: number[];
  versions: ComparedVersionView[];
}

/**
 * Compares versions on a snapshot by their newest evaluations on it. All versions are measured on the same images: those that
 * none of them was trained or fitted on. The others are compared with the first version that has an evaluation.
 *
 * Throws BAD_USER_INPUT if the number of versions is not from 2 to 6, if a version is named twice, or if the versions have different
 * classes; NOT_FOUND if a version or the snapshot does not exist.
 */
export async function compareVersions(
  context: RequestContext,
  { modelVersionIds, datasetSnapshotId }: CompareVersionsInput,
): Promise<Comparison> {
  authorise(context, 'read models');
  const ids = differentIds(modelVersionIds);
  const snapshot = await findDatasetSnapshot(context, datasetSnapshotId);
  if (!snapshot) throw notFound('There is no such snapshot. The query datasetSnapshots lists all snapshots.');
  const rows = await Promise.all(ids.map((id) => findVersion(context, id)));
  refuseOtherClasses(rows);

  const items: ItemRow[] = [];
  for await (const item of snapshotItems(context.database, snapshot.id))
    items.push({ ...item, snapshotId: snapshot.id });
  const hidden = await hiddenKeys(context.database, snapshot.id, context.viewer ?? NO_SITES);
  const evaluations = await comparableEvaluations(context.database, ids, snapshot.id, items.length);
  const otherNames = await otherNamesOf(context.database, items);
  const versions = await Promise.all(
    rows.map(async (version) => {
      const manifest = await batched(context, loadManifests).load(version.id);
      const found = evaluations.get(version.id);
      if (!manifest || !found) throw new Error(`${version.id} has no manifest.`);
      const used = await itemsUsedInTraining(context.database, manifest, snapshot, items, otherNames);
      const answers = found.answers.flatMap((answer, index) => {
        const item = items[index];
        return item ? [comparedAnswer(version, answer, item, used.has(item.key))] : [];
      });
      return { version, manifest, ...found, answers, usedInTrainingCount: used.size };
    }),
  );

  const evaluated = versions.filter(({ evaluation }) => evaluation !== null);
  const compared = [...items.keys()].filter((index) =>
    evaluated.every(({ answers }) => answers[index]?.usedInTraining === false),
  );
  const differences = lazyDifferences(evaluated, compared);
  return {
    snapshot,
    items,
    hidden,
    compared: evaluated.length > 0 ? compared : [],
    versions: versions.map((version) => ({
      ...version,
      compared,
      differences: async () => (await differences()).get(version.version.id) ?? null,
    })),
  };
}

function differentIds(ids: readonly string[]): readonly string[] {
  if (ids.length < 2 || ids.length > MOST_COMPARED)
    throw badUserInput(`Compare from 2 to ${MOST_COMPARED} versions, not ${ids.length}.`);
  if (new Set(ids).size < ids.length) throw badUserInput('Name each version only once.');
  return ids;
}

async function findVersion(context: RequestContext, id: string): Promise<ModelVersionRow> {
  const version = await batched(context, loadModelVersions).load(id);
  if (!version) throw notFound(`There is no model version '${id}'.`);
  return version;
}

function refuseOtherClasses(versions: readonly ModelVersionRow[]): void {
  const classesOf = ({ classes }: ModelVersionRow) => classes.map((label) => `'${label}'`).join(' and ');
  const [first] = versions;
  const other = versions.find((version) => first && classesOf(version) !== classesOf(first));
  if (!first || !other) return;
  throw badUserInput(
    `Versions with different classes cannot be compared: ${classesOf(first)}, and ${classesOf(other)}. Choose versions of the same model.`,
  );
}

function comparedAnswer(
  { id, classes, positiveLabel, decisionThreshold }: ModelVersionRow,
  { probability, outcome }: EvaluationAnswer,
  { label, group }: ItemRow,
  usedInTraining: boolean,
): ComparedAnswer {
  const calledPositive = probability >= decisionThreshold;
  return {
    versionId: id,
    probability,
    outcome,
    isPositive: label === positiveLabel,
    calledPositive,
    label: classes[Number(calledPositive)] ?? '',
    abstained: outcome !== 'CLASSIFIED',
    group,
    usedInTraining,
  };
}

/** The differences to the first version, by version. They are computed once, when they are requested. */
function lazyDifferences(
  evaluated: readonly { version: ModelVersionRow; answers: ComparedAnswer[] }[],
  compared: readonly number[],
): () => Promise<Map<string, PairedEstimates>> {
  let started: Promise<Map<string, PairedEstimates>> | undefined;
  const compute = async () => {
    if (evaluated.length < 2) return new Map<string, PairedEstimates>();
    const { differences } = await compareFigures(evaluated.map((each) => chosen(each.answers, compared)));
    return new Map(
      differences.flatMap((difference, index) => {
        const id = evaluated[index + 1]?.version.id;
        return id === undefined ? [] : [[id, difference]];
      }),
    );
  };
  return () => (started ??= compute());
}

function chosen<Value>(values: readonly Value[], positions: readonly number[]): Value[] {
  return positions.flatMap((position) => values[position] ?? []);
}

/** The answers that the figures of a version are computed from. */
export function comparedAnswers({ answers, compared }: ComparedVersionView): ComparedAnswer[] {
  return chosen(answers, compared);
}

/**
 * A version's figures on the compared images. They are those of its evaluation, unless images that were used in the training of a
 * compared version are left out. Null without an evaluation. Gives other work its turn between the bootstrap samples.
 */
export async function comparedFigures(view: ComparedVersionView): Promise<EvaluationMetrics | null> {
  const { evaluation, answers, compared, manifest } = view;
  if (evaluation === null) return null;
  if (compared.length === answers.length) return evaluation;
  const options = { classes: manifest.classes, seed: manifest.provenance.seed };
  return evaluateInTurns(comparedAnswers(view), options, givingWay());
}
