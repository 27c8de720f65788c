// Prints one line for each step: with a spinner and the elapsed time on a terminal, plain lines elsewhere.
import { spawn } from 'node:child_process';
import path from 'node:path';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REMINDER_MS = 15_000;
const OUTPUT_KEPT = 20_000;

/** A step that failed. `output` is the output of the failed command, `remedy` explains what to do. */
export class StepError extends Error {
  constructor(message, { output = '', remedy = '', cause } = {}) {
    super(message, { cause });
    this.output = output.trim();
    this.remedy = remedy;
  }
}

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Writes steps to `stream`. Steps may run at the same time: one status line then lists all that are running. */
export function createProgress(stream = process.stdout) {
  const underWay = new Map();
  let frame = 0;
  let timer;

  const status = () =>
    [...underWay]
      .map(([title, from]) => `${title} (${Math.round((Date.now() - from) / 1000)} s)`)
      .join(' · ');
  const clear = () => stream.isTTY && stream.write('\r\x1b[2K');
  const draw = () => {
    const text = `${FRAMES[frame++ % FRAMES.length]} ${status()}`;
    stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
  };

  function note(line) {
    clear();
    stream.write(`${line}\n`);
  }

  function begin(title) {
    underWay.set(title, Date.now());
    if (!stream.isTTY) note(`… ${title}`);
    timer ??= stream.isTTY ? setInterval(draw, 90) : setInterval(() => note(`… ${status()}`), REMINDER_MS);
    timer.unref();
  }

  function end(title, mark, remark) {
    const took = Date.now() - underWay.get(title);
    underWay.delete(title);
    note(`${mark} ${title}${remark ? `: ${remark}` : ''} (${seconds(took)})`);
    if (underWay.size === 0) timer = clearInterval(timer);
  }

  /** Runs `work`, showing `title`; returns what `work` returns. If it returns a string, the final line shows it. */
  async function step(title, work) {
    begin(title);
    try {
      const result = await work();
      end(title, '✓', typeof result === 'string' ? result : '');
      return result;
    } catch (error) {
      end(title, '✗', 'failed');
      throw error;
    }
  }

  return { step, note };
}

/** Runs a program quietly; resolves to what it printed. Throws StepError with the end of its output when it fails. */
export function runQuietly(command, args, { cwd, env, remedy, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_KEPT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const name = [command, ...args].map((word) => path.basename(word)).join(' ');
    child.on('error', (cause) =>
      reject(new StepError(`${name} could not be started: ${cause.message}`, { remedy, cause })),
    );
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      reject(new StepError(`${name} ${how}`, { output, remedy }));
    });
  });
}

/** Prints to stderr what failed, its output and what to do. */
export function explain(error) {
  if (!(error instanceof StepError)) return console.error(error);
  console.error(`\n${error.message}`);
  if (error.output) console.error(`\n${error.output.replace(/^/gm, '    ')}`);
  if (error.remedy) console.error(`\nWhat to do: ${error.remedy}`);
}
