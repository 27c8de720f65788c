import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Node } from '../../../api/node.js';
import { UserError } from '../../../api/user-error.js';

@ObjectType({
  implements: Node,
  description:
    'A ward or laboratory. Predictions have the site of the user who made them, and users may be limited to their sites.',
})
export class Site extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => Date)
  createdAt!: Date;
}

@InputType()
export class CreateSiteInput {
  @Field(() => String, { description: '1 to 100 characters, different from the names of other sites.' })
  name!: string;
}

@InputType()
export class RenameSiteInput {
  @Field(() => ID)
  siteId!: string;

  @Field(() => String, { description: '1 to 100 characters, different from the names of other sites.' })
  name!: string;
}

@InputType()
export class SetUserSitesInput {
  @Field(() => ID)
  userId!: string;

  @Field(() => [ID], {
    description:
      'All sites of the user. The first is that of new predictions, unless the user chooses another.',
  })
  siteIds!: string[];

  @Field(() => Boolean, {
    description: 'Whether the user also sees predictions of other sites, and predictions without a site.',
  })
  seesAllSites!: boolean;
}

@ObjectType()
export class SitePayload {
  @Field(() => Site, { nullable: true })
  site?: Site | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
