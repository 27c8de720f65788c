import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import type { ReviewRow } from './load-reviews.js';
import { Review } from './types.js';

@Resolver(() => Review)
export class ReviewResolver {
  @FieldResolver(() => User)
  reviewer(@Root() { reviewerId }: ReviewRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(reviewerId);
  }
}
