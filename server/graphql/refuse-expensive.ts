import { type ExecutionArgs, GraphQLError } from 'graphql';
import type { RequestContext } from '../api/context.js';
import type { RequestLimits } from '../api/request-limits.js';
import { argumentFaults } from './argument-faults.js';
import { EVENT_COST, QUERY_COST } from './field-costs.js';
import { refusalCost, requireAffordable } from './query-cost.js';

/** What is needed of an operation that has been validated and is about to run. */
type AboutToRun = Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;

/**
 * Counts the cost of an operation that does not run in Apollo Server, before it runs. Events cost the same each; those of a replay
 * are counted by `caller.replay`, which this sets.
 * @returns the response to an operation that costs more than its caller may request, or whose invalid arguments leave no data; null
 *   for any other
 */
export async function refuseExpensive(
  { schema, document, operationName, variableValues: variables }: AboutToRun,
  caller: RequestContext,
  limits: RequestLimits,
): Promise<{ errors: GraphQLError[] } | null> {
  let requested: number | null = null;
  try {
    ({ requested } = requireAffordable(schema, { document, operationName, variables }, caller.viewer));
    await limits.spend(caller, requested);
    caller.replay = limits.replay(caller, requested - QUERY_COST + EVENT_COST, caller.signal);
    const errors = caller.viewer ? argumentFaults(schema, { document, operationName, variables }) : [];
    return errors.length > 0 ? { errors } : null;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (requested === null) await limits.charge(caller, refusalCost(document.loc?.source.body ?? ''));
    return { errors: [error] };
  }
}
