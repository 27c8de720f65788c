import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';

/**
 * Throws the user error CONFLICT if another fit of the version to the same cells is under way or has made a version. Lock the model
 * first, because another request may start the same fit.
 */
export async function refuseSameFit(
  tx: Transaction,
  { id, modelVersionId, cellsDigest }: { id?: string; modelVersionId: string; cellsDigest: string },
  field: string[],
): Promise<void> {
  const same = await tx.fit.findFirst({
    where: {
      ...{ modelVersionId, cellsDigest, id: { not: id } },
      status: { in: ['QUEUED', 'RUNNING', 'SUCCEEDED'] },
    },
    include: { fittedVersion: { select: { version: true, status: true } } },
  });
  if (!same) return;
  const { fittedVersion, status } = same;
  const message = fittedVersion
    ? `Version ${fittedVersion.version} was fitted to exactly these cells. Use that version, or fit other cells.`
    : `The fit to exactly these cells is already ${status.toLowerCase()}. Wait for ${same.id}.`;
  throw userError(UserErrorCode.CONFLICT, message, field);
}
