import {
  type ArgumentRule,
  checkedByOperation,
  fraction,
  idOf,
  sha256,
  storedCaseReference,
} from '../../api/argument-rules.js';

/** What values of a filter of predictions can match anything. Labels, names and ids are also looked up, by `conditionsOf`. */
export const predictionFilterRules = {
  caseReference: storedCaseReference,
  createdById: idOf('user'),
  imageSha256: sha256,
  label: checkedByOperation,
  maxConfidence: fraction,
  minConfidence: fraction,
  modelName: checkedByOperation,
  modelVersionId: idOf('mver'),
  siteId: idOf('site'),
} as const satisfies Record<string, ArgumentRule>;
