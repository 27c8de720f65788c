import 'reflect-metadata';
import { createPubSub } from '@graphql-yoga/subscription';
import { GraphQLSchema, lexicographicSortSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchema } from 'type-graphql';
import { AuditEventConnectionResolver, AuditEventResolver } from '../features/audit-trail/resolvers.js';
import { AccountResolver, ApiTokenResolver, UserResolver } from '../features/accounts/resolvers.js';
import { SiteResolver, UserSitesResolver } from '../features/accounts/sites/resolvers.js';
import {
  BulkClassificationResolver,
  PredictionBulkClassificationResolver,
} from '../features/bulk/resolvers.js';
import {
  CaseConnectionResolver,
  CaseResolver,
  BulkClassificationCaseResolver,
  FieldCaseResolver,
  PredictionCaseResolver,
} from '../features/cases/resolvers.js';
import {
  CaseDifferentialResolver,
  DifferentialResolver,
  DifferentialVersionResolver,
} from '../features/differential/resolvers.js';
import {
  DatasetItemResolver,
  DatasetSnapshotResolver,
  ValidationFindingResolver,
} from '../features/datasets/resolvers.js';
import {
  ApprovalWithdrawalResolver,
  PromotionApprovalResolver,
  PromotionResolver,
} from '../features/models/promotions/resolvers.js';
import {
  ChangedImageResolver,
  ComparedVersionResolver,
  VersionComparisonResolver,
} from '../features/models/comparison/resolvers.js';
import {
  EvaluationResolver,
  FiguresResolver,
  ModelResolver,
  ModelVersionResolver,
} from '../features/models/resolvers.js';
import { RegistrationResolver } from '../features/models/registration/resolvers.js';
import { ModelReplicaResolver, ReplicaResolver } from '../features/models/replicas/resolvers.js';
import {
  DeviceAnswerResolver,
  PredictionDeviceAnswerResolver,
} from '../features/predictions/device-answers/resolvers.js';
import {
  PredictionShadowResolver,
  ShadowAgreementResolver,
  ShadowAnswerResolver,
} from '../features/predictions/shadow/resolvers.js';
import { FitSuggestionResolver, MonitoringResolver } from '../features/monitoring/resolvers.js';
import { PredictionChangeResolver } from '../features/prediction-changes/resolvers.js';
import {
  ClassifiedImageResolver,
  PredictionConnectionResolver,
  PredictionResolver,
  ReviewedPredictionResolver,
  WithdrawnReviewResolver,
} from '../features/predictions/resolvers.js';
import { FieldsResolver, PredictionFieldResolver } from '../features/predictions/fields/resolvers.js';
import { FitResolver, ModelVersionFitResolver } from '../features/fitting/resolvers.js';
import { SecondLookCellResolver, SecondLookResolver } from '../features/fitting/second-look/resolvers.js';
import { ErasureResolver } from '../features/erasure/resolvers.js';
import {
  DatasetItemReviewsResolver,
  SnapshotCreationResolver,
} from '../features/review-snapshots/resolvers.js';
import { CaseReportResolver, ReportDraftResolver, ReportResolver } from '../features/reports/resolvers.js';
import {
  DoubleReadingResolver,
  ReaderAgreementResolver,
  ReadingAgreementResolver,
  ReadingCellResolver,
  ReadingProgressResolver,
  ReadingResolver,
} from '../features/readings/resolvers.js';
import { ReviewResolver } from '../features/reviews/resolvers.js';
import {
  ModelVersionTrainingResolver,
  TrainingRunResolver,
  TrainingScheduleResolver,
} from '../features/training/resolvers.js';
import { SavedViewResolver } from '../features/saved-views/resolvers.js';
import { WebhookDeliveryResolver, WebhookResolver } from '../features/webhooks/resolvers.js';
import { StoredImageResolver } from '../features/images/resolvers.js';
import { errorCodeType } from '../api/error-codes.js';
import { cancelQueries } from './cancel-queries.js';
import { checkArguments } from './check-arguments.js';
import { markSeenAnswers } from './mark-seen-answers.js';
import { NodeResolver } from './node-resolver.js';
import { withholdFields } from './withhold-fields.js';

/** The whole API: every feature's resolvers in one schema, sorted by name. */
export async function createSchema(): Promise<GraphQLSchema> {
  const built = await buildSchema({
    resolvers: [
      AccountResolver,
      AuditEventConnectionResolver,
      AuditEventResolver,
      ApiTokenResolver,
      BulkClassificationResolver,
      CaseConnectionResolver,
      BulkClassificationCaseResolver,
      CaseResolver,
      CaseDifferentialResolver,
      DifferentialResolver,
      DifferentialVersionResolver,
      FieldCaseResolver,
      PredictionCaseResolver,
      FieldsResolver,
      PredictionFieldResolver,
      DatasetItemResolver,
      DatasetItemReviewsResolver,
      SnapshotCreationResolver,
      DatasetSnapshotResolver,
      ErasureResolver,
      SavedViewResolver,
      WebhookDeliveryResolver,
      WebhookResolver,
      FitResolver,
      DoubleReadingResolver,
      ReaderAgreementResolver,
      ReadingAgreementResolver,
      ReadingCellResolver,
      ReadingProgressResolver,
      ReadingResolver,
      SecondLookResolver,
      SecondLookCellResolver,
      FitSuggestionResolver,
      ModelVersionFitResolver,
      EvaluationResolver,
      ModelReplicaResolver,
      ChangedImageResolver,
      ComparedVersionResolver,
      VersionComparisonResolver,
      FiguresResolver,
      ModelResolver,
      ModelVersionResolver,
      MonitoringResolver,
      NodeResolver,
      PredictionBulkClassificationResolver,
      PredictionChangeResolver,
      ClassifiedImageResolver,
      ReviewedPredictionResolver,
      WithdrawnReviewResolver,
      PredictionConnectionResolver,
      PredictionResolver,
      PredictionShadowResolver,
      ApprovalWithdrawalResolver,
      PromotionApprovalResolver,
      PromotionResolver,
      RegistrationResolver,
      ReplicaResolver,
      ReviewResolver,
      CaseReportResolver,
      ReportResolver,
      ReportDraftResolver,
      ShadowAgreementResolver,
      ShadowAnswerResolver,
      DeviceAnswerResolver,
      PredictionDeviceAnswerResolver,
      SiteResolver,
      StoredImageResolver,
      TrainingRunResolver,
      ModelVersionTrainingResolver,
      TrainingScheduleResolver,
      UserResolver,
      UserSitesResolver,
      ValidationFindingResolver,
    ],
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    pubSub: createPubSub(), // not used, but required by TypeGraphQL: each subscription provides its own events
    validate: false, // operations check their input themselves and report problems in userErrors
  });
  const config = built.toConfig();
  const schema = new GraphQLSchema({ ...config, types: [...config.types, errorCodeType] });
  const sorted = lexicographicSortSchema(schema);
  markSeenAnswers(sorted);
  withholdFields(sorted);
  cancelQueries(sorted);
  checkArguments(sorted);
  return sorted;
}
