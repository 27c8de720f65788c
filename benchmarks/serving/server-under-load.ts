import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export type ServerQuestion = 'reset' | 'read' | 'stop';

/** Resource use since the last 'reset'; the memory is the current use. */
const ServerUse = z.object({
  /** CPU time of all threads of the process. */
  cpuSeconds: z.number(),
  residentBytes: z.number(),
  /** Share of the time that the event loop was not idle. */
  loopUtilization: z.number(),
  loopDelayMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
});
export type ServerUse = z.infer<typeof ServerUse>;

/** A running API process. */
export interface ServerUnderLoad {
  url: string;
  pid: number;
  /** Begins a measurement. */
  reset(): Promise<void>;
  read(): Promise<ServerUse>;
  /** Stops the process as SIGTERM does. */
  stop(): Promise<void>;
  /** Kills the process like a power cut, except that the operating system keeps its buffers. */
  kill(): Promise<void>;
}

/** The same settings as `npm start` in package.json, which keep memory use low. */
const NODE_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=30', '--enable-source-maps'];
const MALLOC = { MALLOC_ARENA_MAX: '2' };

const PROGRAM = fileURLToPath(new URL('./server-process.js', import.meta.url));

/**
 * Starts an API process with these settings.
 * @param core pins it, with all its threads, to one core of the machine
 * @param profileFolder where it writes CPU profiles of its threads when it stops
 */
export async function startServerUnderLoad(
  settings: Record<string, string>,
  { core = null, profileFolder = null }: { core?: number | null; profileFolder?: string | null } = {},
): Promise<ServerUnderLoad> {
  const node = [process.execPath, ...NODE_FLAGS];
  if (profileFolder !== null) {
    await mkdir(profileFolder, { recursive: true });
    node.push('--cpu-prof', `--cpu-prof-dir=${profileFolder}`);
  }
  const [command, ...args] = [...(core === null ? [] : ['taskset', '-c', String(core)]), ...node, PROGRAM];
  const child = spawn(command, args, {
    env: { ...MALLOC, ...process.env, ...settings },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { url } = z.object({ url: z.string() }).parse(await messageOf(child));
  let last: Promise<unknown> = Promise.resolve();
  const ask = (question: ServerQuestion): Promise<unknown> => {
    const answer = last.then(() => {
      child.send(question);
      return messageOf(child);
    });
    last = answer.catch(() => undefined); // one request at a time, since answers do not name their request
    return answer;
  };
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url,
    pid: child.pid ?? NaN,
    reset: async () => {
      await ask('reset');
    },
    read: async () => ServerUse.parse(await ask('read')),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) await ask('stop');
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => settle(() => resolve(message));
    const onEnd = (code: number | null) =>
      settle(() => reject(new Error(`The server's process ended (${code}).`)));
    const settle = (outcome: () => void) => {
      child.off('message', onMessage).off('exit', onEnd).off('error', reject);
      outcome();
    };
    child.once('message', onMessage).once('exit', onEnd).once('error', reject);
  });
}
