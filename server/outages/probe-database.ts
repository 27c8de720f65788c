import pg from 'pg';
import type { Database } from '../database/client.js';
import { asDatabaseError } from '../database/database-outage.js';

/**
 * Checks that the database can store a prediction, over the connections that requests use: it writes a row, which needs disk
 * space, and commits durably. Nothing remains: the row is in a temporary table that is emptied at the commit, and no one
 * listens for the message.
 * @throws UnavailableError if the database is unavailable, read-only or full
 */
export async function probeDatabase({ pool }: Database, milliseconds: number): Promise<void> {
  // The driver's limit, which its types lack; the pool closes the connection of a query that exceeds it.
  const query = (text: string) => {
    const limited = { text, query_timeout: milliseconds };
    return pool.query(limited);
  };
  try {
    await query(TAKE_UP_ROOM + COMMIT);
  } catch (error) {
    // A role without the right to create temporary tables can still run this server.
    if (!(error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE))
      throw asDatabaseError(error);
    await query(REFUSE_IF_READ_ONLY + COMMIT).catch((thrown: unknown) => {
      throw asDatabaseError(thrown);
    });
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

// Several statements without parameters are one transaction. A read-only Postgres refuses the first statement, even if the table
// exists. The row needs a new page on the disk.
const TAKE_UP_ROOM = `
  CREATE TEMPORARY TABLE IF NOT EXISTS cytograph_probe (filler text) ON COMMIT DELETE ROWS;
  INSERT INTO cytograph_probe VALUES ('a row');`;

const REFUSE_IF_READ_ONLY = `
  DO $$ BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
      RAISE read_only_sql_transaction USING MESSAGE = 'The database is read-only.';
    END IF;
  END $$;`;

/** A transaction that writes to the write-ahead log ends when the log is on the disk, and on the standbys that it waits for. */
const COMMIT = `SELECT pg_logical_emit_message(true, 'cytograph', 'probe');`;
