import type { Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { modelNameProblem } from './model-name.js';

/**
 * Finds the model with this name, or creates it. Safe to call concurrently: only one caller creates the model.
 * Throws a RangeError for an invalid name: check user input with `modelNameProblem` first.
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

/** Locks the model: other transactions that change its versions or aliases wait until this one ends. */
export async function lockModel(tx: Transaction, modelId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "Model" WHERE id = ${modelId} FOR UPDATE`;
}
