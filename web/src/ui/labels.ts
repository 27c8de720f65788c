import type {
  BulkClassificationStatus,
  CellType,
  DatasetSnapshotStatus,
  EvaluationStatus,
  FindingSeverity,
  ModelAlias,
  ModelVersionStatus,
  PredictionOutcome,
  ReviewVerdict,
  Role,
  TrainingRunStatus,
} from '../graphql/graphql.js';
import { readable } from './format.js';

// The text of the API's enum values, the same on every page.

export const outcomeLabels: Record<PredictionOutcome, string> = {
  CLASSIFIED: 'Classified',
  INDETERMINATE: 'Needs review',
  OUT_OF_DISTRIBUTION: 'Not recognised',
};

export const verdictLabels: Record<ReviewVerdict, string> = {
  LABEL: 'Label given',
  NOT_A_CELL: 'Not a cell',
  CANNOT_TELL: 'Cannot tell',
};

/** In the order of a list to choose from: by lineage, the least mature first. */
export const cellTypeLabels: Record<CellType, string> = {
  BLAST: 'Blast, lineage not known',
  MYELOBLAST: 'Myeloblast',
  MONOBLAST: 'Monoblast',
  LYMPHOBLAST: 'Lymphoblast',
  PROMYELOCYTE: 'Promyelocyte',
  ABNORMAL_PROMYELOCYTE: 'Abnormal promyelocyte',
  MYELOCYTE: 'Myelocyte',
  METAMYELOCYTE: 'Metamyelocyte',
  BAND_NEUTROPHIL: 'Band neutrophil',
  SEGMENTED_NEUTROPHIL: 'Segmented neutrophil',
  EOSINOPHIL: 'Eosinophil',
  BASOPHIL: 'Basophil',
  PROMONOCYTE: 'Promonocyte',
  MONOCYTE: 'Monocyte',
  LYMPHOCYTE: 'Lymphocyte',
  REACTIVE_LYMPHOCYTE: 'Reactive lymphocyte',
  LARGE_GRANULAR_LYMPHOCYTE: 'Large granular lymphocyte',
  ABNORMAL_LYMPHOCYTE: 'Abnormal lymphocyte',
  PROLYMPHOCYTE: 'Prolymphocyte',
  HAIRY_CELL: 'Hairy cell',
  PLASMA_CELL: 'Plasma cell',
  ERYTHROBLAST: 'Erythroblast (nucleated red cell)',
  SMUDGE_CELL: 'Smudge cell',
  OTHER: 'Another cell type',
};

/** Folder names of public data sets that are not in plain words. */
const cellTypeNames: Readonly<Record<string, string>> = {
  neutrophil_band: 'band neutrophil',
  neutrophil_seg: 'segmented neutrophil',
};

/** A cell type of a model, in words. The types of a model are the names of the folders that it was trained on. */
export function cellTypeName(label: string): string {
  return cellTypeNames[label] ?? readable(label);
}

/** What the rate "Withheld" counts: the outcomes that give no label. */
export const withheldMeaning = `${outcomeLabels.INDETERMINATE.toLowerCase()} or ${outcomeLabels.OUT_OF_DISTRIBUTION.toLowerCase()}`;

export type JobStatus = BulkClassificationStatus | EvaluationStatus | TrainingRunStatus;

export const jobStatusLabels: Record<JobStatus, string> = {
  QUEUED: 'Queued',
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

export const snapshotStatusLabels: Record<DatasetSnapshotStatus, string> = {
  INGESTING: 'Reading images',
  READY: 'Ready',
  REJECTED: 'Rejected',
  FAILED: 'Failed',
};

export const severityLabels: Record<FindingSeverity, string> = {
  ERROR: 'Error',
  WARNING: 'Warning',
  INFO: 'Note',
};

export const versionStatusLabels: Record<ModelVersionStatus, string> = {
  PENDING: 'Pending',
  READY: 'Ready',
  REJECTED: 'Rejected',
  ARCHIVED: 'Archived',
};

export const aliasLabels: Record<ModelAlias, string> = {
  CHAMPION: 'Champion',
  CHALLENGER: 'Challenger',
};

export const roleLabels: Record<Role, string> = {
  CLINICIAN: 'Clinician',
  ML_ENGINEER: 'ML engineer',
  ADMIN: 'Administrator',
  AUDITOR: 'Auditor',
};
