import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import {
  type Connection,
  type PageArguments,
  connectionOf,
  decodeCursor,
  encodeCursor,
  fromCursorOfKey,
  lowestFirst,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput } from '../../api/errors.js';
import { loadModelsByName, type ModelRow, type ModelVersionRow } from './load-models.js';
import { modelNameProblem } from './model-name.js';

/** All models, ordered by name. There are few, so the list is not paged. */
export async function listModels(context: RequestContext): Promise<ModelRow[]> {
  authorise(context, 'read models');
  return context.database.model.findMany({ orderBy: { name: 'asc' } });
}

export async function findModelByName(context: RequestContext, name: string): Promise<ModelRow | null> {
  authorise(context, 'read models');
  if (modelNameProblem(name)) return null;
  return batched(context, loadModelsByName).load(name);
}

/** A page of a model's versions, newest first. */
export async function listVersions(
  { database }: RequestContext,
  modelId: string,
  pageArguments: PageArguments,
): Promise<Connection<ModelVersionRow>> {
  const page = pageOf(pageArguments);
  const reversed = { ...page, backward: !page.backward }; // the highest version is first
  const [rows, totalCount] = await Promise.all([
    database.modelVersion.findMany({
      where: { modelId, version: fromCursorOfKey(reversed, versionOf) },
      omit: { manifest: true },
      orderBy: { version: lowestFirst(reversed) },
      take: page.size + 1,
    }),
    database.modelVersion.count({ where: { modelId } }),
  ]);
  return connectionOf(page, rows, ({ version }) => encodeCursor([version]), totalCount);
}

function versionOf(cursor: string): number {
  const [version] = decodeCursor(cursor);
  if (typeof version === 'number' && Number.isInteger(version) && Math.abs(version) < 2 ** 31) return version;
  throw badUserInput(`'${cursor}' is not a cursor of this list.`);
}
