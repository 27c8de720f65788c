import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../database/client.js';
import { forwardEvents } from './forward-events.js';
import type { SyslogReceiver } from './syslog.js';

/** Milliseconds between two passes. */
const PASS_INTERVAL_MS = 1_000;
/** The longest pause after failures, which doubles with each. */
const LONGEST_PAUSE_MS = 60_000;

/** Forwards audit events in the background, until it is closed. */
export interface Forwarder {
  close(): Promise<void>;
}

/** Starts to forward sealed events. While the receiver is unreachable, events wait in the database. Any number of processes may run one. */
export function runForwarder(
  { database, log }: { database: Database; log: Logger },
  receiver: SyslogReceiver,
): Forwarder {
  const closing = new AbortController();
  const { signal } = closing;
  const isClosing = () => signal.aborted;

  async function run(): Promise<void> {
    let pause = PASS_INTERVAL_MS;
    while (!isClosing()) {
      try {
        await forwardEvents(database, receiver, signal);
        if (pause > PASS_INTERVAL_MS) log.info('Audit events are forwarded again.');
        pause = PASS_INTERVAL_MS;
      } catch (error) {
        if (isClosing()) return;
        if (pause === PASS_INTERVAL_MS)
          log.warn(
            { err: error },
            'Audit events could not be forwarded. They wait until the receiver takes them.',
          );
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  const running = run();
  return {
    close: async () => {
      closing.abort(new Error('The server is stopping.'));
      await running;
    },
  };
}
