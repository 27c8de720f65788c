import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { DatabaseOrTransaction, Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { enqueue } from '../../jobs/queue.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { lockModel } from '../models/find-or-create-model.js';
import {
  claimRequest,
  type ClientRequest,
  clientRequestOf,
  createdByRequest,
  requestErased,
} from '../client-requests/client-request.js';
import { type Base, baseVersion } from './base-version.js';
import { type ChosenCells, chooseCells } from './choose-cells.js';
import { cellsProblem } from './cells-problem.js';
import type { FitRow } from './load-fits.js';
import { refuseSameFit } from './refuse-same-fit.js';
import type { FitModelVersionInput } from './types.js';

const LONGEST_DESCRIPTION = 1000;

/**
 * Records a fit of a READY version to labelled cells, QUEUED for the next free worker. The cells and their labels are those of now,
 * and later reviews do not change them. A repeated request with the same id and content gets the first fit.
 */
export async function fitModelVersion(
  context: RequestContext,
  input: FitModelVersionInput,
): Promise<{ fit: FitRow }> {
  const viewer = authorise(context, 'train');
  const { clientRequestId = null, ...content } = input;
  const clientRequest = clientRequestOf(clientRequestId, ['fitModelVersion', JSON.stringify(content)]);
  const earlier = clientRequest && (await startedByRequest(context.database, viewer, clientRequest));
  if (earlier) return { fit: earlier };

  const description = validDescription(input.description ?? null);
  const base = await baseVersion(context, input.modelVersionId);
  const chosen = await chooseCells(context, base.manifest, input);
  const problem = cellsProblem(chosen.counts, base.manifest);
  if (problem !== null) throw userError(UserErrorCode.CONFLICT, problem, ['input']);

  const fit = await context.database.$transaction(async (tx) => {
    const id = newId('fit');
    if (clientRequest && !(await claimRequest(tx, viewer.id, clientRequest, id))) {
      const started = await startedByRequest(tx, viewer, clientRequest); // at the same time
      if (started) return started;
    }
    await lockModel(tx, base.version.modelId);
    const same = { modelVersionId: base.version.id, cellsDigest: chosen.digest };
    await refuseSameFit(tx, same, ['input']);
    const fit = await record(tx, { id, viewer, base, chosen, description });
    await enqueue(tx, 'fit', { fitId: id });
    const { cellCount, positiveCount } = chosen.counts;
    await recordAuditEvent(tx, context, {
      action: AuditAction.FIT_STARTED,
      entityId: id,
      detail: [
        `${base.version.id} to ${chosen.datasetSnapshotId ?? 'reviewed predictions'}: ${cellCount} cells, ${positiveCount} of them positive.`,
        ...chosen.warnings,
      ].join(' '),
    });
    return fit;
  });
  return { fit };
}

async function record(
  tx: Transaction,
  {
    id,
    viewer,
    base,
    chosen,
    description,
  }: { id: string; viewer: Viewer; base: Base; chosen: ChosenCells; description: string | null },
): Promise<FitRow> {
  const { datasetSnapshotId, cells, counts, warnings, secondLabels, digest } = chosen;
  const fit = await tx.fit.create({
    data: {
      id,
      status: 'QUEUED',
      modelVersionId: base.version.id,
      ...{ datasetSnapshotId, description, counts, warnings, secondLabels },
      cellsDigest: digest,
      createdById: viewer.id,
    },
  });
  if (datasetSnapshotId !== null) return fit;
  // Locked in the order of their ids, as an erasure locks them. Cells that were erased at this moment are left out.
  const keys = cells.map(({ key }) => key);
  const present = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM "Prediction" WHERE id = ANY(${keys}) ORDER BY id FOR KEY SHARE`;
  const ids = new Set(present.map((row) => row.id));
  await tx.fitCell.createMany({
    data: cells
      .filter(({ key }) => ids.has(key))
      .map(({ key, label, originalLabel, cellType }) => ({
        ...{ fitId: id, predictionId: key },
        ...{ label, originalLabel, cellType },
      })),
  });
  return fit;
}

function validDescription(description: string | null): string | null {
  const trimmed = description?.trim() || null;
  if (trimmed === null) return null;
  const field = ['input', 'description'];
  if (trimmed.length > LONGEST_DESCRIPTION) {
    const message = `A description must not be longer than ${LONGEST_DESCRIPTION} characters.`;
    throw userError(UserErrorCode.INVALID, message, field);
  }
  return plainText(trimmed, 'A description', field);
}

/** The fit that the same request started before; null if it started none. */
async function startedByRequest(
  database: DatabaseOrTransaction,
  viewer: Viewer,
  request: ClientRequest,
): Promise<FitRow | null> {
  const id = await createdByRequest(database, viewer.id, request);
  if (id === null) return null;
  const started = await database.fit.findUnique({ where: { id } });
  if (!started) throw requestErased();
  return started;
}
