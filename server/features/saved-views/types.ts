import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { UserError } from '../../api/user-error.js';
import { SavedViewPage } from '../../database/generated/enums.js';

registerEnumType(SavedViewPage, {
  name: 'SavedViewPage',
  description: 'A list of the web app with filters. Later releases may add others.',
});

@ObjectType({ description: "The viewer's name for filters of a list in the web app." })
export class SavedView {
  @Field(() => ID)
  id!: string;

  @Field(() => SavedViewPage)
  page!: SavedViewPage;

  @Field(() => String)
  name!: string;

  @Field(() => String, {
    description:
      "The filters as in the query of the page's address, such as 'outcome=INDETERMINATE&reviewed=no'.",
  })
  filters!: string;

  @Field(() => Date)
  createdAt!: Date;
}

@InputType()
export class SaveViewInput {
  @Field(() => SavedViewPage)
  page!: SavedViewPage;

  @Field(() => String, {
    description:
      "1 to 100 characters. The viewer's view with the same name, for the same page, gets the new filters.",
  })
  name!: string;

  @Field(() => String, { description: "As the query of the page's address: 1 to 2,000 characters." })
  filters!: string;
}

@ObjectType()
export class SavedViewPayload {
  @Field(() => SavedView, { nullable: true })
  savedView?: SavedView | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}

@ObjectType()
export class DeleteSavedViewPayload {
  @Field(() => ID, { nullable: true })
  deletedId?: string | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
