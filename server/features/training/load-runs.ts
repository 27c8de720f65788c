import { rowsByKey } from '../../api/batched.js';
import type { Database } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';

// Loaders for `batched(context, …)`.

/** A run as the API shows it, with the id of the version it made. */
export type TrainingRunRow = Prisma.TrainingRunGetPayload<{ include: typeof runRelations }>;

export const runRelations = { modelVersion: { select: { id: true } } } as const;

export async function loadRuns(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, TrainingRunRow>> {
  const rows = await database.trainingRun.findMany({
    where: { id: { in: [...ids] } },
    include: runRelations,
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The epochs of each run, in their order. */
export async function loadEpochs(database: Database, runIds: readonly string[]) {
  const rows = await database.trainingEpoch.findMany({
    where: { trainingRunId: { in: [...runIds] } },
    orderBy: { epoch: 'asc' },
  });
  return rowsByKey(rows, ({ trainingRunId }) => trainingRunId);
}
