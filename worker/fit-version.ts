import type { Logger } from 'pino';
import { readArtifact, writeArtifact } from '../server/artifact/artifact-store.js';
import { type Artifact, ArtifactError } from '../server/artifact/artifact.js';
import { type Manifest } from '../server/artifact/manifest.js';
import { calibratedCellTypes } from '../server/decision/decision-rules.js';
import type { Database, Transaction } from '../server/database/client.js';
import type { FitFigures } from '../server/features/fitting/fit-figures.js';
import {
  cellsLeftOut,
  cellsOfFit,
  fits,
  recordFitProgress,
  recordFitSucceeded,
  type StartedFit,
  startFit,
} from '../server/features/fitting/fit-lifecycle.js';
import type { LabelledCell } from '../server/features/fitting/usable-cells.js';
import {
  nextVersion,
  registerModelVersion,
} from '../server/features/models/registration/register-model-version.js';
import { ModelLoadError } from '../server/inference/errors.js';
import { FitExclusionReason } from '../server/features/fitting/exclusion-reason.js';
import { markCancelled, markFailed } from '../server/jobs/job-table.js';
import { type Attempt, runAttempt } from '../server/jobs/run-attempt.js';
import { artifactPrefix } from '../server/storage/keys.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { answerCells } from '../evaluation/answer-cells.js';
import { EvaluationError } from '../evaluation/evaluation-error.js';
import { fitCard } from '../training/card/fit-card.js';
import { auditCells } from '../training/fit/audit-cells.js';
import { type CellChoice, fitArtifact } from '../training/fit/fit-artifact.js';
import { FitError } from '../training/fit/fit-error.js';
import type { LocalCell } from '../training/fit/local-cell.js';
import { figuresOf } from './fit-figures.js';
import { watchForCancel } from './watch-for-cancel.js';

export interface FitServices {
  database: Database;
  store: ObjectStore;
  log: Logger;
  /** Threads that score: not all cores, because the server's own predictions come first. */
  threads: number;
}

/** Milliseconds between two records of the progress. */
const PROGRESS_INTERVAL = 1000;
/** Milliseconds. The registration writes the artifact, which is some megabytes, and the store may be slow. */
const REGISTRATION_TIMEOUT = 120_000;

/**
 * The job of a fit: scores the labelled cells with the base version, fits its decision rules, and registers the result as a version of
 * the same model, in the transaction that marks the fit SUCCEEDED.
 */
export async function fitVersion(services: FitServices, fitId: string, attempt: Attempt): Promise<void> {
  const { database } = services;
  await runAttempt(services, attempt, {
    id: fitId,
    start: () => startFit(database, fitId),
    progress: async () => 0,
    work: (fit) => fitAndRegister(services, fit, attempt.signal),
    fail: (reason) => markFailed(database, fits, fitId, reason),
    cancel: () => markCancelled(database, fits, fitId),
    finalErrors: [FitError, EvaluationError, ArtifactError, ModelLoadError],
  });
}

async function fitAndRegister(services: FitServices, fit: StartedFit, signal: AbortSignal): Promise<void> {
  const { database, store, log } = services;
  const { modelName, version, digest } = fit.base;
  const base = await readArtifact(store, artifactPrefix(modelName, version), digest);
  const cells = await cellsOfFit(database, fit, base.manifest);
  log.info(`Fit ${fit.id}: ${modelName} version ${version} to ${cells.length} cells`);
  const watch = watchForCancel({ database, log }, fits, fit.id);
  try {
    const stop = AbortSignal.any([signal, watch.signal]);
    const leftOut = await cellsLeftOut(database, fit, base.manifest, cells);
    const all = [...cells, ...leftOut];
    const answeredAll = await answer(services, fit, base, all, stop);
    const answered = answeredAll.slice(0, cells.length);
    const warnings = [...fit.warnings, ...(await auditCells(cells, base.manifest, store, stop))];
    const fitted = await fitArtifact(base, answered, { ...choiceOf(fit), warnings }, stop);
    const original = originalOf(base.manifest, all, answeredAll);
    const isChanged = all.some(
      ({ label, originalLabel }, index) => index >= cells.length || label !== originalLabel,
    );
    const figures = await figuresOf(
      base.manifest,
      fitted,
      isChanged ? { cells: original, leftOut: original.slice(cells.length) } : null,
      stop,
    );
    const result = { figures, warnings, doneCount: cells.length };
    const number = await register(services, fit, fitted.artifact, result);
    log.info(`Fit ${fit.id} is done: version ${number} of ${modelName}`);
  } finally {
    watch.end();
  }
}

async function answer(
  { database, store, log, threads }: FitServices,
  { id, counts: { cellCount } }: StartedFit,
  base: Artifact,
  cells: readonly LabelledCell[],
  signal: AbortSignal,
): Promise<LocalCell[]> {
  const { positiveLabel } = base.manifest;
  const cellTypes = calibratedCellTypes(base.manifest);
  let recordedAt = performance.now();
  const onProgress = (done: number) => {
    if (performance.now() - recordedAt < PROGRESS_INTERVAL) return;
    recordedAt = performance.now();
    recordFitProgress(database, id, Math.min(done, cellCount)).catch((error: unknown) =>
      log.warn({ err: error }, 'The progress of a fit could not be recorded'),
    );
  };
  return answerCells(
    base,
    { cells, store },
    (answered, { imageSha256, label, group, ...cell }) => ({
      ...answered,
      ...{ imageSha256, group },
      isPositive: label === positiveLabel,
      cellTypeLabel: typeAmong(cellTypes?.labels ?? [], cell.cellType ?? label),
    }),
    { threads, log, onProgress },
    signal,
  );
}

/** The label of a version's cell types that means the same as a name, such as 'segmented-neutrophil' for SEGMENTED_NEUTROPHIL; null if there is none. */
function typeAmong(labels: readonly string[], name: string): string | null {
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  return labels.find((label) => letters(label) === letters(name)) ?? null;
}

/** What the manifest records about the choice of the cells. */
function choiceOf({ counts }: StartedFit): Pick<CellChoice, 'excluded'> {
  const countOf = (reason: FitExclusionReason) =>
    counts.excluded.find((exclusion) => exclusion.reason === reason)?.count ?? 0;
  return {
    excluded: {
      trainingImages: countOf(FitExclusionReason.TRAINING_IMAGE),
      trainingPatients: countOf(FitExclusionReason.TRAINING_PATIENT),
    },
  };
}

/** The cells with the first label that a reviewer gave to each. */
function originalOf(
  { positiveLabel }: Pick<Manifest, 'positiveLabel'>,
  cells: readonly LabelledCell[],
  answered: readonly LocalCell[],
): LocalCell[] {
  return answered.map((cell, index) => ({
    ...cell,
    isPositive: cells[index]?.originalLabel === positiveLabel,
  }));
}

async function register(
  { database, store }: FitServices,
  { id, description, createdById, base }: StartedFit,
  artifact: Artifact,
  result: { figures: FitFigures; warnings: string[]; doneCount: number },
): Promise<number> {
  const { modelName } = base;
  return database.$transaction(
    async (tx) => {
      const version = await nextVersion(tx, store, modelName);
      await refuseSameRules(tx, modelName, artifact);
      await writeArtifact(store, artifactPrefix(modelName, version), artifact);
      const registered = await registerModelVersion(tx, {
        ...{ modelName, version, createdById },
        manifest: artifact.manifest,
        digest: artifact.digest,
        modelCard: fitCard(artifact.manifest, base),
        trainedElsewhere: base.trainedElsewhere,
        description: description ?? `Fitted from version ${base.version}.`,
      });
      await recordFitSucceeded(tx, id, { fittedVersionId: registered.id, ...result });
      return version;
    },
    { timeout: REGISTRATION_TIMEOUT, maxWait: 10_000 },
  );
}

/** The same cells and the same base give the same digest, and a digest names one version of a model. */
async function refuseSameRules(tx: Transaction, modelName: string, { digest }: Artifact): Promise<void> {
  const same = await tx.modelVersion.findFirst({
    where: { digest, model: { name: modelName } },
    select: { version: true },
  });
  if (same)
    throw new FitError(`Version ${same.version} was fitted to exactly these cells. Use that version.`);
}
