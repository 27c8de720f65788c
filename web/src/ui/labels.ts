import type {
  BulkClassificationStatus,
  DatasetSnapshotStatus,
  EvaluationStatus,
  FindingSeverity,
  ModelAlias,
  ModelVersionStatus,
  PredictionOutcome,
  Role,
  TrainingRunStatus,
} from '../graphql/graphql.js';

// The text of the API's enum values, the same on every page.

export const outcomeLabels: Record<PredictionOutcome, string> = {
  CLASSIFIED: 'Classified',
  INDETERMINATE: 'Needs review',
  OUT_OF_DISTRIBUTION: 'Not recognised',
};

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
