import { type Artifact, sealArtifact } from '../../server/artifact/artifact.js';
import type { FitRecord } from '../../server/artifact/fit-record.js';
import type { Manifest } from '../../server/artifact/manifest.js';
import { digestOfCells, lineOfCell } from '../../server/features/fitting/digest-of-cells.js';
import { describeTrainingData, joinTrainingData } from '../../server/artifact/training-data.js';
import { calibratedProbability, outOfDistributionScore } from '../../server/decision/interpret.js';
import { CALIBRATION_PRIOR } from './fit-calibration.js';
import { FitError } from './fit-error.js';
import { fitRules, fittingCells } from './fit-rules.js';
import type { LocalCell } from './local-cell.js';
import { type MeasuredFit, measureFit } from './measure-fit.js';

/** What is recorded about the choice of the cells. */
export interface CellChoice {
  /** Cells that were left out because the base version was trained on the image, or on images of the patient. */
  excluded: FitRecord['cells']['excluded'];
  /** What limits the fit, as sentences: for example that the cells were not chosen at random. */
  warnings: readonly string[];
}

/** A fitted version and its figures on the fitted cells. */
export interface FittedArtifact {
  artifact: Artifact;
  measured: MeasuredFit;
}

/**
 * Fits a version to local cells: the same network and files with new decision rules, and a manifest that names the base version and
 * the cells. The same cells (in any order) and the same base give the same digest.
 *
 * The fitted cells and their patients are added to `provenance.trainingData` if the base states its training data, and are always in
 * `fit.cells.trainingData`. The metrics of the base are kept, because they are measured on its images; the figures of the fit are in
 * `fit.figures`.
 *
 * @param cells none of them in the training data of the base
 * @throws FitError if the base is itself a fit, if there are too few cells or more than 20,000, or if the scores contradict the labels;
 *   the reason of `signal` when it is aborted
 */
export async function fitArtifact(
  { manifest: base, digest, modelJson, weights, onnx }: Artifact,
  cells: readonly LocalCell[],
  { excluded, warnings }: CellChoice,
  signal?: AbortSignal,
): Promise<FittedArtifact> {
  if (base.fit) {
    throw new FitError(
      `This version is itself a fit. A fit starts from the version that was trained, with the digest ${base.fit.base}: fit that one.`,
    );
  }
  const digested = ({ isPositive, cellTypeLabel, ...cell }: LocalCell) => ({
    ...cell,
    label: base.classes[isPositive ? 1 : 0],
    cellType: cellTypeLabel,
  });
  const lineOf = (cell: LocalCell) => lineOfCell(digested(cell));
  const ordered = cells.toSorted((one, other) => (lineOf(one) < lineOf(other) ? -1 : 1));
  const fitted = fittingCells(ordered);
  const { rules, ...derivation } = fitRules(base, ordered);
  const measured = await measureFit(base, fitted, signal);
  const trainingData = describeTrainingData(fitted);
  if (!trainingData) throw new FitError('A fit is made from at most 20,000 cells.');

  const { leftOut, before, after, difference, noInterval, someUnknown, isClearlyBetter } = measured;
  const ofBase = base.provenance.trainingData;
  const { files: _files, references, ...kept } = base;
  const artifact = sealArtifact(
    {
      ...kept,
      ...rules,
      format: 'cytograph-model/2',
      provenance: {
        ...base.provenance,
        ...(ofBase ? { trainingData: joinTrainingData(ofBase, trainingData) } : {}),
      },
      fit: {
        base: digest,
        cells: {
          digest: digestOfCells(ordered.map(digested)),
          classes: [
            classCount(
              base.classes[0],
              fitted.filter(({ isPositive }) => !isPositive),
            ),
            classCount(
              base.classes[1],
              fitted.filter(({ isPositive }) => isPositive),
            ),
          ],
          excluded,
          withheldPictures: ordered.length - fitted.length,
          trainingData,
        },
        ...derivation,
        prior: { ...CALIBRATION_PRIOR },
        figures: { leftOut, before, after, difference, noInterval, isClearlyBetter },
        warnings: [...warnings, ...(someUnknown === null ? [] : [someUnknown])],
      },
      ...(references
        ? { references: references.map((reference) => ({ ...reference, ...decide(rules, reference) })) }
        : {}),
    },
    { modelJson, weights, onnx },
  );
  return { artifact, measured };
}

/** The answers of the new rules for a reference image, whose pixels and outputs are those of the same network. */
function decide(
  { calibration, outOfDistribution }: Pick<Manifest, 'calibration' | 'outOfDistribution'>,
  { logit, embedding }: Pick<LocalCell, 'logit' | 'embedding'>,
) {
  return {
    probability: calibratedProbability(calibration, logit),
    outOfDistributionScore: outOfDistributionScore(outOfDistribution, embedding),
  };
}

function classCount(label: string, cells: readonly LocalCell[]) {
  const patients = new Set(cells.flatMap(({ group }) => group ?? [])).size;
  return { label, cells: cells.length, patients: patients > 0 ? patients : null };
}
