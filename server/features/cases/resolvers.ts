import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched, forgetBatches } from '../../api/batched.js';
import { PageArguments } from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { Needs } from '../../api/needs.js';
import { type UserError, withUserErrors } from '../../api/user-error.js';
import { loadUsers } from '../accounts/load-users.js';
import { loadSites } from '../accounts/sites/load-sites.js';
import { Site } from '../accounts/sites/types.js';
import { User } from '../accounts/types.js';
import type { BulkClassificationRow } from '../bulk/load-bulk-classifications.js';
import { BulkClassification } from '../bulk/types.js';
import { recordSearch, type SearchContext } from '../predictions/authorise-filter.js';
import { listFields } from '../predictions/fields/list-fields.js';
import type { FieldRow } from '../predictions/fields/load-fields.js';
import { CellField, FieldConnection } from '../predictions/fields/types.js';
import { listPredictions } from '../predictions/list-predictions.js';
import { loadPredictions, type PredictionRow } from '../predictions/load-predictions.js';
import { Prediction, PredictionConnection, PredictionOrder } from '../predictions/types.js';
import { commentOnCase } from './comment-on-case.js';
import { loadCountsOfCases, NO_CELLS } from './count-cells.js';
import { type CasePage, listCases } from './list-cases.js';
import {
  type CaseRow,
  findOneCase,
  loadCases,
  loadCasesOfBulkClassifications,
  loadCasesOfFields,
  loadCasesOfPredictions,
  loadWorkersOfCases,
} from './load-cases.js';
import { moveToCase } from './move-to-case.js';
import {
  Case,
  CaseConnection,
  CaseCountsObject,
  CaseFilter,
  CommentOnCaseInput,
  CommentOnCasePayload,
  MoveToCaseInput,
  MoveToCasePayload,
} from './types.js';

@Resolver(() => Case)
export class CaseResolver {
  @Query(() => Case, {
    nullable: true,
    description:
      'A case by its id or by its exact reference. With a reference and without a site, the case of the viewer’s first site comes first; if ' +
      'several other sites have the reference, give the site. Null if the viewer sees no such case. Auditors give the id.',
  })
  case(
    @Ctx() context: SearchContext,
    @Arg('id', () => ID, { nullable: true }) id?: string | null,
    @Arg('reference', () => String, { nullable: true }) reference?: string | null,
    @Arg('siteId', () => ID, { nullable: true }) siteId?: string | null,
  ): Promise<CaseRow | null> {
    recordSearch(context, { caseReference: reference });
    return findOneCase(context, { id, reference, siteId });
  }

  @Query(() => CaseConnection, { description: 'Cases, newest first.' })
  cases(
    @Ctx() context: SearchContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
    @Arg('filter', () => CaseFilter, { nullable: true }) filter?: CaseFilter | null,
  ): Promise<CasePage> {
    if (filter) recordSearch(context, { search: filter.search });
    return listCases(context, { first, after, last, before }, filter ?? {});
  }

  @Mutation(() => CommentOnCasePayload, {
    description: 'Replaces the comment of a case. The comment of a signed case does not change.',
  })
  commentOnCase(
    @Ctx() context: RequestContext,
    @Arg('input', () => CommentOnCaseInput) input: CommentOnCaseInput,
  ) {
    return withUserErrors<{ case: CaseRow | null; userErrors: UserError[] }>(async () => {
      const { caseId, comment = null, replaces } = input;
      await commentOnCase(context, { caseId, comment, replaces });
      forgetBatches(context);
      return { case: await batched(context, loadCases).load(input.caseId) };
    });
  }

  @Mutation(() => MoveToCasePayload, {
    description:
      'Moves predictions to the case with a reference, at the site of each prediction: from another case, or from none. Reviews stay with their predictions.',
  })
  moveToCase(@Ctx() context: RequestContext, @Arg('input', () => MoveToCaseInput) input: MoveToCaseInput) {
    return withUserErrors<{ predictions: PredictionRow[]; userErrors: UserError[] }>(async () => {
      await moveToCase(context, input);
      forgetBatches(context);
      const moved = await batched(context, loadPredictions).loadMany(input.predictionIds);
      return { predictions: moved.flatMap((row) => (row instanceof Error ? [] : (row ?? []))) };
    });
  }

  @FieldResolver(() => Site, {
    nullable: true,
    description: 'The site whose users sent the images. Null if they were sent by users without a site.',
  })
  site(@Root() { siteId }: CaseRow, @Ctx() context: RequestContext) {
    return siteId && batched(context, loadSites).load(siteId);
  }

  @FieldResolver(() => [User], {
    description: 'Users who sent or reviewed images of the case, or changed the case.',
  })
  async workedOnBy(@Root() { id }: CaseRow, @Ctx() context: RequestContext): Promise<User[]> {
    const ids = (await batched(context, loadWorkersOfCases).load(id)) ?? [];
    const users = await Promise.all(ids.map((userId) => batched(context, loadUsers).load(userId)));
    return users.flatMap((user) => user ?? []);
  }

  @FieldResolver(() => CaseCountsObject)
  async counts(@Root() { id }: CaseRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadCountsOfCases).load(id)) ?? NO_CELLS;
  }

  @FieldResolver(() => PredictionConnection, {
    description:
      'All cells of the case: those of fields and of bulk classifications too. Newest first by default.',
  })
  predictions(
    @Root() { id }: CaseRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) { first, after, last, before }: PageArguments,
    @Arg('order', () => PredictionOrder, { nullable: true }) order?: PredictionOrder | null,
  ) {
    return listPredictions(context, { first, after, last, before, filter: { caseId: id }, order });
  }

  @FieldResolver(() => FieldConnection, { description: 'The fields of the case, newest first.' })
  fields(
    @Root() { id }: CaseRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return listFields(context, page, { caseId: id });
  }
}

@Resolver(() => CaseConnection)
export class CaseConnectionResolver {
  @FieldResolver(() => Int)
  totalCount(@Root() page: CasePage): Promise<number> {
    return page.count();
  }
}

@Resolver(() => Prediction)
export class PredictionCaseResolver {
  @Needs('read predictions') // a token for classifying is enough to make a prediction
  @FieldResolver(() => Case, {
    nullable: true,
    description: 'The case that the image belongs to. Null if the image was sent without a case reference.',
  })
  case(@Root() { id, caseReference }: PredictionRow, @Ctx() context: RequestContext) {
    return caseReference === null ? null : batched(context, loadCasesOfPredictions).load(id);
  }
}

@Resolver(() => CellField)
export class FieldCaseResolver {
  @Needs('read predictions')
  @FieldResolver(() => Case, {
    nullable: true,
    description: 'The case that the field belongs to. Null if it was sent without a case reference.',
  })
  case(@Root() { id, caseReference }: FieldRow, @Ctx() context: RequestContext) {
    return caseReference === null ? null : batched(context, loadCasesOfFields).load(id);
  }
}

@Resolver(() => BulkClassification)
export class BulkClassificationCaseResolver {
  @Needs('read predictions')
  @FieldResolver(() => Case, {
    nullable: true,
    description: 'The case of every prediction of the job. Null if it was started without a case reference.',
  })
  case(@Root() { id, caseReference }: BulkClassificationRow, @Ctx() context: RequestContext) {
    return caseReference === null ? null : batched(context, loadCasesOfBulkClassifications).load(id);
  }
}
