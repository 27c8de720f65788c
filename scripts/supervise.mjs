import { fork } from 'node:child_process';

/** More restarts than this within this time do no good. */
const MOST_RESTARTS = 5;
const PERIOD_MS = 60_000;
/** The exit codes of a program that stopped when told to, that could not start and has said why, and that Ctrl-C stopped at once. */
const FINAL_CODES = [0, 1, 130];
const GAVE_UP_CODE = 70;

/**
 * Runs a program as a child process with this process's own flags, standard streams and signals, and again at once when a fault
 * ends it. It may send the message 'ready'; `onReady` is called at the first.
 * @returns the exit code to end with: the program's, or 70 where it has failed more than five times within a minute
 */
export async function supervise(program, { onReady = () => {}, say = console.error } = {}) {
  const restarts = [];
  let child = null;
  let told = false;
  const pass = (signal) => {
    told = true;
    child?.kill(signal);
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  try {
    for (;;) {
      child = fork(program, { execArgv: [...process.execArgv, '--enable-source-maps'] });
      child.once('message', () => {
        onReady();
        onReady = () => {};
      });
      const { code, signal, error } = await ended(child);
      if (told || FINAL_CODES.includes(code)) return code ?? 130;
      const how = error?.message ?? (signal ? `killed by ${signal}` : `exit code ${code}`);

      const now = performance.now();
      while (now - restarts[0] > PERIOD_MS) restarts.shift();
      if (restarts.length === MOST_RESTARTS) {
        say(
          `✗ The server ended again (${how}), after ${MOST_RESTARTS} restarts within a minute: it is not started again. ` +
            'The reason is in the log above. Once that is out of the way, run npm start.',
        );
        return GAVE_UP_CODE;
      }
      restarts.push(now);
      say(`! The server ended (${how}) and is started again.`);
    }
  } finally {
    process.off('SIGINT', pass).off('SIGTERM', pass);
  }
}

function ended(child) {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', (error) => child.pid === undefined && resolve({ code: null, signal: null, error }));
  });
}
