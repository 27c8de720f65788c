import type { RequestContext } from '../../api/context.js';
import type { RequestLimits } from '../../api/request-limits.js';

/**
 * The same pages. Each is read in a turn of the caller, and counts with its cost, so that an export leaves time and connections for
 * others and for the caller's other requests. While the client reads, it has no turn.
 * @param costOf the cost of a page, in the unit of `server/graphql/field-costs.ts`
 * @param check is called before each page but the first, and throws if the caller may not read any further
 */
export async function* inTurns<Row>(
  limits: RequestLimits,
  context: Pick<RequestContext, 'viewer' | 'ip' | 'signal'>,
  pages: AsyncIterable<Row[]>,
  costOf: (rows: Row[]) => number,
  check: () => Promise<void>,
): AsyncGenerator<Row[]> {
  const { signal } = context;
  const reader = pages[Symbol.asyncIterator]();
  for (let isFirst = true; ; isFirst = false) {
    const endTurn = await limits.turn(context, signal);
    try {
      if (!isFirst) await check();
      const page = await reader.next();
      if (page.done) return;
      endTurn();
      await limits.spendWhenPossible(context, costOf(page.value), signal);
      yield page.value;
    } finally {
      endTurn();
    }
  }
}
