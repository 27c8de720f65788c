import { rowsByKey } from '../../api/batched.js';
import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import type { SkipReason } from '../../database/generated/enums.js';
import type { SnapshotRow } from './load-snapshots.js';
import { EXAMPLES, type Tally } from './validation/finding.js';

/** How many files were skipped for one reason. */
export interface SkipCount {
  reason: SkipReason;
  count: number;
}

/** How many files a snapshot has skipped for each reason that its rows of SkippedFile name, by snapshot. */
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

/** The files that a snapshot skipped for one reason, counted, and the first of them with what is wrong with each. */
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
 * How many files of an ended snapshot were skipped, by reason. With `itemCount` they add up to `fileCount`: what a snapshot that
 * was rejected by its listing alone never came to is NOT_READ. Nothing is known of one whose files were never counted.
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
