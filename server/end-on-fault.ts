import type { Logger } from 'pino';
import { within } from './concurrency/within.js';
import { currentRequest } from './http/request-scope.js';

/** The exit code after an unhandled error (EX_SOFTWARE of sysexits.h): the server may be restarted. */
export const FAULT_EXIT_CODE = 70;
/** How long requests in progress may take to finish. New requests wait for the next process. */
const LONGEST_STOP_MS = 1_000;

/**
 * Stops the process after an unhandled error, because its state is then unknown. The error is logged with the request that
 * caused it, the request is answered with an internal error, and `stop` has one second.
 */
export function endOnFault(log: Logger, stop: () => Promise<void>): void {
  let ending = false;
  const end = (error: unknown, origin: string) => {
    const request = currentRequest();
    const { id: requestId, method, path } = request ?? {};
    log.fatal({ err: error, origin, requestId, method, path }, 'An error was not handled: the server stops.');
    if (ending) return;
    ending = true;
    request?.fail();
    within(LONGEST_STOP_MS, stop())
      .catch((reason: unknown) => log.error({ err: reason }, 'The server did not stop cleanly.'))
      .finally(() => process.exit(FAULT_EXIT_CODE));
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', (reason) => end(reason, 'unhandledRejection'));
}
