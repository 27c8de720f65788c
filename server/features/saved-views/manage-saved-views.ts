import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { plainText } from '../../api/plain-text.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import type { SavedView as SavedViewRow } from '../../database/generated/client.js';
import type { Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import type { SaveViewInput } from './types.js';

export type { SavedViewRow };

const LONGEST_NAME = 100;
const LONGEST_FILTERS = 2000;
/** Of one user: enough for daily work, and few enough for a menu. */
const MOST_VIEWS = 100;

/** The viewer's own views, by name. */
export async function listSavedViews(context: RequestContext): Promise<SavedViewRow[]> {
  const { id: userId } = authorise(context, 'read predictions');
  return context.database.savedView.findMany({
    where: { userId },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  });
}

/**
 * Saves filters of a page under a name. A view of the viewer with this name gets the new filters.
 * User errors: INVALID for a name or filters that are not allowed; CONFLICT if the viewer has too many views.
 */
export async function saveView(
  context: RequestContext,
  input: SaveViewInput,
): Promise<{ savedView: SavedViewRow }> {
  const { id: userId } = authorise(context, 'read predictions');
  const name = validName(input.name, ['input', 'name']);
  const filters = validFilters(input.filters);
  const { page } = input;
  const savedView = await context.database.$transaction(async (tx) => {
    await lockViews(tx, userId);
    const known = await tx.savedView.findUnique({ where: { userId_page_name: { userId, page, name } } });
    if (known) return tx.savedView.update({ where: { id: known.id }, data: { filters } });
    if ((await tx.savedView.count({ where: { userId } })) >= MOST_VIEWS) {
      const message = `You have ${MOST_VIEWS} saved views. Delete one of them first.`;
      throw userError(UserErrorCode.CONFLICT, message, ['input']);
    }
    return tx.savedView.create({ data: { id: newId('view'), userId, page, name, filters } });
  });
  return { savedView };
}

/** Gives one of the viewer's views another name. User errors: NOT_FOUND; INVALID; CONFLICT if another view has the name. */
export async function renameSavedView(
  context: RequestContext,
  id: string,
  given: string,
): Promise<{ savedView: SavedViewRow }> {
  const { id: userId } = authorise(context, 'read predictions');
  const name = validName(given, ['name']);
  const savedView = await context.database.$transaction(async (tx) => {
    await lockViews(tx, userId);
    const known = await tx.savedView.findFirst({ where: { id, userId } });
    if (!known) throw notFound();
    const sameName = await tx.savedView.findFirst({ where: { userId, page: known.page, name } });
    if (sameName && sameName.id !== id) {
      throw userError(UserErrorCode.CONFLICT, 'You have another saved view with this name.', ['name']);
    }
    return tx.savedView.update({ where: { id }, data: { name } });
  });
  return { savedView };
}

/** Deletes one of the viewer's views. User error: NOT_FOUND. */
export async function deleteSavedView(context: RequestContext, id: string): Promise<{ deletedId: string }> {
  const { id: userId } = authorise(context, 'read predictions');
  const { count } = await context.database.savedView.deleteMany({ where: { id, userId } });
  if (count === 0) throw notFound();
  return { deletedId: id };
}

/** Lets one transaction at a time change the views of a user, so that the limit holds and names are unique. */
async function lockViews(tx: Transaction, userId: string): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`saved views of ${userId}`}, 0))::text`;
}

function notFound() {
  return userError(UserErrorCode.NOT_FOUND, 'There is no such saved view.', ['id']);
}

function validName(given: string, field: string[]): string {
  const name = plainText(given.trim(), 'The name of a view', field);
  if (name !== '' && name.length <= LONGEST_NAME) return name;
  throw userError(
    UserErrorCode.INVALID,
    `The name of a view must have 1 to ${LONGEST_NAME} characters.`,
    field,
  );
}

function validFilters(given: string): string {
  const field = ['input', 'filters'];
  const filters = plainText(given, 'The filters of a view', field);
  if (filters !== '' && filters.length <= LONGEST_FILTERS) return new URLSearchParams(filters).toString();
  throw userError(
    UserErrorCode.INVALID,
    `The filters of a view must have 1 to ${LONGEST_FILTERS.toLocaleString('en')} characters. Set a filter first, and then save the view.`,
    field,
  );
}
