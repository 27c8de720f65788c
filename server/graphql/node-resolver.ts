import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../api/context.js';
import { Node, typeNameOf } from '../api/node.js';
import { findApiToken } from '../features/accounts/api-tokens.js';
import { findUser } from '../features/accounts/find-user.js';

type Find = (context: RequestContext, id: string) => Promise<Node | null>;

/** How each type that has ids is found: authorised by the feature it belongs to. */
const finders: Record<string, Find> = {
  ApiToken: findApiToken,
  User: findUser,
};

@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: 'Anything by its id; null for what is not there and for what the viewer may not see alike.',
  })
  async node(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string): Promise<Node | null> {
    const find = finders[typeNameOf(id) ?? ''];
    return find ? find(context, id) : null;
  }
}
