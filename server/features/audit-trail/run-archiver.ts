import { databaseTime } from '../../database/clock.js';
import { archiveEvents, type ArchiveServices } from './archive-events.js';

const CHECK_INTERVAL_MS = 60 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/** Moves old audit events to the archive in the background, until it is closed. */
export interface Archiver {
  /** Stops after the file that is being written. */
  close(): Promise<void>;
}

/**
 * Starts to look every hour for events older than `retentionDays`. They are moved once the oldest is a day older than that, so that
 * there is about one file for each day. Any number of processes may run an archiver.
 */
export function runArchiver(
  services: ArchiveServices,
  { retentionDays, onlyForwarded }: { retentionDays: number; onlyForwarded: boolean },
): Archiver {
  const closing = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function check(): Promise<void> {
    const { database, log } = services;
    try {
      const now = (await databaseTime(database)).getTime();
      const oldest = await database.auditSeal.findFirst({ orderBy: { position: 'asc' } });
      if (!oldest || oldest.sealedAt.getTime() > now - (retentionDays + 1) * DAY_MS) return;
      const sealedBefore = new Date(now - retentionDays * DAY_MS);
      await archiveEvents(services, { sealedBefore, onlyForwarded, signal: closing.signal });
    } catch (error) {
      if (!closing.signal.aborted)
        log.error(
          { err: error },
          'Old audit events were not moved to the archive. The next attempt is in an hour.',
        );
    }
  }
  const start = () => void (running = running.then(check));
  const timer = setInterval(start, CHECK_INTERVAL_MS);
  start();

  return {
    close: async () => {
      clearInterval(timer);
      closing.abort();
      await running;
    },
  };
}
