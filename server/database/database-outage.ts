import pg from 'pg';
import { type Outage, UnavailableError } from '../unavailable-error.js';
import { Prisma } from './generated/client.js';

// The same outage appears as different errors: of Node's socket, of the driver, of Postgres with an SQLSTATE, or one of these nested
// in an error of Prisma.

/** SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const outageOfSqlState = new Map<string, Outage>([
  ['25006', 'read-only'], // read_only_sql_transaction
  ['53000', 'busy'], // insufficient_resources
  ['53100', 'full'], // disk_full
  ['53200', 'busy'], // out_of_memory
  ['53300', 'busy'], // too_many_connections
  ['55000', 'unreachable'], // object_not_in_prerequisite_state: the database accepts no connections
  ['55P03', 'busy'], // lock_not_available
  ['57014', 'busy'], // query_canceled: by statement_timeout, as nothing here cancels a query
  ['57P01', 'unreachable'], // admin_shutdown
  ['57P02', 'unreachable'], // crash_shutdown
  ['57P03', 'unreachable'], // cannot_connect_now
  ['57P05', 'unreachable'], // idle_session_timeout
  ['25P03', 'unreachable'], // idle_in_transaction_session_timeout
  ['25P04', 'busy'], // transaction_timeout
  ['58000', 'unreachable'], // system_error
  ['58030', 'unreachable'], // io_error
]);

/** Codes of Node's sockets and of its name look-up. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** https://www.prisma.io/docs/orm/reference/error-reference */
const outageOfPrismaCode = new Map<string, Outage>([
  ['P1001', 'unreachable'], // the server cannot be reached
  ['P1002', 'unreachable'], // it was reached and timed out
  ['P1008', 'busy'], // an operation timed out
  ['P1017', 'unreachable'], // it closed the connection
  ['P2024', 'busy'], // no connection of the pool became free
  ['P2037', 'busy'], // too many connections
]);

/** The kinds of Prisma's driver adapter for connection errors. */
const outageOfAdapterKind = new Map<string, Outage>([
  ['DatabaseNotReachable', 'unreachable'],
  ['ConnectionClosed', 'unreachable'],
  ['SocketTimeout', 'unreachable'],
  ['TooManyConnections', 'busy'],
]);

/** The messages of the driver `pg` and its pool, which have no error codes. */
const driverMessages: [RegExp, Outage][] = [
  [/^Connection terminated/, 'unreachable'],
  [/^Client has encountered a connection error/, 'unreachable'],
  [/^Client was closed/, 'unreachable'],
  [/^timeout expired$/, 'unreachable'],
  [/^timeout exceeded when trying to connect$/, 'busy'],
  [/^Query read timeout$/, 'unreachable'],
  [/^Cannot use a pool after calling end/, 'unreachable'],
  // Prisma's, of a transaction that found no connection.
  [/^Transaction API error: Unable to start a transaction in the given time/, 'busy'],
];

/** The kind of outage that an error of a query or a connection means; null for any other error. */
export function databaseOutageOf(error: unknown): Outage | null {
  if (error instanceof UnavailableError) return error.dependency === 'database' ? error.outage : null;
  for (const { code, kind, message } of layersOf(error)) {
    const outage =
      outageOfSqlState.get(code) ??
      (/^08...$/.test(code) ? 'unreachable' : undefined) ?? // the class connection_exception
      outageOfPrismaCode.get(code) ??
      outageOfAdapterKind.get(kind) ??
      (networkCodes.has(code) ? 'unreachable' : undefined) ??
      driverMessages.find(([pattern]) => pattern.test(message))?.[1];
    if (outage) return outage;
  }
  return null;
}

/** Converts an error that means an outage to an UnavailableError; returns any other error unchanged. */
export function asDatabaseError(thrown: unknown): Error {
  if (thrown instanceof UnavailableError) return thrown;
  const outage = databaseOutageOf(thrown);
  if (outage) return new UnavailableError('database', outage, { cause: thrown });
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** Whether an error certainly comes from the database: from Postgres, its driver or Prisma. False for a plain socket error. */
export function isOfDatabase(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError ||
    error instanceof Prisma.PrismaClientKnownRequestError ||
    error instanceof Prisma.PrismaClientUnknownRequestError ||
    error instanceof Prisma.PrismaClientInitializationError ||
    (error instanceof Error && driverMessages.some(([pattern]) => pattern.test(error.message)))
  );
}

interface Layer {
  code: string;
  kind: string;
  message: string;
}

const DEEPEST = 8;

/** An error and all nested errors: causes, the driver adapter's error in Prisma's, the errors of an AggregateError. */
export function* layersOf(error: unknown, depth = 0): Generator<Layer> {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return;
  const text = (name: string) => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' ? value : '';
  };
  yield { code: text('code'), kind: text('kind'), message: text('message') };
  if (text('originalCode')) yield { code: text('originalCode'), kind: '', message: '' };
  for (const name of ['cause', 'meta', 'driverAdapterError'])
    yield* layersOf(Reflect.get(error, name), depth + 1);
  const errors: unknown = Reflect.get(error, 'errors');
  if (Array.isArray(errors)) for (const each of errors) yield* layersOf(each, depth + 1);
}
