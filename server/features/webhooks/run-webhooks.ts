import { setTimeout as sleep } from 'node:timers/promises';
import { reportMonitoring } from './report-monitoring.js';
import { type SenderServices, sendDueMessages } from './send-due-messages.js';

/** Milliseconds between two looks for messages that are due. */
const PASS_INTERVAL_MS = 1_000;
/** The longest pause after failures of the database, which doubles with each. */
const LONGEST_PAUSE_MS = 60_000;
/** Milliseconds between two looks at the figures of monitoring. */
const REPORT_INTERVAL_MS = 60 * 60_000;

export interface Webhooks {
  close(): Promise<void>;
}

/** Sends the messages of webhooks in the background, until it is closed. Any number of processes may do so at the same time. */
export function runWebhooks(services: SenderServices): Webhooks {
  const closing = new AbortController();
  const { signal } = closing;

  async function run(): Promise<void> {
    let pause = PASS_INTERVAL_MS;
    let reportedAt = -Infinity;
    while (!signal.aborted) {
      try {
        if (performance.now() - reportedAt >= REPORT_INTERVAL_MS) {
          await reportMonitoring(services.database);
          reportedAt = performance.now();
        }
        await sendDueMessages(services, signal);
        pause = PASS_INTERVAL_MS;
      } catch (error) {
        if (isAborted(signal)) return;
        services.log.warn(
          { err: error },
          'Messages of webhooks could not be sent. They wait in the database.',
        );
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  const running = run();
  return {
    close: async () => {
      closing.abort(new Error('The worker is stopping.'));
      await running;
    },
  };
}

const isAborted = (signal: AbortSignal) => signal.aborted;
