import { rolesAllow } from '../../../api/authorise.js';
import { rowsByKey } from '../../../api/batched.js';
import { Role } from '../../../api/permissions.js';
import type { DatabaseOrTransaction } from '../../../database/client.js';
import { databaseTime } from '../../../database/clock.js';
import type { Prisma } from '../../../database/generated/client.js';
import type { PromotionKind } from '../../../database/generated/enums.js';

/** An approval is valid for a week. */
const VALID_MS = 7 * 24 * 60 * 60 * 1000;

/** The columns of a version that tell who made it. */
export const authorColumns = {
  trainedElsewhere: true,
  createdById: true,
  trainingRun: { select: { createdById: true } },
  fittedBy: { select: { createdById: true } },
} satisfies Prisma.ModelVersionSelect;

const columns = {
  approvedBy: { select: { roles: true, disabledAt: true } },
  modelVersion: { select: { modelId: true, ...authorColumns } },
  promotions: { select: { id: true } },
  withdrawal: true,
} satisfies Prisma.PromotionApprovalInclude;
type Row = Prisma.PromotionApprovalGetPayload<{ include: typeof columns }>;

/** An approval and its current state. */
export interface ApprovalView {
  id: string;
  modelVersionId: string;
  approvedById: string;
  /** PROMOTION: the version may become champion. RETIREMENT: the version may be retired as champion without a successor. */
  kind: PromotionKind;
  comment: string;
  createdAt: Date;
  expiresAt: Date;
  /** Whether it is valid for a promotion. False once it is used or withdrawn, has expired, or is void. */
  isStanding: boolean;
  /** The promotion that used it. */
  promotionId: string | null;
  withdrawal: { withdrawnById: string; reason: string; createdAt: Date } | null;
}

export async function loadApprovals(
  database: DatabaseOrTransaction,
  ids: readonly string[],
): Promise<Map<string, ApprovalView>> {
  const views = await viewsOf(database, { id: { in: [...ids] } });
  return new Map(views.map((view) => [view.id, view]));
}

/** The approvals of each version, newest first. */
export async function loadApprovalsOfVersions(
  database: DatabaseOrTransaction,
  versionIds: readonly string[],
): Promise<Map<string, ApprovalView[]>> {
  const views = await viewsOf(database, { modelVersionId: { in: [...versionIds] } });
  return rowsByKey(views, ({ modelVersionId }) => modelVersionId);
}

async function viewsOf(
  database: DatabaseOrTransaction,
  where: Prisma.PromotionApprovalWhereInput,
): Promise<ApprovalView[]> {
  const rows = await database.promotionApproval.findMany({
    where,
    include: columns,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  const newestOf = await newestPromotions(database, [
    ...new Set(rows.map((row) => row.modelVersion.modelId)),
  ]);
  const now = await databaseTime(database);
  return rows.map((row) => viewOf(row, newestOf.get(row.modelVersion.modelId) ?? null, now));
}

/** The id of the newest champion change of each model. */
async function newestPromotions(
  database: DatabaseOrTransaction,
  modelIds: string[],
): Promise<Map<string, string>> {
  const newest = await database.$queryRaw<{ modelId: string; id: string }[]>`
    SELECT DISTINCT ON ("modelId") "modelId", "id" FROM "Promotion"
    WHERE "modelId" = ANY(${modelIds}) AND "alias" = 'CHAMPION' ORDER BY "modelId", "createdAt" DESC`;
  return new Map(newest.map(({ modelId, id }) => [modelId, id]));
}

function viewOf(row: Row, newestPromotionId: string | null, now: Date): ApprovalView {
  const { id, kind, modelVersionId, approvedById, comment, createdAt, afterPromotionId, withdrawal } = row;
  const expiresAt = new Date(createdAt.getTime() + VALID_MS);
  const roles = row.approvedBy.roles.map((role) => Role[role]);
  return {
    id,
    kind,
    modelVersionId,
    approvedById,
    comment,
    createdAt,
    expiresAt,
    isStanding:
      afterPromotionId === newestPromotionId &&
      expiresAt > now &&
      row.approvedBy.disabledAt === null &&
      rolesAllow(roles, 'promote models') &&
      withdrawal === null &&
      !(kind === 'PROMOTION' && isAuthor(row.modelVersion, approvedById)),
    promotionId: row.promotions.at(0)?.id ?? null,
    withdrawal,
  };
}

/**
 * Whether the user trained, fitted or registered the version, and so may not approve its promotion. Versions that are bundled with
 * Cytograph are registered by the system, in the name of an administrator, so they have no author among the users.
 */
export function isAuthor(
  {
    trainedElsewhere,
    createdById,
    trainingRun,
    fittedBy,
  }: Prisma.ModelVersionGetPayload<{ select: typeof authorColumns }>,
  userId: string,
): boolean {
  const isBundled = trainingRun === null && fittedBy === null && !trainedElsewhere;
  if (isBundled) return false;
  return [createdById, trainingRun?.createdById, fittedBy?.createdById].includes(userId);
}

/** A time for messages, in UTC: '24 November 2026 at 13:05 UTC'. */
export function timeInWords(time: Date): string {
  return `${time.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })} UTC`;
}
