import type { PredictionFilter } from './types.js';

/** How to name each condition of a filter that depends on the prediction; null for the others. */
const names: Record<keyof PredictionFilter, string | null> = {
  label: 'the predicted label',
  cellType: 'the named cell type',
  outcome: 'the outcome',
  minConfidence: 'the confidence',
  maxConfidence: 'the confidence',
  qualityWarning: 'the quality warnings',
  createdAfter: null,
  createdBefore: null,
  modelVersionId: null,
  modelName: null,
  caseReference: null,
  caseId: null,
  createdById: null,
  reviewed: null,
  verdict: null,
  imageSha256: null,
  search: null,
  bulkClassificationId: null,
  siteId: null,
};

/** The conditions of a filter that depend on the prediction, in words: cells chosen by them are not typical of all cells. */
export function conditionsByPrediction(filter: PredictionFilter): string[] {
  const given = new Map<string, unknown>(Object.entries(filter));
  const words = Object.entries(names).flatMap(([name, word]) =>
    word !== null && given.get(name) != null ? [word] : [],
  );
  return [...new Set(words)];
}

/** Whether a filter finds cells by what the model or a reviewer found in them. Which cells are reviewed depends on that too. */
export function dependsOnAnswer(filter: PredictionFilter): boolean {
  return filter.reviewed != null || filter.verdict != null || conditionsByPrediction(filter).length > 0;
}
