import type { ClassificationTarget } from './classification-queue.js';

/** What applies to the next files, besides their case. */
export type TargetChoice = Omit<ClassificationTarget, 'caseReference'>;

export const DEFAULT_TARGET: TargetChoice = {
  modelName: null,
  modelVersionId: null,
  siteId: null,
  picture: 'automatic',
};
