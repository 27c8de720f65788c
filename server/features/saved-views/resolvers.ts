import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { withUserErrors } from '../../api/user-error.js';
import { deleteSavedView, listSavedViews, renameSavedView, saveView } from './manage-saved-views.js';
import { DeleteSavedViewPayload, SavedView, SavedViewPayload, SaveViewInput } from './types.js';

@Resolver()
export class SavedViewResolver {
  @Query(() => [SavedView], { description: "The viewer's saved views of all pages, by name." })
  savedViews(@Ctx() context: RequestContext): Promise<SavedView[]> {
    return listSavedViews(context);
  }

  @Mutation(() => SavedViewPayload, {
    description: 'Saves the filters of a list of the web app under a name, for the viewer.',
  })
  saveView(@Ctx() context: RequestContext, @Arg('input', () => SaveViewInput) input: SaveViewInput) {
    return withUserErrors<SavedViewPayload>(() => saveView(context, input));
  }

  @Mutation(() => SavedViewPayload, { description: "Gives one of the viewer's saved views another name." })
  renameSavedView(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID) id: string,
    @Arg('name', () => String) name: string,
  ) {
    return withUserErrors<SavedViewPayload>(() => renameSavedView(context, id, name));
  }

  @Mutation(() => DeleteSavedViewPayload, { description: "Deletes one of the viewer's saved views." })
  deleteSavedView(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<DeleteSavedViewPayload>(() => deleteSavedView(context, id));
  }
}
