import { rowsByKey } from '../../../api/batched.js';
import type { DatabaseOrTransaction } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import { EXPIRES_AFTER_SECONDS } from '../../../serving/report-replica.js';

export type ReplicaRow = Prisma.ReplicaStateGetPayload<object>;

/** The processes that are running now, by model and name. Uses the database's clock, which all processes share. */
export async function loadReplicasOfModels(
  database: DatabaseOrTransaction,
  modelIds: readonly string[],
): Promise<Map<string, ReplicaRow[]>> {
  const rows = await database.$queryRaw<ReplicaRow[]>`
    SELECT * FROM "ReplicaState"
    WHERE "modelId" = ANY(${[...modelIds]}) AND "seenAt" >= now() - make_interval(secs => ${EXPIRES_AFTER_SECONDS})
    ORDER BY name, "replicaId"`;
  return rowsByKey(rows, ({ modelId }) => modelId);
}
