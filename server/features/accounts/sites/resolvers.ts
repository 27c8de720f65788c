import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { withUserErrors } from '../../../api/user-error.js';
import { mayReadSignIn } from '../last-sign-in.js';
import type { UserRow } from '../load-users.js';
import { User, UserPayload } from '../types.js';
import { createSite } from './create-site.js';
import { listSites } from './list-sites.js';
import { loadSites } from './load-sites.js';
import { renameSite } from './rename-site.js';
import { setUserSites } from './set-user-sites.js';
import { CreateSiteInput, RenameSiteInput, SetUserSitesInput, Site, SitePayload } from './types.js';

@Resolver(() => Site)
export class SiteResolver {
  @Query(() => [Site], { description: 'The sites that the viewer sees, by name; for an ADMIN all sites.' })
  sites(@Ctx() context: RequestContext): Promise<Site[]> {
    return listSites(context);
  }

  @Mutation(() => SitePayload, { description: 'Creates a site, for an ADMIN.' })
  createSite(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateSiteInput) input: CreateSiteInput,
  ): Promise<SitePayload> {
    return withUserErrors<SitePayload>(async () => ({ site: await createSite(context, input) }));
  }

  @Mutation(() => SitePayload, { description: 'Gives a site another name, for an ADMIN.' })
  renameSite(
    @Ctx() context: RequestContext,
    @Arg('input', () => RenameSiteInput) input: RenameSiteInput,
  ): Promise<SitePayload> {
    return withUserErrors<SitePayload>(async () => ({ site: await renameSite(context, input) }));
  }

  @Mutation(() => UserPayload, {
    description: 'Replaces the sites of a user, and whether the user sees all sites, for an ADMIN.',
  })
  setUserSites(
    @Ctx() context: RequestContext,
    @Arg('input', () => SetUserSitesInput) input: SetUserSitesInput,
  ): Promise<UserPayload> {
    return withUserErrors<UserPayload>(async () => ({ user: await setUserSites(context, input) }));
  }
}

@Resolver(() => User)
export class UserSitesResolver {
  @FieldResolver(() => [Site], {
    nullable: true,
    description:
      'The sites of the user. The first is that of new predictions. Null for other users, unless the viewer may read users.',
  })
  async sites(@Root() { id, siteIds }: UserRow, @Ctx() context: RequestContext): Promise<Site[] | null> {
    if (!mayReadSignIn(context, id)) return null;
    const sites = await Promise.all(siteIds.map((siteId) => batched(context, loadSites).load(siteId)));
    return sites.filter((site) => site !== null);
  }

  @FieldResolver(() => Boolean, {
    nullable: true,
    description:
      'Whether the user also sees predictions of other sites, and predictions without a site. Null like sites.',
  })
  seesAllSites(@Root() { id, seesAllSites }: UserRow, @Ctx() context: RequestContext): boolean | null {
    return mayReadSignIn(context, id) ? seesAllSites : null;
  }
}
