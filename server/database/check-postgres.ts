import pg from 'pg';

/** The setting with the address of a Postgres. */
export type DatabaseSetting = 'DATABASE_URL' | 'MIGRATION_DATABASE_URL';

/** Thrown if a Postgres cannot be used. The message gives the reason and the remedy, for the person who set its address. */
export class UnusablePostgresError extends Error {
  override readonly name = 'UnusablePostgresError';
}

const OLDEST_VERSION = 15;
/** The connection timeout. Without it, an unresponsive host would block for about two minutes. */
const CONNECT_MS = 10_000;
/** The number of test connections: with a transaction pooler, at least two of them share a session. */
const SESSIONS = 4;

/**
 * Connects to the Postgres at `url` and checks for problems that would otherwise show later or only under load: an old version,
 * a read-only replica, a pooler that changes sessions, a role that works in another schema.
 * @param setting the setting that has this address, for messages
 * @throws UnusablePostgresError
 */
export async function checkPostgres(url: string, setting: DatabaseSetting = 'DATABASE_URL'): Promise<void> {
  const unusable = (reason: string) => unusablePostgres(setting, reason);
  await withClients(url, async (clients) => {
    const [client] = clients;
    const { version, versionNumber, isReadOnly, role, schema } = await factsOf(client);
    if (versionNumber < OLDEST_VERSION * 10_000)
      throw unusable(`it is Postgres ${version}, and Cytograph needs Postgres ${OLDEST_VERSION} or newer`);
    if (isReadOnly)
      throw unusable('it is read-only, as a replica is. Give the address of the primary, which can write');
    if (!(await keepSessions(clients))) throw unusable(POOLER);
    if (schema !== 'public')
      throw unusable(
        `the role '${role}' works in the schema '${schema ?? 'none'}' (search_path), and Cytograph uses the schema 'public'. ` +
          `Give it a database or a role that keeps the default search_path`,
      );
  }).catch((error: unknown) => rethrowExplained(error, setting));
}

const POOLER =
  'a pooler in front of it changes the session between two statements (in PgBouncer, pool_mode ' +
  'transaction or statement), so that notifications, locks and prepared statements are lost. Give the address of Postgres ' +
  'itself, or set the pooler to pool_mode = session';

/** Whether a pool's connections are Postgres sessions. A transaction pooler may have been set up after the start. */
export async function keepsSessions(pool: pg.Pool): Promise<boolean> {
  const client = await pool.connect();
  try {
    if (await isDirect(client)) return true;
  } finally {
    client.release();
  }
  return withClients(pool.options.connectionString ?? '', keepSessions);
}

/** Whether the connection goes directly to Postgres: a pooler reports process numbers that differ from those of Postgres. */
async function isDirect(client: pg.ClientBase & { processID?: number | null }): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid === client.processID;
}

/** Whether each connection finds its own session setting again after the other connections were used. */
async function keepSessions(clients: readonly pg.Client[]): Promise<boolean> {
  for (const [index, client] of clients.entries())
    await client.query(`SELECT set_config('cytograph.session', $1, false)`, [String(index)]);
  for (const [index, client] of clients.entries()) {
    const { rows } = await client.query<{ mark: string | null }>(
      `SELECT current_setting('cytograph.session', true) AS mark`,
    );
    if (rows[0]?.mark !== String(index)) return false;
  }
  return true;
}

interface Facts {
  version: string;
  versionNumber: number;
  isReadOnly: boolean;
  role: string;
  schema: string | null;
}

async function factsOf(client: pg.Client): Promise<Facts> {
  const { rows } = await client.query<Facts>(`
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS "versionNumber",
      pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS "isReadOnly",
      current_user AS role, current_schema() AS schema`);
  const [facts] = rows;
  if (!facts) throw new Error('The query for the server version returned no row.');
  return facts;
}

async function withClients<T>(
  url: string,
  work: (clients: [pg.Client, ...pg.Client[]]) => Promise<T>,
): Promise<T> {
  const open = () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
    client.on('error', () => undefined); // the current query fails with it
    return client;
  };
  const clients: [pg.Client, ...pg.Client[]] = [open(), ...Array.from({ length: SESSIONS - 1 }, open)];
  try {
    for (const client of clients) await client.connect();
    return await work(clients);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** Rethrows an error of connecting to or migrating a database, explained as UnusablePostgresError if the cause is known. */
export function rethrowExplained(error: unknown, setting: DatabaseSetting = 'DATABASE_URL'): never {
  if (error instanceof UnusablePostgresError) throw error;
  const message = error instanceof Error ? error.message : String(error);
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const reason = reasonsByCode.get(code) ?? reasonsByMessage.find(([pattern]) => pattern.test(message))?.[1];
  if (!reason) throw error;
  throw unusablePostgres(setting, `${reason} (${message})`, error);
}

/** The error for the Postgres of `setting`. `reason` is the end of a sentence, without a full stop. */
export function unusablePostgres(
  setting: DatabaseSetting,
  reason: string,
  cause?: unknown,
): UnusablePostgresError {
  return new UnusablePostgresError(`The Postgres of ${setting} cannot be used: ${reason}.`, { cause });
}

/** By the code of Node's errors, or of Postgres's (SQLSTATE). */
const reasonsByCode = new Map([
  ['ECONNREFUSED', 'no server is listening at this address'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the host name cannot be resolved at the moment'],
  ['ETIMEDOUT', 'the host does not answer'],
  ['EHOSTUNREACH', 'there is no network route to the host'],
  ['ENETUNREACH', 'there is no route to the network of the host'],
  ['ENOENT', 'there is no such socket or certificate file'],
  ['EACCES', 'this user may not open that socket or certificate file'],
  ['28P01', 'it rejects this user or password'],
  ['28000', 'it rejects this user, or requires TLS (then add sslmode=verify-full)'],
  ['3D000', 'it has no database of this name'],
  ['42501', 'the role has too few rights: connect as the owner of the database and of its tables'],
  ['53300', 'it has no free connections: increase its max_connections, or stop other programs that use it'],
  ['57P03', 'it is starting or stopping; try again in a moment'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its TLS certificate is self-signed: give it with sslrootcert=FILE'],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'its TLS certificate is from a private certificate authority: give its certificate with sslrootcert=FILE',
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'its TLS certificate cannot be verified: give the certificate of its authority with sslrootcert=FILE',
  ],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its TLS certificate is for another host name'],
  ['CERT_HAS_EXPIRED', 'its TLS certificate has expired'],
]);

/** Errors without a code, or with a code only in a nested error. */
const reasonsByMessage: [RegExp, string][] = [
  [/timeout expired|connection timeout/, 'the host does not answer'],
  [/does not support SSL/, 'it does not support TLS: leave sslmode out, or set sslmode=disable'],
  [
    /permission denied|must be owner of/,
    'the role has too few rights: connect as the owner of the database and of its tables',
  ],
  [/no such (database|user)|bouncer config error/, 'its pooler does not know this database or this user'],
];
