import { notFound } from '../../api/errors.js';
import { ofVisibleSites, type SiteLimits, visibleSites } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { findCaseIdentity } from '../case-identity/find-case-identity.js';
import type { PredictionFilter } from './types.js';

/**
 * Refuses a filter that names something that does not exist, instead of finding nothing.
 * @throws NOT_FOUND for a label, cell type, model, version, user, bulk classification, case or site that does not exist, or that the user does not see
 */
export async function refuseUnknown(
  database: Database,
  filter: PredictionFilter,
  limits: SiteLimits,
): Promise<void> {
  const { label, cellType, modelName, modelVersionId, createdById } = filter;
  const { bulkClassificationId, caseId, siteId } = filter;
  const select = { id: true } as const;
  if (label != null) {
    const hasClass = await database.modelVersion.findFirst({ where: { classes: { has: label } }, select });
    if (!hasClass) throw notFound(`There is no model version with the class '${label}'.`);
  }
  if (cellType != null) {
    const knows = await database.modelVersion.findFirst({ where: { cellTypes: { has: cellType } }, select });
    if (!knows) throw notFound(`There is no model version that knows the cell type '${cellType}'.`);
  }
  if (modelName != null) {
    const model = await database.model.findUnique({ where: { name: modelName }, select });
    if (!model) throw notFound(`There is no model '${modelName}'.`);
  }
  if (modelVersionId != null) {
    const version = await database.modelVersion.findUnique({ where: { id: modelVersionId }, select });
    if (!version) throw notFound(`There is no model version '${modelVersionId}'.`);
  }
  if (createdById != null) {
    const user = await database.user.findUnique({ where: { id: createdById }, select });
    if (!user) throw notFound(`There is no user '${createdById}'.`);
  }
  if (bulkClassificationId != null) {
    const bulk = await database.bulkClassification.findFirst({
      where: { id: bulkClassificationId, ...ofVisibleSites(limits) },
      select,
    });
    if (!bulk) throw notFound(`There is no bulk classification '${bulkClassificationId}' that you see.`);
  }
  if (caseId != null && !(await findCaseIdentity(database, caseId, limits)))
    throw notFound(`There is no case '${caseId}' that you see.`);
  if (siteId != null) {
    const visible = visibleSites(limits)?.includes(siteId) ?? true;
    const site = visible && (await database.site.findUnique({ where: { id: siteId }, select }));
    if (!site) throw notFound(`There is no site '${siteId}' that you see.`);
  }
}
