import { setTimeout as sleep } from 'node:timers/promises';
import { cleanUpDeliveries } from './clean-up-deliveries.js';
import { reportMonitoring } from './report-monitoring.js';
import { type SenderServices, sendDueMessages } from './send-due-messages.js';

/** Milliseconds between two looks for messages that are due. */
const PASS_INTERVAL_MS = 1_000;
/** Milliseconds between two looks at the figures of monitoring, and between two deletions of old deliveries. */
const HOUR_MS = 60 * 60_000;
/** The pause after a failure. It doubles with each further one, up to {@link LONGEST_PAUSE_MS} or the task's interval. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

export interface Webhooks {
  close(): Promise<void>;
}

/** Something that is done again and again. */
interface Task {
  run: () => Promise<unknown>;
  /** Milliseconds from the end of one run to the start of the next. */
  interval: number;
  /** What the log says if a run fails. */
  failure: string;
}

/**
 * Sends the messages of webhooks in the background, until it is closed. Any number of processes may do so at the same time. Monitoring and
 * sending are separate tasks: if one fails, the others continue.
 */
export function runWebhooks(services: SenderServices): Webhooks {
  const closing = new AbortController();
  const { signal } = closing;
  const { database, log } = services;
  const tasks: Task[] = [
    {
      run: () => sendDueMessages(services, signal),
      interval: PASS_INTERVAL_MS,
      failure: 'Messages of webhooks could not be sent. They wait in the database.',
    },
    {
      run: () => reportMonitoring(database),
      interval: HOUR_MS,
      failure: 'Webhooks could not report what monitoring found. This is tried again later.',
    },
    {
      run: () => cleanUpDeliveries(database),
      interval: HOUR_MS,
      failure: 'Old deliveries of webhooks could not be deleted. This is tried again later.',
    },
  ];

  async function repeat({ run, interval, failure }: Task): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await run();
        failures = 0;
      } catch (error) {
        if (isAborted(signal)) return;
        log.warn({ err: error }, failure);
        failures += 1;
      }
      const longest = Math.max(interval, LONGEST_PAUSE_MS);
      const pause = failures === 0 ? interval : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), longest);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  const running = Promise.all(tasks.map(repeat));
  return {
    close: async () => {
      closing.abort(new Error('The worker is stopping.'));
      await running;
    },
  };
}

const isAborted = (signal: AbortSignal) => signal.aborted;
