import { z } from 'zod';
import { pageOf, type PageArguments } from '../../server/api/connection.js';
import { Role } from '../../server/api/permissions.js';
import type { Viewer } from '../../server/api/context.js';
import type { Database } from '../../server/database/client.js';
import type { Prisma } from '../../server/database/generated/client.js';
import {
  countPredictions,
  countStatement,
  ordersToCountBy,
} from '../../server/features/predictions/count-predictions.js';
import {
  cursorAt,
  listPredictions,
  pageStatement,
} from '../../server/features/predictions/list-predictions.js';
import { conditionsOf } from '../../server/features/predictions/prediction-filter.js';
import { type PredictionFilter, PredictionOrder } from '../../server/features/predictions/types.js';

export interface Measurement {
  what: 'page' | 'count';
  filter: string;
  order: string;
  page: string;
  /** Planning and execution time from EXPLAIN ANALYZE, with a warm cache. */
  databaseMs: number;
  /** Time of the first run through the product's own function, including the network round trip and reading the rows. */
  wallMs: number;
  /** Steps that the plan must not have: 'Seq Scan', 'sorts 5000 rows'. */
  faults: string[];
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string | undefined;
  'Sort Method'?: string | undefined;
  'Actual Rows': number;
  Plans?: Plan[] | undefined;
}
const Plan: z.ZodType<Plan> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Relation Name': z.string().optional(),
    'Sort Method': z.string().optional(),
    'Actual Rows': z.number(),
    Plans: z.array(Plan).optional(),
  }),
);
const Explained = z.tuple([
  z.object({
    'QUERY PLAN': z.tuple([z.object({ Plan, 'Planning Time': z.number(), 'Execution Time': z.number() })]),
  }),
]);

const SIZE = 25;
const viewer: Viewer = {
  id: 'user_0',
  email: '',
  displayName: '',
  roles: [Role.CLINICIAN],
  passwordIsOneTime: false,
  createdAt: new Date(),
  siteIds: [],
  seesAllSites: true,
  disabledAt: null,
  token: null,
  sessionId: null,
};

/** Measures every filter in every order on every kind of page, and its count. */
export async function measureHistory(
  database: Database,
  filters: Map<string, PredictionFilter>,
  say: (message: string) => void,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const [filter, conditions] of filters) {
    for (const order of Object.values(PredictionOrder)) {
      for (const [page, paging] of pagesOf(order)) {
        measurements.push({
          filter,
          page,
          order,
          ...(await measurePage(database, conditions, order, paging)),
        });
      }
    }
    measurements.push({ filter, page: '', order: '', ...(await measureCount(database, conditions)) });
    say(filter);
  }
  return measurements;
}

/** First, last, in the middle, and backward from the middle. */
function pagesOf(order: PredictionOrder): [string, PageArguments][] {
  const createdAt = new Date('2025-07-01');
  const id = `pred_${createdAt.getTime().toString(16).padStart(12, '0')}7${'0'.repeat(19)}`;
  const middle = cursorAt({ createdAt, confidence: 0.99, id }, order);
  return [
    ['first', { first: SIZE }],
    ['middle', { first: SIZE, after: middle }],
    ['back', { last: SIZE, before: middle }],
    ['last', { last: SIZE }],
  ];
}

async function measurePage(
  database: Database,
  filter: PredictionFilter,
  order: PredictionOrder,
  { first, after }: PageArguments,
) {
  const paging = { first, after };
  const begin = performance.now();
  await listPredictions({ database, viewer }, { filter, order, ...paging });
  const wallMs = performance.now() - begin;
  const statement = pageStatement(await conditionsOf(database, filter, viewer), pageOf(paging), order);
  return { what: 'page' as const, wallMs, ...(await explain(database, statement)) };
}

async function measureCount(database: Database, filter: PredictionFilter) {
  const conditions = await conditionsOf(database, filter, viewer);
  const begin = performance.now();
  await countPredictions(database, conditions);
  const wallMs = performance.now() - begin;
  let databaseMs = 0;
  const faults: string[] = [];
  for (const order of ordersToCountBy(conditions)) {
    const explained = await explain(database, countStatement(conditions, order));
    databaseMs += explained.databaseMs;
    faults.push(...explained.faults);
  }
  return { what: 'count' as const, wallMs, databaseMs, faults };
}

async function explain(database: Database, statement: Prisma.Sql) {
  const [
    {
      'QUERY PLAN': [explained],
    },
  ] = Explained.parse(await database.$queryRaw`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${statement}`);
  return {
    databaseMs: explained['Planning Time'] + explained['Execution Time'],
    faults: faultsOf(explained.Plan),
  };
}

/** A sort that keeps only the first N rows ("top-N heapsort") holds no more than one page. */
function faultsOf(plan: Plan): string[] {
  const faults = (plan.Plans ?? []).flatMap(faultsOf);
  if (plan['Node Type'] === 'Seq Scan' && plan['Relation Name'] === 'Prediction') faults.push('Seq Scan');
  if (/Sort/.test(plan['Node Type']) && plan['Actual Rows'] > SIZE + 1) {
    faults.push(`sorts ${plan['Actual Rows']} rows`);
  }
  return faults;
}
