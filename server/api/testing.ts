import type { Permission } from './permissions.js';

// Who may call what: the permission of each operation, kind of object and route. Tests compare these tables with the schema and
// with the router, so an operation or route without an entry fails them, and then call each one as every role and as nobody.

/** Operations that need no permission: they concern the caller's own sign-in, or answer strangers with null. */
export const FOR_ANYONE: readonly string[] = [
  'viewer',
  'signInMethods',
  'signIn',
  'signOut',
  'signOutOfProvider',
  'changePassword',
];

/** Operations that signed-in users call for themselves. For others they need the permission 'manage users'. */
export const FOR_THEMSELVES: readonly string[] = [
  'apiTokens',
  'sessions',
  'endSession',
  'signOutEverywhere',
  'revokeApiToken',
];

/** The permission that each other query, mutation and subscription needs. */
export const OPERATIONS: Readonly<Record<string, Permission>> = {
  auditEvents: 'read the audit trail',
  bulkClassification: 'read predictions',
  bulkClassifications: 'read predictions',
  caseContents: 'erase cases',
  championAt: 'read models',
  datasetSnapshot: 'read datasets',
  datasetSnapshots: 'read datasets',
  evaluation: 'read models',
  field: 'read predictions',
  evaluations: 'read models',
  model: 'read models',
  modelVersion: 'read models',
  models: 'read models',
  monitoring: 'read predictions',
  prediction: 'read predictions',
  predictionChanges: 'read predictions',
  predictions: 'read predictions',
  promotionGates: 'promote models',
  trainingRun: 'read training',
  trainingRuns: 'read training',
  trainingSchedules: 'read training',
  sites: 'read predictions',
  users: 'read users',
  webhooks: 'manage webhooks',
  createWebhook: 'manage webhooks',
  updateWebhook: 'manage webhooks',
  deleteWebhook: 'manage webhooks',
  testWebhook: 'manage webhooks',
  resendWebhookDelivery: 'manage webhooks',
  addFieldCell: 'classify',
  approvePromotion: 'promote models',
  withdrawApproval: 'promote models',
  approveRetirement: 'promote models',
  archiveModelVersion: 'promote models',
  beginSecondFactor: 'change your account',
  cancelBulkClassification: 'classify folders',
  cancelEvaluation: 'evaluate models',
  cancelTraining: 'train',
  classify: 'classify',
  classifyField: 'classify',
  classifyImages: 'classify',
  classifyFolder: 'classify folders',
  confirmSecondFactor: 'change your account',
  continueBulkClassification: 'classify folders',
  continueEvaluation: 'evaluate models',
  continueIngestion: 'create datasets',
  continueTraining: 'train',
  createApiToken: 'change your account',
  createDatasetSnapshot: 'create datasets',
  createUser: 'give out passwords',
  disableUser: 'manage users',
  enableUser: 'manage users',
  eraseCase: 'erase cases',
  evaluateModelVersion: 'evaluate models',
  linkIdentity: 'give out passwords',
  promoteModelVersion: 'promote models',
  registerModelVersion: 'register models',
  removeSecondFactor: 'change your account',
  resetPassword: 'give out passwords',
  resetSecondFactor: 'give out passwords',
  retireModelVersion: 'promote models',
  reviewPrediction: 'review',
  rollbackModel: 'promote models',
  setTrainingSchedule: 'train',
  createSite: 'manage users',
  renameSite: 'manage users',
  setUserRoles: 'manage users',
  setUserSites: 'manage users',
  startTraining: 'train',
  bulkClassificationChanged: 'read predictions',
  championChanged: 'read models',
  datasetSnapshotChanged: 'read datasets',
  evaluationChanged: 'read models',
  predictionChanged: 'read predictions',
  predictionCreated: 'read predictions',
  trainingRunChanged: 'read training',
};

/** The kinds of objects that `node` finds by id, by the prefix of the id, and the permission for each. */
export const NODES: Readonly<Record<string, Permission>> = {
  aud: 'read the audit trail',
  snap: 'read datasets',
  run: 'read training',
  sched: 'read training',
  model: 'read models',
  mver: 'read models',
  prom: 'read models',
  appr: 'read models',
  eval: 'read models',
  pred: 'read predictions',
  field: 'read predictions',
  rev: 'read predictions',
  bulk: 'read predictions',
  site: 'read predictions',
};

/**
 * The permissions for each HTTP route, all of which a caller needs. None: for anyone. 'this machine': for programs on the same machine,
 * or with METRICS_TOKEN.
 */
export const ROUTES: Readonly<Record<string, readonly Permission[] | 'this machine'>> = {
  'GET /healthz': [],
  'GET /readyz': [],
  'GET /metrics': 'this machine',
  'POST /predict': ['classify'],
  'GET /files/images/:sha256': ['read predictions', 'see images'],
  'GET /files/images/:sha256/original': ['read predictions', 'see images', 'download original images'],
  'GET /files/images/:sha256/thumbnail': ['read predictions', 'see images'],
  'GET /files/predictions/:id/cell.jpg': ['read predictions', 'see images'],
  'GET /files/predictions/:id/evidence.png': ['read predictions', 'see images'],
  'GET /files/models/:versionId/:name': ['read models'],
  'GET /export/predictions': ['read predictions'],
  'GET /audit/events.csv': ['read the audit trail'],
  'GET /audit/events.jsonl': ['read the audit trail'],
  'GET /openapi.json': [],
  'GET /docs': [],
  'GET /graphql': [], // a page of the web app, which asks people to sign in
  // People who sign in with the identity provider have not signed in yet.
  'GET /oidc/sign-in': [],
  'GET /oidc/callback': [],
  'POST /oidc/back-channel-logout': [], // the provider proves itself with a signed token
  'GET /{*page}': [], // the web app: its pages contain no data
};

/** Paths of handlers that are not routes: GraphQL, the files of the web app, and the error handlers. */
export const OTHER_HANDLERS: readonly string[] = [
  '/',
  '/graphql',
  '/assets',
  '/metrics',
  '/predict',
  '/files',
  '/export',
  '/oidc',
  '/audit',
  '/openapi.json',
];

/** The permission for each field that has a rule. Without it the field is null, an empty list, or refused. */
export const FIELDS: Readonly<Record<string, Permission>> = {
  'AddFieldCellPayload.field': 'read predictions',
  'BulkClassification.caseReference': 'see images',
  'BulkClassification.error': 'see images',
  'BulkClassification.failedFiles': 'see images',
  'BulkClassification.predictions': 'read predictions',
  'BulkClassification.skippedFiles': 'see images',
  'DatasetItem.group': 'see dataset items',
  'DatasetItem.key': 'see dataset items',
  'DatasetSnapshot.items': 'see dataset items',
  'DatasetSnapshot.skippedFiles': 'see dataset items',
  'Field.caseReference': 'see images',
  'Field.fileName': 'see images',
  'Prediction.bulkClassification': 'read predictions',
  'Prediction.caseReference': 'see images',
  'Prediction.cellImageUrl': 'see images',
  'Prediction.evidenceMapUrl': 'see images',
  'Prediction.field': 'read predictions',
  'Prediction.fileName': 'see images',
  'Prediction.frame': 'see images',
  'Prediction.repeatOf': 'read predictions',
  'Review.comment': 'see images',
  'StoredImage.originalUrl': 'download original images',
  'TrainingRun.items': 'see dataset items',
  'ValidationFinding.exampleItems': 'see dataset items',
  'ValidationFinding.examples': 'see dataset items',
};

/** Types that are found only below fields with a rule, so their texts need none. */
export const TYPES_BELOW_FIELDS: readonly string[] = [
  'DatasetItem',
  'DatasetItemEdge',
  'FailedFile',
  'FailedFileEdge',
  'SkippedFile',
  'SkippedFileEdge',
];

/**
 * Every other text that the API returns, by type. None of them names a patient, a case or a patient's file. A new text that is
 * neither here nor in {@link FIELDS} fails a test: decide whether it may contain such a name.
 *
 * `source` names the folder or bucket that an engineer gave. `reason` and `comment` of promotions and approvals concern models.
 * `message` of a finding is replaced for auditors where it may quote names.
 */
export const OTHER_TEXTS: Readonly<Record<string, string>> = {
  ApiToken: 'lastUsedIp name',
  ApprovalWithdrawal: 'reason',
  ArtifactFile: 'name sha256 url',
  AuditEvent: 'action casePseudonym chainPosition detail ip outcome requestId',
  AuditEventEdge: 'cursor',
  AuditedAnswer: 'label outcome',
  BeginSecondFactorPayload: 'secret uri',
  BulkClassification: 'source',
  BulkClassificationEdge: 'cursor',
  ClassProbability: 'label',
  ClassifiedImage: 'fileName', // which the caller has just sent
  ConfirmSecondFactorPayload: 'recoveryCodes',
  ConfusionCell: 'actual predicted',
  CreateApiTokenPayload: 'secret',
  DatasetSnapshot: 'digest groupsCsv name source',
  DatasetSnapshotEdge: 'cursor',
  DriftFeature: 'name',
  Evaluation: 'error overlap split',
  EvaluationEdge: 'cursor',
  Field: 'qualityWarnings',
  FolderLabel: 'folder label',
  GateResult: 'gate message',
  LabelCount: 'label',
  Model: 'description name',
  ModelVersion: 'artifactUri classes description digest modelCard positiveLabel',
  ModelVersionEdge: 'cursor',
  Mutation: 'signOutOfProvider',
  PageInfo: 'endCursor startCursor',
  Parameter: 'name value',
  Prediction: 'finalLabel label qualityWarnings thresholdLabel',
  PredictionChange: 'cursor',
  PredictionChangeEdge: 'cursor',
  PredictionEdge: 'cursor',
  Promotion: 'overridden reason',
  PromotionApproval: 'comment',
  Replica: 'challengerError error name',
  ReportedMetrics: 'split',
  Review: 'label',
  Session: 'ip lastUsedIp userAgent',
  ShadowAnswer: 'label',
  SignInProvider: 'contact name url',
  Site: 'name',
  StoredImage: 'mediaType sha256 thumbnailUrl url',
  TrainingRun: 'acknowledgedFindings error modelName positiveLabel',
  TrainingRunEdge: 'cursor',
  TrainingSchedule: 'acknowledgedFindings cron datasetName lastOutcome modelName positiveLabel',
  User: 'displayName email',
  UserError: 'field message',
  UserIdentity: 'displayName email issuer subject',
  UserPayload: 'oneTimePassword',
  ValidationFinding: 'check message',
  Webhook: 'name url',
  WebhookDelivery: 'error',
  WebhookDeliveryEdge: 'cursor',
  WebhookPayload: 'secret',
};
