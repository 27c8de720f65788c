import pg from 'pg';
import type { Database } from '../database/client.js';
import { asDatabaseError } from '../database/database-outage.js';

/**
 * Does what keeping a prediction needs of the database, over the connections that requests use: it changes something, takes
 * up room on the disk, and commits durably. Nothing of it stays: the row is in a temporary table, which is emptied when it
 * commits, and the message is for nobody.
 * @throws UnavailableError where the database is away, read-only or full
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
    // A role that may not make temporary tables can still work with this server.
    if (!(error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE))
      throw asDatabaseError(error);
    await query(REFUSE_IF_READ_ONLY + COMMIT).catch((thrown: unknown) => {
      throw asDatabaseError(thrown);
    });
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

// Several statements without parameters are one transaction. Postgres refuses the first where it is read-only, even if the
// table is there, and gives the row a new page of the disk.
const TAKE_UP_ROOM = `
  CREATE TEMPORARY TABLE IF NOT EXISTS cytograph_probe (filler text) ON COMMIT DELETE ROWS;
  INSERT INTO cytograph_probe VALUES ('a row');`;

const REFUSE_IF_READ_ONLY = `
  DO $$ BEGIN
    IF current_setting('transaction_read_only')::boolean THEN
      RAISE read_only_sql_transaction USING MESSAGE = 'The database is read-only.';
    END IF;
  END $$;`;

/** A transaction that has written something into the log ends when that is on the disk, and with the standbys it waits for. */
const COMMIT = `SELECT pg_logical_emit_message(true, 'cytograph', 'probe');`;
