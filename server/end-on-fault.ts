import type { Logger } from 'pino';
import { within } from './concurrency/within.js';
import { currentRequest } from './http/request-scope.js';

/** What a process ends with that a fault has ended (EX_SOFTWARE of sysexits.h): another may take its place. */
export const FAULT_EXIT_CODE = 70;
/** As long as requests under way may take to end: requests that come meanwhile wait for the next process. */
const LONGEST_STOP_MS = 1_000;

/**
 * Ends the process in good order when an error reaches its top, since nobody knows what state it has left behind: the error is
 * logged with the request that it came from, which is answered with an internal error, then `stop` has a second.
 */
export function endOnFault(log: Logger, stop: () => Promise<void>): void {
  let ending = false;
  const end = (error: unknown, origin: string) => {
    const request = currentRequest();
    const { id: requestId, method, path } = request ?? {};
    log.fatal({ err: error, origin, requestId, method, path }, 'A fault reached the top: the server ends.');
    if (ending) return;
    ending = true;
    request?.fail();
    within(LONGEST_STOP_MS, stop())
      .catch((reason: unknown) => log.error({ err: reason }, 'The server did not stop in good order.'))
      .finally(() => process.exit(FAULT_EXIT_CODE));
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', (reason) => end(reason, 'unhandledRejection'));
}
