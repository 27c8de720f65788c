import type { Database } from '../../database/client.js';
import { wilsonInterval } from '../../artifact/wilson-interval.js';
import { isAnsweredIn, type ModelWindow, type Window } from './answered.js';

/** Why the champion may no longer suit the laboratory, and that a fit may help. */
export interface FitSuggestion {
  modelVersionId: string;
  /** Sentences, at least one. */
  reasons: string[];
}

/** The smallest number of representative labels, and of predictions, that a reason is based on. */
const FEWEST_LABELS = 20;
const FEWEST_PREDICTIONS = 50;
/** The largest number of labels that are read; the newest. */
const MOST_LABELS = 20_000;
/** How far the agreement may be below that of the version's held-out images, and the mean probability from the observed share. */
const TOLERANCE = 0.05;
/** Without an earlier window to compare with, the share of unrecognised images that is too high. */
const HIGH_SHARE = 0.1;
/** The 0.975 quantile of the standard normal distribution. */
const Z = 1.959964;

interface Champion {
  id: string;
  positiveLabel: string;
  /** From the manifest: counts of actual and predicted labels on held-out images. */
  confusion: { actual: string; predicted: string; count: number }[];
}

/**
 * Suggests a fit of the champion if, in the window, reviewers agree less with it than with its answers for held-out images, its
 * probabilities are too high or too low, or more images are not recognised than before. Each reason needs more than chance: a 95 %
 * interval, and at least 20 labels or 50 predictions. Labels count only if their cells were chosen without regard to the prediction.
 * Null if there is no champion or no reason.
 */
export async function fitSuggestion(database: Database, window: ModelWindow): Promise<FitSuggestion | null> {
  const champion = await championOf(database, window.modelId);
  if (!champion) return null;
  const ofChampion = { ...window, versions: window.versions.filter(({ id }) => id === champion.id) };
  const before = {
    ...ofChampion,
    from: new Date(2 * window.from.getTime() - window.to.getTime()),
    to: window.from,
  };
  const labels = await representativeLabels(database, ofChampion);
  const reasons = [
    agreementReason(labels, champion),
    calibrationReason(labels, champion),
    recognitionReason(await countOutcomes(database, ofChampion), await countOutcomes(database, before)),
  ].filter((reason) => reason !== null);
  return reasons.length > 0 ? { modelVersionId: champion.id, reasons } : null;
}

async function championOf(database: Database, modelId: string): Promise<Champion | null> {
  const [champion] = await database.$queryRaw<Champion[]>`
    SELECT version.id, version."positiveLabel",
      version.manifest->'metrics'->'validation'->'confusionMatrix' AS confusion
    FROM "ModelAliasAssignment" assignment JOIN "ModelVersion" version ON version.id = assignment."modelVersionId"
    WHERE assignment."modelId" = ${modelId} AND assignment.alias = 'CHAMPION'`;
  return champion ?? null;
}

interface RepresentativeLabel {
  /** The final label. */
  label: string;
  agrees: boolean;
  /** Calibrated probability of the positive label. */
  probability: number;
}

/** The newest labels of predictions in the window that were chosen for their review without regard to the prediction. */
function representativeLabels(database: Database, window: Window): Promise<RepresentativeLabel[]> {
  return database.$queryRaw<RepresentativeLabel[]>`
    SELECT newest.label, newest."agreesWithModel" AS agrees, p.probabilities[2] AS probability
    FROM "Prediction" p CROSS JOIN LATERAL (
      SELECT verdict, label, "agreesWithModel" FROM "Review" WHERE "predictionId" = p.id AND "withdrawnAt" IS NULL
      ORDER BY "createdAt" DESC, id DESC LIMIT 1
    ) AS newest
    WHERE ${isAnsweredIn(window)} AND p.reviewed AND newest.verdict = 'LABEL' AND EXISTS ( -- otherwise the label was withdrawn
      SELECT FROM "Review" r WHERE r."predictionId" = p.id AND r."withdrawnAt" IS NULL AND r.origin IN ('RANDOM_SAMPLE', 'WHOLE_SET'))
    ORDER BY p."createdAt" DESC, p.id DESC LIMIT ${MOST_LABELS}`;
}

async function countOutcomes(
  database: Database,
  window: Window,
): Promise<{ predictions: number; unrecognised: number }> {
  const [counts] = await database.$queryRaw<{ predictions: number; unrecognised: number }[]>`
    SELECT count(*)::int AS predictions, count(*) FILTER (WHERE outcome = 'OUT_OF_DISTRIBUTION')::int AS unrecognised
    FROM "Prediction" p WHERE ${isAnsweredIn(window)}`;
  return counts ?? { predictions: 0, unrecognised: 0 };
}

function agreementReason(labels: readonly RepresentativeLabel[], { confusion }: Champion): string | null {
  if (labels.length < FEWEST_LABELS) return null;
  const all = confusion.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) return null;
  const right = confusion.reduce(
    (sum, { actual, predicted, count }) => sum + (actual === predicted ? count : 0),
    0,
  );
  const agreed = labels.filter(({ agrees }) => agrees).length;
  if (wilsonInterval(agreed, labels.length).upper >= right / all - TOLERANCE) return null;
  return (
    `Reviewers agree with ${percent(agreed / labels.length)} of ${labels.length} predictions that were chosen at random or as a ` +
    `complete set. On held-out images of its training data, ${percent(right / all)} of the version's labels are right.`
  );
}

/** Calibration in the large: the expected number of positives, with its standard deviation √Σ p(1 − p) (Spiegelhalter 1986). */
function calibrationReason(
  labels: readonly RepresentativeLabel[],
  { positiveLabel }: Champion,
): string | null {
  if (labels.length < FEWEST_LABELS) return null;
  const expected = labels.reduce((sum, { probability }) => sum + probability, 0);
  const variance = labels.reduce((sum, { probability }) => sum + probability * (1 - probability), 0);
  const observed = labels.filter(({ label }) => label === positiveLabel).length;
  const difference = Math.abs(observed - expected);
  if (difference <= Z * Math.sqrt(variance) || difference <= TOLERANCE * labels.length) return null;
  return (
    `The mean predicted probability of '${positiveLabel}' is ${percent(expected / labels.length)}, but reviewers found it in ` +
    `${percent(observed / labels.length)} of the same ${labels.length} cells, which were chosen at random or as a complete set.`
  );
}

function recognitionReason(
  now: { predictions: number; unrecognised: number },
  before: { predictions: number; unrecognised: number },
): string | null {
  if (now.predictions < FEWEST_PREDICTIONS) return null;
  const { lower, estimate } = wilsonInterval(now.unrecognised, now.predictions);
  if (before.predictions < FEWEST_PREDICTIONS) {
    return lower <= HIGH_SHARE
      ? null
      : `The version does not recognise ${percent(estimate)} of ${now.predictions} images.`;
  }
  const earlier = wilsonInterval(before.unrecognised, before.predictions);
  if (lower <= earlier.upper || estimate - earlier.estimate <= TOLERANCE) return null;
  return (
    `The version does not recognise ${percent(estimate)} of ${now.predictions} images, compared with ` +
    `${percent(earlier.estimate)} of ${before.predictions} in the same length of time before.`
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
