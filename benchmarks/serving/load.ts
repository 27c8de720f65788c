import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Api, Classification } from './classify-requests.js';
import { cpuSecondsOfFamily } from './process-cpu.js';
import type { ServerUnderLoad, ServerUse } from './server-under-load.js';

/** The task of a load generator. Each of its clients waits for an answer before it sends the next image. */
export interface LoadOrder {
  /** The servers. The clients are divided among them. */
  targets: readonly { url: string; token: string }[];
  api: Api;
  clients: number;
  images: readonly Buffer[];
  /** A mark in the images that makes them different from those of other runs on the same servers. */
  run: number;
  warmUpSeconds: number;
  until: { seconds: number } | { answers: number };
}

/** One image, sent and classified; times by `monotonicMs`. */
export interface Answer extends Classification {
  image: number;
  counter: number;
  sentAt: number;
  receivedAt: number;
}

export interface LoadResult {
  /** Duration of the measurement, without the warm-up. */
  seconds: number;
  /** Answers received during the measurement. */
  answers: Answer[];
  /** All answers, including those before and after the measurement. */
  answered: number;
  /** The number of requests that got no classification, at any time, and the answer to the first of them. */
  failed: number;
  failures: string[];
  /** Usage during the measurement. */
  generatorCpuSeconds: number;
}

export type LoadEvent = { event: 'measuring' | 'measured' } | { event: 'result'; result: LoadResult };

export interface MeasuredLoad extends LoadResult {
  run: number;
  servers: ServerUse[];
  /** CPU time of all processes of the database; null if the system does not report it. */
  postgresCpuSeconds: number | null;
}

const PROGRAM = fileURLToPath(new URL('./load-process.js', import.meta.url));
const LARGEST_RUN = 2 ** 48 - 1;

/**
 * Loads the servers from a separate process, and returns the results and the resources that the servers and the database
 * used during the measurement.
 * @param order `through`: the address that distributes requests to the servers, if they are not sent to the servers themselves
 */
export async function measureLoad(
  servers: readonly ServerUnderLoad[],
  postgresPid: number,
  order: Omit<LoadOrder, 'targets' | 'run'> & { token: string; through?: string },
): Promise<MeasuredLoad> {
  const { token, through, ...rest } = order;
  const run = randomInt(LARGEST_RUN);
  const targets = (through === undefined ? servers.map(({ url }) => url) : [through]).map((url) => ({
    url,
    token,
  }));
  let uses: Promise<ServerUse[]> = Promise.resolve([]);
  let postgresBefore: number | null = null;
  let postgresCpuSeconds: number | null = null;
  const result = await generateLoad(
    { ...rest, targets, run },
    {
      measuring: () => {
        postgresBefore = cpuSecondsOfFamily(postgresPid);
        for (const server of servers) void server.reset();
      },
      measured: () => {
        const now = cpuSecondsOfFamily(postgresPid);
        postgresCpuSeconds = now === null || postgresBefore === null ? null : now - postgresBefore;
        uses = Promise.all(servers.map((server) => server.read()));
      },
    },
  );
  return { ...result, run, servers: await uses, postgresCpuSeconds };
}

/** Runs the generator in a separate process, and notifies `on` when the measurement begins and ends. */
export function generateLoad(
  order: LoadOrder,
  on: { measuring?: () => void; measured?: () => void } = {},
): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, { serialization: 'advanced' });
    child.on('message', (message: LoadEvent) => {
      if (message.event === 'result') resolve(message.result);
      else on[message.event]?.();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The load generator ended (${code}) without a result.`)));
    child.send(order);
  });
}
