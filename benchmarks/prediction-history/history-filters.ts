import type { Database } from '../../server/database/client.js';
import type { PredictionFilter } from '../../server/features/predictions/types.js';

/**
 * Filters by name: every condition alone, with a common and a rare value, every pair of conditions, and triples that users
 * often choose or that match almost nothing.
 */
export async function historyFilters(database: Database): Promise<Map<string, PredictionFilter>> {
  const single = await conditions(database);
  const entries: [string, PredictionFilter][] = [['nothing', {}], ...single];
  for (const [index, [name, filter]] of single.entries()) {
    for (const [otherName, other] of single.slice(index + 1)) {
      if (areApart(filter, other)) entries.push([`${name}, ${otherName}`, both(filter, other)]);
    }
  }
  const named = new Map(single);
  for (const names of TRIPLES) {
    const filters = names.map((name) => {
      const filter = named.get(name);
      if (!filter) throw new Error(`There is no condition '${name}'.`);
      return filter;
    });
    entries.push([names.join(', '), filters.reduce(both)]);
  }
  return new Map(entries);
}

const TRIPLES = [
  ['doubtful', 'not reviewed', 'new version'],
  ['doubtful', 'not reviewed', 'this week'],
  ['beyond', 'reviewed', 'busy user'],
  ['blast', 'confidence 0.5–0.55', 'quiet user'],
  ['blast', 'confidence 0.99–0.9901', '2025'],
  ['confidence above 0.9', '2025', 'not reviewed'],
  ['rare label', 'rare model', 'this week'],
  ['busy user', 'new version', 'confidence 0.5–0.55'],
  ['a case', 'busy user', 'doubtful'],
  ['program’s case', 'old version', 'confidence 0.5–0.55'],
  ['program’s case', 'quiet user', 'beyond'],
  ['rare type', 'not reviewed', 'confidence 0.5–0.55'],
  ['common type', 'busy user', '2025'],
];

async function conditions(database: Database): Promise<[string, PredictionFilter][]> {
  const rows = await database.$queryRaw<{ busy: string; quiet: string; image: string; program: string }[]>`
    SELECT 'user_' || md5('0') AS busy, 'user_' || md5('19') AS quiet,
      md5('image 0') || md5('other 0') AS program, md5('image 7') || md5('other 7') AS image`;
  const [ids] = rows;
  if (!ids) throw new Error('Postgres answers with nothing.');
  const versions = await database.modelVersion.findMany({
    where: { model: { name: 'blast' } },
    orderBy: { version: 'asc' },
    select: { id: true },
  });
  return [
    ['2025', { createdAfter: new Date('2025-01-01'), createdBefore: new Date('2026-01-01') }],
    ['this week', { createdAfter: new Date('2026-12-24') }],
    [
      'an old hour',
      { createdAfter: new Date('2024-05-01T10:00Z'), createdBefore: new Date('2024-05-01T11:00Z') },
    ],
    ['old version', { modelVersionId: versions.at(0)?.id ?? null }],
    ['new version', { modelVersionId: versions.at(-1)?.id ?? null }],
    ['main model', { modelName: 'blast' }],
    ['rare model', { modelName: 'granulocyte' }],
    ['blast', { label: 'blast' }],
    ['rare label', { label: 'basophil' }],
    ['classified', { outcome: 'CLASSIFIED' }],
    ['doubtful', { outcome: 'INDETERMINATE' }],
    ['beyond', { outcome: 'OUT_OF_DISTRIBUTION' }],
    ['a case', { caseReference: 'case 700' }],
    ['program’s case', { caseReference: 'demo' }],
    ['busy user', { createdById: ids.busy }],
    ['quiet user', { createdById: ids.quiet }],
    ['reviewed', { reviewed: true }],
    ['not reviewed', { reviewed: false }],
    ['no cell', { verdict: 'NOT_A_CELL' }],
    ['not certain', { verdict: 'CANNOT_TELL' }],
    ['labelled', { verdict: 'LABEL' }],
    ['common type', { cellType: 'neutrophil (seg)' }],
    ['rare type', { cellType: 'basophil' }],
    ['an image', { imageSha256: ids.image }],
    ['program’s image', { imageSha256: ids.program }],
    ['confidence above 0.9', { minConfidence: 0.9 }],
    ['confidence 0.5–0.55', { minConfidence: 0.5, maxConfidence: 0.55 }],
    ['confidence 0.99–0.9901', { minConfidence: 0.99, maxConfidence: 0.9901 }],
    ['confidence below 0.5', { minConfidence: 0, maxConfidence: 0.4999 }],
  ];
}

function both(filter: PredictionFilter, other: PredictionFilter): PredictionFilter {
  return Object.assign({}, filter, other);
}

/** Whether the two filters have no condition in common. */
function areApart(filter: PredictionFilter, other: PredictionFilter): boolean {
  return (
    Object.keys(filter).every((name) => !(name in other)) &&
    !(filter.reviewed === false && 'verdict' in other) &&
    !('modelName' in filter && 'modelVersionId' in other) &&
    !('modelVersionId' in filter && 'modelName' in other)
  );
}
