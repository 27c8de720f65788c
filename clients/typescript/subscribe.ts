import { type Client as Socket, createClient } from 'graphql-ws';
import { ApiError, ConnectionError, type GraphqlError } from './errors.js';
import { pauseAfter, sleep } from './retry.js';

/** Close codes after which the same attempt would fail again: the server refuses the connection or what was sent. */
const REFUSED = 4400;
const [FIRST_OF_PROTOCOL, LAST_OF_PROTOCOL] = [REFUSED, 4499];
const PING_TIMEOUT = 4408;
/** A connection without an answer to a ping for this time, in milliseconds, is lost. */
const PING_MS = 20_000;

/** A WebSocket to the API that is open while there are subscriptions. */
export function openSocket(url: string, token: string, webSocket: unknown): Socket {
  let lost: ReturnType<typeof setTimeout> | undefined;
  let socket: { close(code: number, reason: string): void } | undefined;
  return createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: { Authorization: `Bearer ${token}` },
    webSocketImpl: webSocket,
    retryAttempts: 0, // `subscribe` connects again, because only it knows where to continue
    keepAlive: PING_MS,
    on: {
      opened: (opened) => {
        socket = isSocket(opened) ? opened : undefined;
      },
      ping: (received) => {
        if (!received) lost = setTimeout(() => socket?.close(PING_TIMEOUT, 'No answer came.'), PING_MS);
      },
      pong: () => clearTimeout(lost),
      closed: () => clearTimeout(lost),
    },
  });
}

function isSocket(value: unknown): value is { close(code: number, reason: string): void } {
  return typeof value === 'object' && value !== null && 'close' in value;
}

/**
 * Yields the results of a subscription until the server completes it or `signal` aborts. After a lost connection it subscribes again,
 * however long the server is unreachable.
 * @param next the variables with which to subscribe after a result, so that nothing is missed and nothing comes twice
 * @throws ApiError if the server refuses the subscription
 */
export async function* subscribe<Result, Variables extends Record<string, unknown>>(
  socket: Socket,
  query: string,
  variables: Variables,
  next: (result: Result) => Variables = () => variables,
  signal?: AbortSignal,
): AsyncGenerator<Result, void> {
  let current = variables;
  for (let failures = 0; ; failures += 1) {
    const results = socket.iterate<Result>({ query, variables: current });
    const end = () => void results.return?.();
    signal?.addEventListener('abort', end, { once: true });
    try {
      signal?.throwIfAborted();
      for await (const { data, errors } of results) {
        if (errors) throw new ApiError(errors);
        if (!data) continue;
        yield data;
        failures = 0;
        current = next(data);
      }
      signal?.throwIfAborted();
      return;
    } catch (error) {
      signal?.throwIfAborted();
      requireTemporary(faultOf(error));
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
    await sleep(pauseAfter(failures), signal);
  }
}

function requireTemporary(fault: unknown): void {
  if (fault instanceof ConnectionError || (fault instanceof ApiError && fault.isTemporary)) return;
  throw fault;
}

/** What graphql-ws rejects with: the errors of the operation, an event of a closed or failed socket, or an exception. */
function faultOf(thrown: unknown): unknown {
  if (Array.isArray(thrown)) return new ApiError(thrown as GraphqlError[]);
  if (thrown instanceof ApiError || (thrown instanceof Error && !('code' in thrown))) return thrown;
  const { code, reason } = closeOf(thrown);
  const isRefusal = code >= FIRST_OF_PROTOCOL && code <= LAST_OF_PROTOCOL && code !== PING_TIMEOUT;
  if (isRefusal) return new ApiError([{ message: `The server closed the connection: ${reason || code}` }]);
  return new ConnectionError('The connection was lost.', { cause: thrown });
}

function closeOf(thrown: unknown): { code: number; reason: string } {
  if (typeof thrown !== 'object' || thrown === null) return { code: 0, reason: '' };
  const code = 'code' in thrown && typeof thrown.code === 'number' ? thrown.code : 0;
  const reason = 'reason' in thrown && typeof thrown.reason === 'string' ? thrown.reason : '';
  return { code, reason };
}
