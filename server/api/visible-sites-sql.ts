import { Prisma } from '../database/generated/client.js';
import { type SiteLimits, visibleSites } from './visible-sites.js';

/** The SQL condition that a user sees a row, on a column with the id of its site. */
export function isOfVisibleSites(limits: SiteLimits, column: Prisma.Sql): Prisma.Sql {
  const sites = visibleSites(limits);
  return sites === null ? Prisma.sql`TRUE` : Prisma.sql`${column} = ANY(${[...sites]}::text[])`;
}
