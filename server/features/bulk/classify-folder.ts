import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { enqueue } from '../../jobs/queue.js';
import { siteOfNew } from '../accounts/sites/site-of-new.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { checkSource } from '../datasets/check-source.js';
import { validCaseReference } from '../predictions/case-reference.js';
import {
  claimRequest,
  type ClientRequest,
  clientRequestOf,
  createdByRequest,
  requestErased,
} from '../client-requests/client-request.js';
import { chooseVersion } from '../predictions/choose-version.js';
import type { BulkClassificationRow } from './load-bulk-classifications.js';
import type { ClassifyFolderInput } from './types.js';

/**
 * Starts a job that classifies every image of a folder or bucket: records it as QUEUED and enqueues it for a worker. The version is
 * chosen now, and later promotions do not change it. A repeated request with the same id and content gets the first job.
 */
export async function classifyFolder(
  context: RequestContext,
  input: ClassifyFolderInput,
): Promise<{ bulkClassification: BulkClassificationRow }> {
  const viewer = authorise(context, 'classify folders');
  const caseReference = validCaseReference(input.caseReference ?? null);
  const { modelName = null, modelVersionId: chosen = null, siteId: site = null } = input;
  const imageKind = input.imageKind ?? 'CELL';
  const content = ['classifyFolder', input.source, caseReference, modelName, chosen, site];
  if (imageKind !== 'CELL') content.push(imageKind); // requests from before there were kinds keep their content
  const clientRequest = clientRequestOf(input.clientRequestId ?? null, content);
  const earlier = clientRequest && (await startedByRequest(context.database, viewer, clientRequest));
  if (earlier) return { bulkClassification: earlier };
  const modelVersionId = await chooseVersion(context, {
    modelName: input.modelName ?? null,
    modelVersionId: input.modelVersionId ?? null,
  });
  const siteId = await siteOfNew(context, viewer, input.siteId ?? null);
  const source = await checkSource(context.config, input.source, ['input', 'source']);

  const bulkClassification = await context.database.$transaction(async (tx) => {
    const id = newId('bulk');
    if (clientRequest && !(await claimRequest(tx, viewer.id, clientRequest, id))) {
      const started = await startedByRequest(tx, viewer, clientRequest); // at the same time
      if (started) return started;
    }
    const bulk = await tx.bulkClassification.create({
      data: {
        id,
        status: 'QUEUED',
        source,
        modelVersionId,
        siteId,
        caseReference,
        imageKind,
        createdById: viewer.id,
      },
    });
    await enqueue(tx, 'classify-folder', { bulkClassificationId: bulk.id });
    const action = AuditAction.BULK_CLASSIFICATION_STARTED;
    await recordAuditEvent(tx, context, {
      action,
      entityId: bulk.id,
      // The name of a folder of one case may name the case, which must not enter the audit trail.
      ...(caseReference === null
        ? { detail: source }
        : { casePseudonym: (await casePseudonym(tx, caseReference)) ?? undefined }),
    });
    return bulk;
  });
  return { bulkClassification };
}

/** The job that the same request started before; null if it started none. */
async function startedByRequest(
  database: DatabaseOrTransaction,
  viewer: Viewer,
  request: ClientRequest,
): Promise<BulkClassificationRow | null> {
  const id = await createdByRequest(database, viewer.id, request);
  if (id === null) return null;
  const started = await database.bulkClassification.findFirst({ where: { id, ...ofVisibleSites(viewer) } });
  if (!started) throw requestErased();
  return started;
}
