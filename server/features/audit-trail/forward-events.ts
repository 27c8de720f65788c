import type { Database } from '../../database/client.js';
import { readSealedEvents } from './read-sealed-events.js';
import { sendSyslog, syslogMessage, type SyslogReceiver } from './syslog.js';

/** Events sent over one connection. */
const BATCH = 500;
/** Key of the advisory lock that lets one process forward at a time: 'fwrd' in ASCII. */
const FORWARD_LOCK = 0x66777264;
const TIMEOUT_MS = 5 * 60_000;

/**
 * Sends all sealed events that have not been forwarded yet to a syslog receiver, in the order of the chain. The position is recorded
 * after the receiver has taken a batch, so each event arrives at least once: after a failure, a batch may arrive again.
 * Where another process is forwarding, does nothing. Classification never waits for this.
 */
export async function forwardEvents(
  database: Database,
  receiver: SyslogReceiver,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const count = await database.$transaction(
      async (tx) => {
        const [lock] = await tx.$queryRaw<
          { held: boolean }[]
        >`SELECT pg_try_advisory_xact_lock(${FORWARD_LOCK}) AS held`;
        if (!lock?.held) return 0;
        const { forwardedPosition } = await tx.auditForwarder.findUniqueOrThrow({ where: { id: 1 } });
        const events = await readSealedEvents(tx, forwardedPosition, BATCH);
        const last = events.at(-1);
        if (!last) return 0;
        await sendSyslog(receiver, events.map(syslogMessage), signal);
        await tx.auditForwarder.update({
          where: { id: 1 },
          data: { forwardedPosition: last.seal.position },
        });
        return events.length;
      },
      { timeout: TIMEOUT_MS },
    );
    if (count < BATCH) return;
  }
}
