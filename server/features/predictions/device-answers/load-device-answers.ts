import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';

export type DeviceAnswerRow = Prisma.DeviceAnswerGetPayload<object>;

/** What devices answered about these predictions' images. The caller must have found the predictions for the user. */
export async function loadDeviceAnswers(
  database: Database,
  predictionIds: readonly string[],
): Promise<Map<string, DeviceAnswerRow>> {
  const rows = await database.deviceAnswer.findMany({ where: { predictionId: { in: [...predictionIds] } } });
  return new Map(rows.map((row) => [row.predictionId, row]));
}
