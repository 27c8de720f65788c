import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { userError, UserErrorCode } from '../../../api/user-error.js';
import { isId } from '../../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import type { SiteRow } from './load-sites.js';
import { checkedSiteName, refuseTakenName } from './site-name.js';

/**
 * Gives a site another name, also for the predictions that it has.
 * User errors: NOT_FOUND; INVALID for a name that is empty or too long; CONFLICT when another site has that name.
 */
export async function renameSite(
  context: RequestContext,
  input: { siteId: string; name: string },
): Promise<SiteRow> {
  authorise(context, 'manage users');
  const name = checkedSiteName(input.name);
  return context.database.$transaction(async (tx) => {
    const id = input.siteId;
    await refuseTakenName(tx, name, id);
    const before = isId('site', id) ? await tx.site.findUnique({ where: { id } }) : null;
    if (!before) throw userError(UserErrorCode.NOT_FOUND, 'There is no such site.', ['input', 'siteId']);
    const detail = `${before.name} → ${name}`;
    await recordAuditEvent(tx, context, { action: AuditAction.SITE_RENAMED, entityId: id, detail });
    return tx.site.update({ where: { id }, data: { name } });
  });
}
