import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { batched, forgetBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { type UserError, withUserErrors } from '../../api/user-error.js';
import { type CaseRow, loadCases } from '../cases/load-cases.js';
import { Case } from '../cases/types.js';
import { loadModelVersions } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { loadDifferentials } from './count-differential.js';
import { loadDifferentialVersions } from './load-differential-versions.js';
import { setDifferentialRules } from './set-differential-rules.js';
import {
  Differential,
  DifferentialVersion,
  SetDifferentialRulesInput,
  SetDifferentialRulesPayload,
} from './types.js';

@Resolver(() => Case)
export class CaseDifferentialResolver {
  @FieldResolver(() => Differential, {
    nullable: true,
    description: 'How many cells are of each type. Null only if the case was erased at this moment.',
  })
  differential(@Root() { id }: CaseRow, @Ctx() context: RequestContext) {
    return batched(context, loadDifferentials).load(id);
  }

  @Mutation(() => SetDifferentialRulesPayload, {
    description: 'Sets how the cells of a case are counted in its differential. Not of a signed case.',
  })
  setDifferentialRules(
    @Ctx() context: RequestContext,
    @Arg('input', () => SetDifferentialRulesInput) input: SetDifferentialRulesInput,
  ) {
    return withUserErrors<{ case: CaseRow | null; userErrors: UserError[] }>(async () => {
      await setDifferentialRules(context, input);
      forgetBatches(context);
      return { case: await batched(context, loadCases).load(input.caseId) };
    });
  }
}

@Resolver(() => Differential)
export class DifferentialResolver {
  @FieldResolver(() => [DifferentialVersion], {
    description: 'The versions that classified cells of the case.',
  })
  async versions(@Root() { versionIds }: Differential, @Ctx() context: RequestContext) {
    const found = await batched(context, loadDifferentialVersions).loadMany(versionIds);
    return found.flatMap((version) => (version instanceof Error ? [] : (version ?? [])));
  }
}

@Resolver(() => DifferentialVersion)
export class DifferentialVersionResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: DifferentialVersion, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }
}
