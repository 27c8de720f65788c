import {
  type ArgumentRule,
  checkedByOperation,
  fraction,
  idOf,
  oneOf,
  partOfText,
  sha256,
  storedCaseReference,
} from '../../api/argument-rules.js';
import { fileWarningCodes } from '../../image-files/inspection.js';
import { CELL_TYPE_CONTRADICTS } from '../../decision/interpret.js';
import { qualityWarningCodes } from '../../pixels/quality.js';

/** What values of a filter of predictions can match anything. Labels, names and ids are also looked up, by `conditionsOf`. */
export const predictionFilterRules = {
  bulkClassificationId: idOf('bulk'),
  caseId: idOf('case'),
  caseReference: storedCaseReference,
  cellType: checkedByOperation,
  createdById: idOf('user'),
  imageSha256: sha256,
  label: checkedByOperation,
  maxConfidence: fraction,
  minConfidence: fraction,
  modelName: checkedByOperation,
  modelVersionId: idOf('mver'),
  qualityWarning: oneOf([...qualityWarningCodes, ...fileWarningCodes, CELL_TYPE_CONTRADICTS]),
  search: partOfText(2, 200),
  siteId: idOf('site'),
} as const satisfies Record<string, ArgumentRule>;

/** The same for a filter of fields. */
export const fieldFilterRules = {
  caseId: predictionFilterRules.caseId,
  caseReference: predictionFilterRules.caseReference,
  createdById: predictionFilterRules.createdById,
  imageSha256: predictionFilterRules.imageSha256,
  siteId: predictionFilterRules.siteId,
} as const satisfies Record<string, ArgumentRule>;
