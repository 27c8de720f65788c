/**
 * The costs of fields. One unit is about 10 µs of CPU time of the server and Postgres together, so that 100 units are about 1 ms;
 * `benchmarks/hostile` measures this. A field costs its own cost plus, for each object that it returns, the cost of what is
 * selected on it. The terms are those of https://ibm.github.io/graphql-specs/cost-spec.html: a cost is `@cost(weight:)`, an
 * assumed number of entries is `@listSize(assumedSize:)`.
 */
export interface FieldCost {
  /** The cost of the field itself, each time that it is resolved. */
  cost?: number;
  /** How many entries a list without page arguments is assumed to have. */
  assumedSize?: number;
}

/** Of a text, a number or another value without fields. */
export const VALUE_COST = 1;
/** Of an object that is loaded together with the others of its kind. */
export const OBJECT_COST = 3;
/** Of a page of a list: at least one statement for each page. */
export const PAGE_COST = 100;
/** Of an operation's first fields: authorisation and at least one statement. */
export const QUERY_COST = 50;
/** Of checking the session for one event of a subscription, executing and sending it. */
export const EVENT_COST = 30;
/** Of a mutation: a transaction with its audit event. */
export const MUTATION_COST = 500;
/** How many entries a list without page arguments has, if it is not named below. */
export const ASSUMED_SIZE = 10;

/** Of signing in, and of anything else that hashes a password on purpose slowly. */
export const PASSWORD_HASH = { cost: 3_000 };
/** Of a text of up to 200 kB. */
const LONG_TEXT = { cost: 100 };
/** Of loading a version and running it, or reading all of its files. Mutations run one after the other, which limits them too. */
const MODEL_LOAD = { cost: 4_000 };
/** Of reading all files of a version, loading it, and running both of its networks: about 0.3 s. */
const GATES = { cost: 30_000, assumedSize: 10 };
/** Of a statement over many rows. */
const AGGREGATE = { cost: 1_000 };

/** Costs that differ from the ones above, by type and field. */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  'Mutation.signIn': PASSWORD_HASH,
  'Mutation.changePassword': PASSWORD_HASH,
  'Mutation.createUser': PASSWORD_HASH,
  'Mutation.resetPassword': PASSWORD_HASH,
  'Mutation.beginSecondFactor': PASSWORD_HASH,
  'Mutation.removeSecondFactor': PASSWORD_HASH,
  'Mutation.signReport': PASSWORD_HASH,
  // Limited by the accounts' turns.
  'Mutation.classify': { cost: 50 },
  'Mutation.classifyImages': { cost: 50 },
  'Mutation.classifyField': { cost: 50 },
  'Mutation.classifyPredictionAsField': { cost: 50 },
  'Mutation.addFieldCell': { cost: 50 },
  'Field.predictions': { cost: 20, assumedSize: 500 },
  'Field.leftOut': { cost: 3, assumedSize: 10 },
  'Field.counts': { cost: 20 },
  'Case.counts': { cost: 20 }, // a few hundred predictions
  'Case.differential': { cost: 30 }, // a few hundred predictions
  'Differential.rows': { cost: 1, assumedSize: 10 },
  'Differential.versions': { cost: 3, assumedSize: 2 },
  'Case.workedOnBy': { cost: 3, assumedSize: 3 },
  'Case.reports': { cost: 20, assumedSize: 2 },
  // The differential with all cells and reviews of the case; together with the other two.
  'Case.signingObstacles': { cost: 500, assumedSize: 3 },
  'Case.changesSinceSigned': { cost: 500, assumedSize: 3 },
  'ReportDraft.digest': { cost: 500 },
  'ReportDraft.supportingCells': { cost: 500, assumedSize: 12 },
  'Report.content': LONG_TEXT,
  'CaseConnection.totalCount': AGGREGATE,
  'ReviewPredictionsPayload.results': { cost: 50, assumedSize: 100 },
  'WithdrawReviewsPayload.results': { cost: 50, assumedSize: 100 },
  'ClassifyImagesPayload.results': { cost: 50, assumedSize: 50 },
  'Mutation.promoteModelVersion': MODEL_LOAD,
  'Mutation.rollbackModel': MODEL_LOAD,
  'Mutation.registerModelVersion': MODEL_LOAD,

  // All rows of a case.
  'Mutation.eraseCase': { cost: 5_000 },
  'Mutation.moveToCase': { cost: 5_000 }, // up to 5,000 predictions
  'Query.caseContents': AGGREGATE,
  'CaseContents.datasetSnapshots': { cost: 3, assumedSize: 3 },
  'Query.monitoring': AGGREGATE,
  'MonitoringWindow.features': { ...AGGREGATE, assumedSize: 3 },
  'MonitoringWindow.fitSuggestion': AGGREGATE,
  'MonitoringWindow.challengerAgreementRate': AGGREGATE,
  'Query.promotionGates': GATES,
  // All labelled cells of a source, and all of their reviews.
  'Query.fitPreview': { cost: 10_000 },
  'Mutation.startSecondLook': { cost: 10_000 },
  'Query.secondLooks': { cost: 20, assumedSize: 20 },
  'SecondLook.cells': { cost: 20, assumedSize: 100 },
  'SecondLook.cellCount': { cost: 20 },
  'SecondLook.doneCount': { cost: 20 },
  'SecondLook.result': { cost: 20 },
  'Mutation.startReading': { cost: 10_000 }, // orders up to 20,000 predictions
  'Mutation.startDoubleReading': { cost: 10_000 },
  'Query.readings': { cost: 20, assumedSize: 50 },
  'Query.doubleReadings': { cost: 20, assumedSize: 50 },
  'Query.possibleReaders': { cost: 50, assumedSize: 100 },
  'Query.readingAgreement': AGGREGATE,
  'Reading.cells': { cost: 20, assumedSize: 500 },
  'Reading.cellCount': { cost: 20 },
  'Reading.decidedCount': { cost: 20 },
  'DoubleReading.progress': { cost: 20, assumedSize: 3 },
  'DoubleReading.disagreements': { cost: 20 },
  'DoubleReading.agreement': { cost: 50, assumedSize: 3 },
  'ReadingAgreement.withModel': { cost: 3, assumedSize: 3 },
  'FitMetrics.selectiveErrorCurve': { cost: 3, assumedSize: 100 },
  'FitMetrics.scoreDistribution': { cost: 3, assumedSize: 20 },
  'FitCells.excluded': { cost: 3, assumedSize: 3 },
  'Query.users': { cost: 50, assumedSize: 100 },
  'User.identities': { assumedSize: 1 },
  'Query.sites': { cost: 50, assumedSize: 20 },
  'User.sites': { cost: 3, assumedSize: 2 },
  'Query.sessions': { cost: 50, assumedSize: 10 },
  'Query.trainingSchedules': { cost: 50, assumedSize: 20 },
  'Query.models': { cost: 50, assumedSize: 10 },

  // Each of these reads many rows for each object.
  'ModelVersion.predictionCount': { cost: 20 },
  'ModelVersion.shadowAgreement': { cost: 20 },
  'Model.replicas': { cost: 10, assumedSize: 5 },
  'Model.promotions': { cost: 50, assumedSize: 50 },

  // Reads every item of the snapshot, and one answer for each from each version: 10,000 images of 4 versions take about 0.2 s.
  'Query.compareVersions': { cost: 15_000 },
  'VersionComparison.versions': { assumedSize: 4 },
  'VersionComparison.cellTypes': { cost: 100, assumedSize: 10 },
  'VersionComparison.groups': { cost: 200 },
  'VersionComparison.changedImages': { cost: 200 },
  // The bootstrap of all versions, about 0.3 s for each of 4.
  'ComparedVersion.differences': { cost: 5_000 },
  'ComparedVersion.scoreDistribution': { cost: 20, assumedSize: 20 },
  'ComparedFolder.versions': { assumedSize: 4 },
  'ComparedGroup.versions': { assumedSize: 4 },
  'ChangedImage.answers': { assumedSize: 4 },
  'Mutation.evaluateModelVersions': { cost: 5_000 },

  'ModelVersion.modelCard': LONG_TEXT,
  'ModelVersion.evaluations': { cost: 10, assumedSize: 3 },
  'ModelVersion.fits': { cost: 10, assumedSize: 5 },
  'ModelVersion.approvals': { cost: 10, assumedSize: 1 },
  'ModelVersion.files': { cost: 10, assumedSize: 4 },
  'ModelVersion.reportedMetrics': { cost: 10, assumedSize: 2 },
  'TrainingRun.epochs': { cost: 10, assumedSize: 50 },
  'TrainingRun.parameters': { cost: 3, assumedSize: 30 },
  'TrainingSchedule.parameters': { cost: 3, assumedSize: 30 },
  'DatasetSnapshot.findings': { cost: 10, assumedSize: 20 },
  'ValidationFinding.exampleItems': { cost: 10, assumedSize: 10 },
  'Prediction.reviews': { cost: 3, assumedSize: 2 },
  'Prediction.shadowAnswers': { cost: 3, assumedSize: 1 },
  'Prediction.probabilities': { cost: 3, assumedSize: 2 },
  'CellTypeFigures.types': { cost: 3, assumedSize: 10 },
  'CellTypeFigures.confusionMatrix': { cost: 3, assumedSize: 30 },
  'Prediction.cellTypes': { cost: 3, assumedSize: 10 },
  'Promotion.gateResults': { cost: 3, assumedSize: 10 },
};

/** Fields that every type with figures has. Curves have up to a few hundred points. */
export const figureCosts: Readonly<Record<string, FieldCost>> = {
  rocCurve: { cost: 3, assumedSize: 100 },
  reliabilityCurve: { cost: 3, assumedSize: 10 },
  confusionMatrix: { cost: 3, assumedSize: 4 },
};

/**
 * Introspection reads what is in memory. Its lists are large, and lead from types to fields and back to types. The standard
 * introspection query costs about 3,600 units.
 */
export const INTROSPECTION_COST = 0.015;
export const introspectionSizes: Readonly<Record<string, number>> = {
  '__Schema.types': 170,
  '__Schema.directives': 5,
  '__Type.fields': 12,
  '__Type.inputFields': 3,
  '__Type.enumValues': 3,
  '__Type.interfaces': 1,
  '__Type.possibleTypes': 2,
  '__Field.args': 2,
  '__Directive.args': 1,
  '__Directive.locations': 3,
};
