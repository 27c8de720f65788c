import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { loadSnapshots, type SnapshotRow } from './load-snapshots.js';

/** A snapshot by id, for those who may read datasets; null when it is not there. */
export async function findDatasetSnapshot(context: RequestContext, id: string): Promise<SnapshotRow | null> {
  authorise(context, 'read datasets');
  return isId('snap', id) ? batched(context, loadSnapshots).load(id) : null;
}
