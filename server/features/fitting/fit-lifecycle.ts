import { z } from 'zod';
import { ALL_SITES } from '../../api/visible-sites.js';
import type { Manifest } from '../../artifact/manifest.js';
import type { Database, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { type JobTable, markSucceeded, startJob } from '../../jobs/job-table.js';
import { itemsOfKeys, snapshotItems } from '../datasets/snapshot-items.js';
import { loadReviewsOfPredictions } from '../reviews/load-reviews.js';
import { cellOfItem } from './choose-cells.js';
import { FitCounts } from './fit-counts.js';
import { FitFigures } from './fit-figures.js';
import { patientsOfCases } from './patients.js';
import { type SecondLabels, withSecondLabels } from './second-look/second-labels.js';
import { settleCells } from './settle-cells.js';
import { type LabelledCell, placeOf } from './usable-cells.js';

export const fits: JobTable = { name: 'Fit', changeEvent: 'fit-changed' };

/** The data of a fit that the worker needs to run it. */
export interface StartedFit {
  id: string;
  description: string | null;
  warnings: string[];
  createdById: string;
  datasetSnapshotId: string | null;
  /** What second looks had changed when the fit was requested. */
  secondLabels: SecondLabels;
  counts: FitCounts;
  /** The version that is fitted. */
  base: { modelName: string; version: number; digest: string; modelCard: string; trainedElsewhere: boolean };
}

/** Marks a fit RUNNING. Returns null if there is nothing to do because it has ended. */
export async function startFit(database: Database, id: string): Promise<StartedFit | null> {
  if (!(await startJob(database, fits, id))) return null;
  const ofBase = {
    ...{ version: true, digest: true, modelCard: true, trainedElsewhere: true },
    model: { select: { name: true } },
  } as const;
  const { modelVersion, description, warnings, createdById, datasetSnapshotId, secondLabels, counts } =
    await database.fit.findUniqueOrThrow({ where: { id }, include: { modelVersion: { select: ofBase } } });
  const { model, ...base } = modelVersion;
  return {
    ...{ id, description, warnings, createdById, datasetSnapshotId },
    secondLabels: z.record(z.string(), z.string().nullable()).parse(secondLabels),
    counts: FitCounts.parse(counts),
    base: { ...base, modelName: model.name },
  };
}

/**
 * The labelled cells of a fit, in a fixed order. Cells whose case was erased after the fit was requested are missing.
 * @param base the manifest of the version that is fitted
 */
export async function cellsOfFit(
  database: Database,
  { id, datasetSnapshotId, secondLabels }: Pick<StartedFit, 'id' | 'datasetSnapshotId' | 'secondLabels'>,
  base: Pick<Manifest, 'provenance'>,
): Promise<LabelledCell[]> {
  if (datasetSnapshotId !== null) {
    const cells: LabelledCell[] = [];
    for await (const item of snapshotItems(database, datasetSnapshotId)) cells.push(cellOfItem(item));
    return (await settleCells(database, withSecondLabels(cells, secondLabels), base, new Map())).cells;
  }
  const rows = await database.fitCell.findMany({
    where: { fitId: id },
    orderBy: { predictionId: 'asc' },
    include: {
      prediction: { select: { imageSha256: true, region: true, frame: true, caseReference: true } },
    },
  });
  const patients = await patientsOfCases(
    database,
    rows.flatMap(({ prediction }) => prediction.caseReference ?? []),
  );
  return rows.map(({ predictionId, label, originalLabel, cellType, prediction }) => ({
    key: predictionId,
    imageSha256: prediction.imageSha256,
    region: prediction.region,
    frame: prediction.frame,
    ...{ label, originalLabel, cellType },
    group: prediction.caseReference && (patients.get(prediction.caseReference) ?? null),
  }));
}

/**
 * The cells that a fit would have used with their first labels, and that second looks left out: nobody could label them, or reviewers differ.
 * Their label is the first one. Only cells that are not among the fitted ones.
 * @param fitted the cells of `cellsOfFit`
 */
export async function cellsLeftOut(
  database: Database,
  { datasetSnapshotId, secondLabels }: Pick<StartedFit, 'datasetSnapshotId' | 'secondLabels'>,
  base: Pick<Manifest, 'classes' | 'provenance'>,
  fitted: readonly LabelledCell[],
): Promise<LabelledCell[]> {
  const keys = Object.keys(secondLabels).filter((key) => secondLabels[key] === null);
  if (keys.length === 0) return [];
  const found =
    datasetSnapshotId === null
      ? await predictionsByFirstLabel(database, keys, base)
      : await itemsByFirstLabel(database, datasetSnapshotId, keys);
  const { cells } = await settleCells(database, found, base, new Map());
  const places = new Set(fitted.map(placeOf));
  return cells.filter((cell) => !places.has(placeOf(cell)));
}

async function itemsByFirstLabel(
  database: Database,
  snapshotId: string,
  keys: readonly string[],
): Promise<LabelledCell[]> {
  const items = await itemsOfKeys(database, snapshotId, keys, ALL_SITES);
  return keys.flatMap((key) => {
    const item = items.get(key);
    return item ? [cellOfItem(item)] : [];
  });
}

async function predictionsByFirstLabel(
  database: Database,
  ids: readonly string[],
  { classes }: Pick<Manifest, 'classes'>,
): Promise<LabelledCell[]> {
  const rows = await database.prediction.findMany({
    where: { id: { in: [...ids] } },
    orderBy: { id: 'asc' },
    select: { id: true, imageSha256: true, region: true, frame: true, caseReference: true },
  });
  const reviews = await loadReviewsOfPredictions(database, ids);
  const patients = await patientsOfCases(
    database,
    rows.flatMap(({ caseReference }) => caseReference ?? []),
  );
  return rows.flatMap(({ id, caseReference, ...place }) => {
    const first = reviews.get(id)?.find(({ verdict }) => verdict === 'LABEL');
    if (!first || !classes.includes(first.label)) return [];
    const { label, cellType } = first;
    const group = caseReference && (patients.get(caseReference) ?? null);
    return [{ key: id, ...place, label, originalLabel: label, cellType, group }];
  });
}

/** Records the number of cells that have been scored, and notifies the subscribers. */
export async function recordFitProgress(database: Database, id: string, doneCount: number): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.fit.updateMany({ where: { id, status: 'RUNNING' }, data: { doneCount } });
    if (count > 0) await publish(tx, { type: fits.changeEvent, id });
  });
}

/**
 * Marks a fit SUCCEEDED, in the transaction that registers its version.
 * @throws JobNotRunningError if the fit was cancelled: nothing is registered then
 */
export async function recordFitSucceeded(
  tx: Transaction,
  id: string,
  {
    figures,
    ...result
  }: { fittedVersionId: string; doneCount: number; figures: FitFigures; warnings: string[] },
): Promise<void> {
  const data = { ...result, figures: FitFigures.parse(figures) };
  await tx.fit.updateMany({ where: { id, status: 'RUNNING' }, data });
  await markSucceeded(tx, fits, id);
}
