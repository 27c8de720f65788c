import { Arg, Args, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { PageArguments } from '../../api/connection.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { type AuditEventPage, type AuditEventRow, listAuditEvents } from './list-audit-events.js';
import { AuditEvent, AuditEventConnection, AuditEventFilter, AuditedAnswer } from './types.js';

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  @Query(() => AuditEventConnection, { description: 'The audit trail, newest event first.' })
  auditEvents(
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('entityId', () => ID, { nullable: true }) entityId?: string | null,
    @Arg('actorId', () => ID, { nullable: true }) actorId?: string | null,
    @Arg('action', () => String, { nullable: true }) action?: string | null,
    @Arg('filter', () => AuditEventFilter, { nullable: true }) filter?: AuditEventFilter | null,
  ): Promise<AuditEventPage> {
    return listAuditEvents(context, page, { filter, entityId, actorId, action });
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Null: the system, or somebody who was not signed in.',
  })
  actor(@Root() { actorId }: AuditEventRow, @Ctx() context: RequestContext) {
    return actorId && batched(context, loadUsers).load(actorId);
  }

  @FieldResolver(() => AuditedAnswer, { nullable: true, description: 'For a classification.' })
  answer(@Root() { answer }: AuditEventRow) {
    return answer;
  }

  @FieldResolver(() => String, { nullable: true })
  chainPosition(@Root() { seal }: AuditEventRow): string | null {
    return seal && String(seal.position);
  }
}

@Resolver(() => AuditEventConnection)
export class AuditEventConnectionResolver {
  @FieldResolver(() => Int)
  totalCount(@Root() page: AuditEventPage): Promise<number> {
    return page.count();
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'Events that were sealed until this time have moved to the archive in the object store, and are not in this list. Null: none.',
  })
  archivedUntil(@Root() page: AuditEventPage): Promise<Date | null> {
    return page.archivedUntil();
  }
}
