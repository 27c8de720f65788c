import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { newId } from '../../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import type { SiteRow } from './load-sites.js';
import { checkedSiteName, refuseTakenName } from './site-name.js';

/**
 * Creates a site. What users see does not change until an administrator gives them sites.
 * User errors: INVALID for a name that is empty or too long; CONFLICT when a site has that name.
 */
export async function createSite(context: RequestContext, input: { name: string }): Promise<SiteRow> {
  authorise(context, 'manage users');
  const name = checkedSiteName(input.name);
  return context.database.$transaction(async (tx) => {
    await refuseTakenName(tx, name, null);
    const site = await tx.site.create({ data: { id: newId('site'), name } });
    await recordAuditEvent(tx, context, {
      action: AuditAction.SITE_CREATED,
      entityId: site.id,
      detail: name,
    });
    return site;
  });
}
