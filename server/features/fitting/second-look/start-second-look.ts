import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { Manifest } from '../../../artifact/manifest.js';
import type { Database } from '../../../database/client.js';
import { newId } from '../../../database/ids.js';
import { randomFrom, shuffle } from '../../../imaging/seeded-random.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { snapshotItems } from '../../datasets/snapshot-items.js';
import { ERASED_SINCE, loadEvaluationAnswers } from '../../models/evaluations/evaluation-answers.js';
import { type Base, baseVersion } from '../base-version.js';
import { chooseCells } from '../choose-cells.js';
import type { LabelledCell } from '../usable-cells.js';
import type { SecondLookRow } from './load-second-looks.js';
import type { StartSecondLookInput } from './types.js';

/** The largest number of cells where label and version agree, and of cells where they differ. */
const MOST_OF_EACH = 50;

/**
 * Draws the cells of a second look from those that a fit would use: as many where the label and the version agree as where they
 * differ, in random order. Cells that have had a second look are not drawn again.
 * @throws a user error CONFLICT if there are no such cells, or if the answers of the version are not known
 */
export async function startSecondLook(
  context: RequestContext,
  input: StartSecondLookInput,
): Promise<{ secondLook: SecondLookRow }> {
  const viewer = authorise(context, 'train');
  const base = await baseVersion(context, input.modelVersionId);
  const { datasetSnapshotId, cells } = await chooseCells(context, base.manifest, input);
  const answers = await answersFor(context.database, base, datasetSnapshotId, cells);
  const seen = await seenCells(context.database, datasetSnapshotId, cells);
  const left = cells.filter(({ key }) => !seen.has(key) && answers.has(key));
  const { positiveLabel } = base.manifest;
  const agrees = ({ key, label }: LabelledCell) => answers.get(key) === (label === positiveLabel);
  const id = newId('look');
  const drawn = draw(
    left.filter(agrees),
    left.filter((cell) => !agrees(cell)),
    id,
  );
  if (drawn.length === 0)
    throw userError(UserErrorCode.CONFLICT, nothingToDraw(left.length, seen.size), ['input']);

  const secondLook = await context.database.$transaction(async (tx) => {
    const look = await tx.secondLook.create({
      data: { id, modelVersionId: input.modelVersionId, datasetSnapshotId, createdById: viewer.id },
    });
    await tx.secondLookCell.createMany({
      data: drawn.map(({ key, label }, place) => ({
        ...{ secondLookId: id, place, label, snapshotId: datasetSnapshotId },
        ...(datasetSnapshotId === null ? { predictionId: key } : { key }),
      })),
    });
    await recordAuditEvent(tx, context, {
      action: AuditAction.SECOND_LOOK_STARTED,
      entityId: id,
      detail: `${input.modelVersionId}, ${datasetSnapshotId ?? 'reviewed predictions'}: ${drawn.length} cells.`,
    });
    return look;
  });
  return { secondLook };
}

/** As many cells of each list as the shorter one has, in random order. */
function draw(agreeing: LabelledCell[], differing: LabelledCell[], seed: string): LabelledCell[] {
  const random = randomFrom(seed, 'second look');
  const count = Math.min(agreeing.length, differing.length, MOST_OF_EACH);
  const some = (cells: LabelledCell[]) => shuffle(cells, random).slice(0, count);
  return shuffle([...some(agreeing), ...some(differing)], random);
}

function nothingToDraw(count: number, seenCount: number): string {
  const cells = seenCount > 0 ? `the ${count} cells that have not had a second look` : `the ${count} cells`;
  return (
    `A second look needs cells whose label is that of the version, and cells whose label differs. Among ${cells} there are none of one ` +
    'of these. Choose other cells, or fit without a second look.'
  );
}

/**
 * Whether the answer for each cell is positive: of the version that answered a reviewed prediction, which its reviewer saw, and of the
 * version's newest evaluation for the items of a snapshot.
 */
async function answersFor(
  database: Database,
  { version, manifest }: Base,
  datasetSnapshotId: string | null,
  cells: readonly LabelledCell[],
): Promise<Map<string, boolean>> {
  if (datasetSnapshotId !== null) return answersOfEvaluation(database, version, manifest, datasetSnapshotId);
  const rows = await database.prediction.findMany({
    where: { id: { in: cells.map(({ key }) => key) } },
    select: { id: true, label: true },
  });
  return new Map(rows.map(({ id, label }) => [id, label === manifest.positiveLabel]));
}

async function answersOfEvaluation(
  database: Database,
  { id: modelVersionId, version }: Base['version'],
  { decisionThreshold }: Manifest,
  datasetSnapshotId: string,
): Promise<Map<string, boolean>> {
  const field = ['input', 'datasetSnapshotId'];
  const evaluation = await database.evaluation.findFirst({
    where: { modelVersionId, datasetSnapshotId, status: 'SUCCEEDED', answers: { isNot: null } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true },
  });
  if (!evaluation) {
    const message =
      `The answers of version ${version} for this snapshot are not known, so nothing shows where they differ from the labels. ` +
      'Evaluate the version on all images of the snapshot first.';
    throw userError(UserErrorCode.CONFLICT, message, field);
  }
  const keys: string[] = [];
  for await (const { key } of snapshotItems(database, datasetSnapshotId)) keys.push(key);
  const answers = (await loadEvaluationAnswers(database, [evaluation.id], keys.length)).get(evaluation.id);
  if (!answers) throw userError(UserErrorCode.CONFLICT, ERASED_SINCE, field);
  return new Map(
    answers.flatMap(({ probability }, index) => {
      const key = keys[index];
      return key === undefined ? [] : [[key, probability >= decisionThreshold]];
    }),
  );
}

/** The cells that have been labelled again in an earlier second look. */
async function seenCells(
  database: Database,
  datasetSnapshotId: string | null,
  cells: readonly LabelledCell[],
): Promise<Set<string>> {
  const keys = cells.map(({ key }) => key);
  const rows = await database.secondLookCell.findMany({
    where: {
      verdict: { not: null },
      ...(datasetSnapshotId === null
        ? { predictionId: { in: keys } }
        : { snapshotId: datasetSnapshotId, key: { in: keys } }),
    },
    select: { predictionId: true, key: true },
  });
  return new Set(rows.flatMap(({ predictionId, key }) => predictionId ?? key ?? []));
}
