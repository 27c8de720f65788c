import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CellType, PredictionOutcome, ReviewVerdict } from '../../database/generated/enums.js';

/** Every report says this, in each of its forms. */
export const NOTICE = 'Decision support for research and development. Not a medical device.';

/** A share of the white cells, from 0 to 1, with its 95 % interval. Without an interval if it is an estimate of the model. */
const Share = z.strictObject({
  count: z.int().min(0),
  /** How many of them have a review. */
  reviewed: z.int().min(0),
  share: z.number().min(0).max(1).nullable(),
  lower: z.number().nullable(),
  upper: z.number().nullable(),
  /** Whether some of these cells have the answer of the model, without a review. */
  isEstimate: z.boolean(),
});
export type ReportedShare = z.infer<typeof Share>;

/** A cell that the author chose to support the conclusion. Its image is not part of the report: the digest names it. */
const SupportingCell = z.strictObject({
  predictionId: z.string(),
  imageSha256: z.string(),
  /** Box of the cell in its field: left, top, width, height in pixels; empty: the whole image. */
  region: z.array(z.int()),
  outcome: z.enum(PredictionOutcome),
  positiveLabel: z.string(),
  /** Calibrated probability of the positive label. */
  probability: z.number().min(0).max(1),
  /** The cell type that the model named. */
  cellType: z.string().nullable(),
  modelVersionId: z.string(),
  /** The newest review. */
  review: z
    .strictObject({
      id: z.string(),
      verdict: z.enum(ReviewVerdict),
      label: z.string(),
      cellType: z.enum(CellType).nullable(),
      reviewer: z.string(),
    })
    .nullable(),
});
export type ReportedCell = z.infer<typeof SupportingCell>;

const Version = z.strictObject({
  id: z.string(),
  model: z.string(),
  version: z.int(),
  /** SHA-256 of the manifest. */
  digest: z.string(),
  /** Cells of the case that it answered. */
  cells: z.int(),
  decisionThreshold: z.number(),
  abstentionBand: z.array(z.number()),
  positiveLabel: z.string(),
  /** What it was measured on and what it does not know, in sentences. */
  limits: z.array(z.string()),
});
export type ReportedVersion = z.infer<typeof Version>;

/** All that a report says, except who signed it. */
export const ReportContent = z.strictObject({
  format: z.literal('cytograph-report/1'),
  notice: z.string(),
  case: z.strictObject({ id: z.string(), reference: z.string(), site: z.string().nullable() }),
  differential: z.strictObject({
    whiteCells: z.int(),
    minimumCells: z.int(),
    /** Otherwise they are counted with segmented neutrophils. */
    countBandsSeparately: z.boolean(),
    /** Null: other cells than blasts whose type is not stated. */
    rows: z.array(Share.extend({ type: z.enum(CellType).nullable() })),
    blasts: Share,
    blastsAndEquivalents: Share,
    erythroblasts: z.int(),
    erythroblastsPer100: z.number().nullable(),
    smudgeCells: z.int(),
    notCells: z.int(),
    undecided: z.int(),
    /** Cells that were found in fields and not classified. */
    leftOut: z.int(),
    /** Cells at the same place of the same image as another one. */
    repeats: z.int(),
  }),
  /** Written by a person. */
  conclusion: z.string(),
  /** Why fewer white cells than the minimum are enough; empty: no reason is given. */
  fewCellsReason: z.string(),
  supportingCells: z.array(SupportingCell),
  modelVersions: z.array(Version),
  reviewers: z.array(z.strictObject({ id: z.string(), name: z.string(), reviews: z.int() })),
  /** Everything that the differential was counted from. */
  cells: z.strictObject({
    count: z.int(),
    reviewed: z.int(),
    reviews: z.int(),
    /** SHA-256 of the list of cells with their images and reviews, which a signed report has as `cellList`. */
    digest: z.string(),
  }),
});
export type ReportContent = z.infer<typeof ReportContent>;

/** A report as it was signed. Its canonical JSON is stored, and its digest is the SHA-256 of that. */
export const SignedReport = ReportContent.extend({
  version: z.int().positive(),
  /** The digest of the report that this one amends; null for the first. */
  amends: z.string().nullable(),
  signedBy: z.strictObject({ id: z.string(), name: z.string() }),
  signedAt: z.iso.datetime(),
  /** The cells with their images and reviews, see `listCells`, so that it can be checked later what was counted. */
  cellList: z.string(),
});
export type SignedReport = z.infer<typeof SignedReport>;

/** Canonical JSON (RFC 8785) with its SHA-256 in hexadecimal. */
export function canonicalForm(content: ReportContent | SignedReport): { text: string; digest: string } {
  const text = canonicalize(content);
  if (text === undefined) throw new TypeError('A report has no canonical JSON.');
  return { text, digest: createHash('sha256').update(text, 'utf8').digest('hex') };
}
