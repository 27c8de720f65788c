import type { Transaction } from '../../database/client.js';

/** Records which items of its snapshot a run trained on and which it held out: their keys, by the name of the split. */
export async function recordRunItems(
  tx: Transaction,
  trainingRunId: string,
  keysBySplit: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [split, keys] of Object.entries(keysBySplit)) {
    await tx.$executeRaw`
      INSERT INTO "TrainingRunItem" ("trainingRunId", "key", "split")
      SELECT ${trainingRunId}, "key", ${split} FROM unnest(${[...keys]}::text[]) AS "key"`;
  }
}
