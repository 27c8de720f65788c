import type { Database } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';

// Loaders for `batched(context, …)`.

/** A schedule as the API shows it, with what its last tick came to so far. */
export type TrainingScheduleRow = Prisma.TrainingScheduleGetPayload<{ include: typeof scheduleRelations }>;

export const scheduleRelations = {
  model: { select: { name: true } },
  snapshot: { select: { name: true, version: true, status: true } },
  lastRun: {
    select: { id: true, status: true, error: true, modelVersion: { select: { version: true } } },
  },
} as const;

export async function loadSchedules(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, TrainingScheduleRow>> {
  const rows = await database.trainingSchedule.findMany({
    where: { id: { in: [...ids] } },
    include: scheduleRelations,
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** What the last tick came to, or how far it is, in a sentence; null before the first one. */
export function scheduleOutcome({
  lastOutcome,
  snapshot,
  lastRun,
  model,
}: TrainingScheduleRow): string | null {
  if (lastOutcome !== null) return lastOutcome;
  if (snapshot) return `Ingesting ${snapshot.name} version ${snapshot.version}.`;
  if (!lastRun) return null;
  const { id, status, error, modelVersion } = lastRun;
  if (status === 'FAILED') return `Training run ${id} failed: ${error ?? 'no reason is known.'}`;
  if (status !== 'SUCCEEDED') return `Training run ${id} is ${status}.`;
  return `Training run ${id} made ${model.name} version ${modelVersion?.version ?? '?'}; it is promoted by people only.`;
}
