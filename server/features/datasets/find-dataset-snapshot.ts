import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { loadSnapshots, type SnapshotRow } from './load-snapshots.js';

/** Finds a snapshot by id, for viewers who may read datasets. Null if there is none. */
export async function findDatasetSnapshot(context: RequestContext, id: string): Promise<SnapshotRow | null> {
  authorise(context, 'read datasets');
  return isId('snap', id) ? batched(context, loadSnapshots).load(id) : null;
}
