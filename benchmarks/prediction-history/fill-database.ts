import { createDatabase } from '../../server/database/client.js';
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.js';
import { migrate } from '../../server/database/migrate.js';
import { fillHistory } from './fill-history.js';

/** Makes a database in that folder, which exists, with a history of so many predictions. One that has predictions is only migrated. */
export async function fillDatabase(folder: string, rows: number, say: (line: string) => void): Promise<void> {
  // Filling does not wait for the disk, since data lost in a crash can be generated again.
  const postgres = await startEmbeddedPostgres(folder, { fsync: 'off', max_wal_size: '4GB' });
  const database = createDatabase(postgres.url);
  try {
    await migrate(postgres.url);
    const isEmpty = (await database.prediction.findFirst({ select: { id: true } })) === null;
    if (isEmpty) await fillHistory(postgres.url, rows, say);
  } finally {
    await database.$disconnect();
    await postgres.stop();
  }
}
