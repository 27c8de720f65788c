import type { Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { modelNameProblem } from './model-name.js';

/**
 * The model of this name, created where there is none yet (by one of any number of callers at once).
 * Throws a RangeError for what is no model's name: check user input with `modelNameProblem` first.
 */
export async function findOrCreateModel(
  tx: Transaction,
  name: string,
  description?: string,
): Promise<{ id: string; name: string }> {
  const problem = modelNameProblem(name);
  if (problem) throw new RangeError(`'${name}': ${problem}`);
  await tx.model.createMany({ data: { id: newId('model'), name, description }, skipDuplicates: true });
  return tx.model.findUniqueOrThrow({ where: { name }, select: { id: true, name: true } });
}

/** Makes every other transaction that changes this model's versions or aliases wait until this one has ended. */
export async function lockModel(tx: Transaction, modelId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "Model" WHERE id = ${modelId} FOR UPDATE`;
}
