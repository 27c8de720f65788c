import { rowsByKey } from '../../api/batched.js';
import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import type { SkipReason } from '../../database/generated/enums.js';
import type { SnapshotRow } from './load-snapshots.js';
import { EXAMPLES, type Tally } from './validation/finding.js';

/** The number of files that were skipped for a reason. */
export interface SkipCount {
  reason: SkipReason;
  count: number;
}

/** The number of recorded skipped files for each reason, by snapshot. */
export async function loadSkipCounts(
  database: Database,
  snapshotIds: readonly string[],
): Promise<Map<string, (SkipCount & { snapshotId: string })[]>> {
  const rows = await database.skippedFile.groupBy({
    by: ['snapshotId', 'reason'],
    where: { snapshotId: { in: [...snapshotIds] } },
    orderBy: [{ snapshotId: 'asc' }, { reason: 'asc' }],
    _count: true,
  });
  return rowsByKey(
    rows.map(({ _count: count, ...row }) => ({ ...row, count })),
    ({ snapshotId }) => snapshotId,
  );
}

/** The number of files that a snapshot skipped for a reason, with the first of them and their details as examples. */
export async function tallySkipped(
  database: DatabaseOrTransaction,
  snapshotId: string,
  reason: SkipReason,
): Promise<Tally> {
  const where = { snapshotId, reason };
  const count = await database.skippedFile.count({ where });
  const first = await database.skippedFile.findMany({ where, orderBy: { key: 'asc' }, take: EXAMPLES });
  return { count, examples: first.map(({ key, detail }) => `${key}: ${detail}`) };
}

/**
 * The number of skipped files of a finished snapshot, by reason. Together with `itemCount` they add up to `fileCount`: files of a
 * snapshot that was rejected by its listing alone are NOT_READ. Empty if the files were never counted.
 */
export function skipCountsOf(
  { fileCount, itemCount, systemFiles, unchosenFiles }: SnapshotRow,
  recorded: readonly SkipCount[],
): SkipCount[] {
  if (fileCount === null) return [];
  const counts: SkipCount[] = [
    ...recorded.map(({ reason, count }) => ({ reason, count })),
    { reason: 'SYSTEM_FILE', count: systemFiles },
    { reason: 'UNCHOSEN_FOLDER', count: unchosenFiles },
  ];
  const known = counts.reduce((sum, { count }) => sum + count, itemCount);
  return [...counts, { reason: 'NOT_READ' as const, count: fileCount - known }].filter(
    ({ count }) => count > 0,
  );
}
