import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { LARGEST_PAGE } from '../api/connection.js';
import { anyId } from '../api/argument-rules.js';
import { badUserInput, unauthenticated } from '../api/errors.js';
import { Node, typeNameOf } from '../api/node.js';
import { findApiToken } from '../features/accounts/api-tokens.js';
import { findAuditEvent } from '../features/audit-trail/list-audit-events.js';
import { findUser } from '../features/accounts/find-user.js';
import { findSite } from '../features/accounts/sites/load-sites.js';
import { findBulkClassification } from '../features/bulk/load-bulk-classifications.js';
import { findCase } from '../features/cases/load-cases.js';
import { findDatasetSnapshot } from '../features/datasets/find-dataset-snapshot.js';
import {
  findEvaluation,
  findModel,
  findModelVersion,
  findPromotion,
  findPromotionApproval,
} from '../features/models/find-model.js';
import { findFit } from '../features/fitting/load-fits.js';
import type { SearchContext } from '../features/predictions/authorise-filter.js';
import { findField } from '../features/predictions/fields/load-fields.js';
import { findPrediction } from '../features/predictions/load-predictions.js';
import { findReview } from '../features/reviews/load-reviews.js';
import { findTrainingRun } from '../features/training/find-training-run.js';
import { findTrainingSchedule } from '../features/training/find-training-schedule.js';

type Find = (context: SearchContext, id: string) => Promise<{ id: string } | null>;

/** How to load each type that has ids. The feature of the type authorises the access. */
const finders: Record<string, Find> = {
  ApiToken: findApiToken,
  AuditEvent: findAuditEvent,
  BulkClassification: findBulkClassification,
  Case: findCase,
  DatasetSnapshot: findDatasetSnapshot,
  Evaluation: findEvaluation,
  Field: findField,
  Fit: findFit,
  Model: findModel,
  ModelVersion: findModelVersion,
  Prediction: findPrediction,
  Promotion: findPromotion,
  PromotionApproval: findPromotionApproval,
  Review: findReview,
  Site: findSite,
  TrainingRun: findTrainingRun,
  TrainingSchedule: findTrainingSchedule,
  User: findUser,
};

@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: 'Any object by its id. Null if the object does not exist or the viewer may not see it.',
  })
  node(@Ctx() context: SearchContext, @Arg('id', () => ID) id: string) {
    return findNode(context, id);
  }

  @Query(() => [Node], {
    nullable: 'items',
    description:
      `Objects by their ids, at most ${LARGEST_PAGE}, in the order of the ids. Null for each object that does not exist or that the ` +
      'viewer may not see. An id that `node` refuses is an error of its entry only.',
  })
  nodes(@Ctx() context: SearchContext, @Arg('ids', () => [ID]) ids: string[]) {
    if (!context.viewer) throw unauthenticated();
    if (ids.length > LARGEST_PAGE)
      throw badUserInput(`'ids' has at most ${LARGEST_PAGE} ids, not ${ids.length}. Send several requests.`);
    return ids.map((id) => findNode(context, id));
  }
}

async function findNode(context: SearchContext, id: string): Promise<{ id: string } | null> {
  const fault = anyId(id);
  if (fault !== null) throw context.viewer ? badUserInput(`An id ${fault}.`) : unauthenticated();
  const find = finders[typeNameOf(id) ?? ''];
  return find ? find(context, id) : null;
}
