import { fork } from 'node:child_process';

/** At most this many restarts within this time. */
const MOST_RESTARTS = 5;
const PERIOD_MS = 60_000;
/**
 * The exit codes of a program that stopped as requested, that could not start and has reported why, or that Ctrl-C killed.
 */
const FINAL_CODES = [0, 1, 130];
const GAVE_UP_CODE = 70;

/**
 * Runs a program as a child process with the flags, standard streams and signals of this process, and restarts it immediately
 * when it fails. `onReady` is called at the program's first message.
 * @returns the exit code for this process: that of the program, or 70 if it failed more than five times within a minute
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
          `✗ The server failed again (${how}), after ${MOST_RESTARTS} restarts within a minute, and is not restarted. ` +
            'The reason is in the log above. Fix the cause, then run npm start.',
        );
        return GAVE_UP_CODE;
      }
      restarts.push(now);
      say(`! The server failed (${how}) and is being restarted.`);
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
