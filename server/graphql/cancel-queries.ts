import { setMaxListeners } from 'node:events';
import {
  getNamedType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isCompositeType,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import type { RequestContext } from '../api/context.js';
import { timedOut } from '../api/errors.js';
import { cancelledBy } from '../database/cancellation.js';

/**
 * Stops a query when its client disconnects, or after QUERY_TIME_LIMIT: its running statements are cancelled, and no further field
 * is resolved. Mutations are completed, since they change something either way. Queries that take long let other requests use the
 * event loop in between. Changes `schema`.
 */
export function cancelQueries(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.resolve) continue;
      const resolve = cancellable(field.resolve);
      field.resolve = isCompositeType(getNamedType(field.type)) ? paced(resolve) : resolve;
    }
  }
}

type Resolver = GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>>;

/** One for each operation. */
const stops = new WeakMap<RequestContext, AbortController>();

function cancellable(resolve: Resolver): Resolver {
  return (source, values, context, info) => {
    if (info.operation.operation !== OperationTypeNode.QUERY) return resolve(source, values, context, info);
    const signal = signalOf(context);
    signal.throwIfAborted();
    const result = cancelledBy(signal, () => resolve(source, values, context, info));
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error; // the cause of what else failed
    });
  };
}

/** Only for fields with objects: those with values take too little time to be worth it. */
function paced(resolve: Resolver): Resolver {
  return (source, values, context, info) => {
    const isQuery = info.operation.operation === OperationTypeNode.QUERY;
    const pause = isQuery ? context.pace?.pause(context) : null;
    return pause
      ? pause.then(() => resolve(source, values, context, info))
      : resolve(source, values, context, info);
  };
}

function signalOf(context: RequestContext): AbortSignal {
  const known = stops.get(context);
  if (known) return known.signal;
  const { queryTimeLimitMs } = context.config;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // one for each statement that waits or runs
  const timer = setTimeout(stopLate, queryTimeLimitMs, new WeakRef(stop), queryTimeLimitMs).unref();
  context.signal.addEventListener('abort', () => stop.abort(context.signal.reason), { once: true });
  stop.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  if (context.signal.aborted) stop.abort(context.signal.reason);
  stops.set(context, stop);
  return stop.signal;
}

/** Gets a weak reference, so that its timer does not keep a finished query in memory, with all that it has loaded. */
function stopLate(stop: WeakRef<AbortController>, limitMs: number): void {
  stop.deref()?.abort(timedOut(limitMs));
}
