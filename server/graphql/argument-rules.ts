import {
  anyId,
  type ArgumentRule,
  checkedByOperation,
  fraction,
  idOf,
  storedCaseReference,
} from '../api/argument-rules.js';
import { caseFilterRules } from '../features/cases/case-filter-rules.js';
import { auditEventRules } from '../features/audit-trail/audit-event-rules.js';
import { fieldFilterRules, predictionFilterRules } from '../features/predictions/prediction-filter-rules.js';

/** The rules of arguments and input fields by their names, wherever they are. */
const ofNames: Readonly<Record<string, ArgumentRule>> = {
  afterReviewId: idOf('rev'),
  approvalId: idOf('appr'),
  baseSnapshotId: idOf('snap'),
  datasetSnapshotId: idOf('snap'),
  modelVersionId: idOf('mver'),
  modelVersionIds: idOf('mver'),
  fieldId: idOf('field'),
  predictionId: idOf('pred'),
  reviewIds: idOf('rev'),
  secondLookId: idOf('look'),
  readingId: idOf('read'),
  doubleReadingId: idOf('dbl'),
  readerIds: idOf('user'),
  thirdReaderId: idOf('user'),
  siteId: idOf('site'),
  siteIds: idOf('site'),
  successorId: idOf('mver'),
  userId: idOf('user'),
  webhookId: idOf('hook'),
  // Checked together, by `pageOf`.
  first: checkedByOperation,
  last: checkedByOperation,
  after: checkedByOperation,
  before: checkedByOperation,
  // Texts that an operation validates, looks up or compares with a secret.
  acknowledgedFindings: checkedByOperation,
  clientRequestId: checkedByOperation,
  answeredAt: checkedByOperation,
  code: checkedByOperation,
  comment: checkedByOperation,
  cron: checkedByOperation,
  currentPassword: checkedByOperation,
  datasetName: checkedByOperation,
  description: checkedByOperation,
  displayName: checkedByOperation,
  email: checkedByOperation,
  epochs: checkedByOperation,
  folder: checkedByOperation,
  groupsCsv: checkedByOperation,
  label: checkedByOperation,
  modelCard: checkedByOperation,
  modelName: checkedByOperation,
  name: checkedByOperation,
  newPassword: checkedByOperation,
  password: checkedByOperation,
  positiveLabel: checkedByOperation,
  reason: checkedByOperation,
  seed: checkedByOperation,
  source: checkedByOperation,
  split: checkedByOperation,
  value: checkedByOperation,
  place: checkedByOperation,
  x: checkedByOperation,
  y: checkedByOperation,
  minConfidence: fraction,
  maxConfidence: fraction,
};

/** The rules of single arguments, by their schema coordinates without punctuation: 'Query.prediction.id', 'PredictionFilter.label'. */
const ofCoordinates: Readonly<Record<string, ArgumentRule>> = {
  ...prefixed('PredictionFilter', predictionFilterRules),
  ...prefixed('FieldFilter', fieldFilterRules),
  ...prefixed('CaseFilter', caseFilterRules),
  'CommentOnCaseInput.caseId': idOf('case'),
  'SetDifferentialRulesInput.caseId': idOf('case'),
  'SetDifferentialRulesInput.minimumCells': checkedByOperation,
  'CommentOnCaseInput.replaces': checkedByOperation, // is only compared
  'SaveReportDraftInput.caseId': idOf('case'),
  'SaveReportDraftInput.revision': checkedByOperation, // is only compared
  'SaveReportDraftInput.conclusion': checkedByOperation,
  'SaveReportDraftInput.fewCellsReason': checkedByOperation,
  'SaveReportDraftInput.supportingPredictionIds': idOf('pred'),
  'SignReportInput.caseId': idOf('case'),
  'SignReportInput.digest': checkedByOperation, // is only compared
  'MoveToCaseInput.predictionIds': idOf('pred'),
  'MoveToCaseInput.caseReference': checkedByOperation, // is trimmed
  'Query.case.id': idOf('case'),
  'Query.case.reference': storedCaseReference,
  ...prefixed('AuditEventFilter', auditEventRules),
  ...prefixed('Query.auditEvents', auditEventRules),
  'Query.caseContents.caseReference': storedCaseReference,
  'EraseCaseInput.caseReference': storedCaseReference,
  'ClassifyInput.caseReference': checkedByOperation, // is trimmed
  'DeviceAnswerInput.probability': checkedByOperation, // with the label
  'ClassifyFolderInput.caseReference': checkedByOperation,
  'Query.bulkClassification.id': idOf('bulk'),
  'Query.datasetSnapshot.id': idOf('snap'),
  'Query.evaluation.id': idOf('eval'),
  'Query.fit.id': idOf('fit'),
  'Query.secondLook.id': idOf('look'),
  'Query.reading.id': idOf('read'),
  'Query.doubleReading.id': idOf('dbl'),
  'Query.doubleReadings.caseId': idOf('case'),
  'Query.possibleReaders.caseId': idOf('case'),
  'Mutation.finishReading.id': idOf('read'),
  'StartDoubleReadingInput.caseId': idOf('case'),
  'StartDoubleReadingInput.count': checkedByOperation,
  'StartReadingInput.count': checkedByOperation,
  'Query.field.id': idOf('field'),
  'Query.modelVersion.id': idOf('mver'),
  'Query.node.id': anyId,
  'Query.nodes.ids': checkedByOperation, // each entry separately
  'Query.prediction.id': idOf('pred'),
  'Query.trainingRun.id': idOf('run'),
  'Mutation.cancelBulkClassification.id': idOf('bulk'),
  'Mutation.cancelEvaluation.id': idOf('eval'),
  'Mutation.cancelFit.id': idOf('fit'),
  'Mutation.cancelTraining.id': idOf('run'),
  'Mutation.continueBulkClassification.id': idOf('bulk'),
  'Mutation.continueEvaluation.id': idOf('eval'),
  'Mutation.continueFit.id': idOf('fit'),
  'Mutation.continueIngestion.id': idOf('snap'),
  'Mutation.continueTraining.id': idOf('run'),
  'SaveViewInput.filters': checkedByOperation,
  'Mutation.renameSavedView.id': idOf('view'),
  'Mutation.deleteSavedView.id': idOf('view'),
  'CreateWebhookInput.url': checkedByOperation,
  'UpdateWebhookInput.url': checkedByOperation,
  'Mutation.deleteWebhook.id': idOf('hook'),
  'Mutation.testWebhook.id': idOf('hook'),
  'Mutation.resendWebhookDelivery.id': idOf('dlv'),
  'Mutation.disableUser.id': idOf('user'),
  'Mutation.enableUser.id': idOf('user'),
  'Mutation.endSession.id': idOf('sess'),
  'Mutation.linkIdentity.id': idOf('idn'),
  'Mutation.resetPassword.id': idOf('user'),
  'Mutation.resetSecondFactor.id': idOf('user'),
  'Mutation.revokeApiToken.id': idOf('tok'),
  'Subscription.bulkClassificationChanged.id': idOf('bulk'),
  'Subscription.datasetSnapshotChanged.id': idOf('snap'),
  'Subscription.evaluationChanged.id': idOf('eval'),
  'Subscription.fitChanged.id': idOf('fit'),
  'Subscription.trainingRunChanged.id': idOf('run'),
};

/** The rule of a text, number or id among the arguments; undefined if nobody has decided yet what is valid. */
export function ruleOf(coordinate: string): ArgumentRule | undefined {
  const name = coordinate.slice(coordinate.lastIndexOf('.') + 1);
  return ofCoordinates[coordinate] ?? ofNames[name];
}

function prefixed(owner: string, rules: Readonly<Record<string, ArgumentRule>>) {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [`${owner}.${name}`, rule]));
}
