import { Ctx, FieldResolver, ID, Resolver, Root } from 'type-graphql';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { type ModelRow, loadModelVersions } from '../load-models.js';
import { type ReplicaRow, loadReplicasOfModels } from './load-replicas.js';
import { Replica } from './types.js';
import { Model, ModelVersion } from '../types.js';

@Resolver(() => Model)
export class ModelReplicaResolver {
  @FieldResolver(() => [Replica], { description: 'The processes that serve the model now, ordered by name.' })
  async replicas(@Root() { id }: ModelRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadReplicasOfModels).load(id)) ?? [];
  }
}

@Resolver(() => Replica)
export class ReplicaResolver {
  @FieldResolver(() => ID)
  id(@Root() { replicaId }: ReplicaRow): string {
    return replicaId;
  }

  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description:
      'The version that the process uses: the champion, or the previous champion while the champion does not load.',
  })
  servedVersion(@Root() { servedVersionId }: ReplicaRow, @Ctx() context: RequestContext) {
    return servedVersionId && batched(context, loadModelVersions).load(servedVersionId);
  }

  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description: 'The challenger that shadows the champion in this process.',
  })
  challengerVersion(@Root() { challengerVersionId }: ReplicaRow, @Ctx() context: RequestContext) {
    return challengerVersionId && batched(context, loadModelVersions).load(challengerVersionId);
  }
}
