import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Api, Classification } from './classify-requests.js';
import { cpuSecondsOfFamily } from './process-cpu.js';
import type { ServerUnderLoad, ServerUse } from './server-under-load.js';

/** What a load generator is to do. Its clients each wait for an answer before they send the next image. */
export interface LoadOrder {
  /** The servers, among which the clients are shared out. */
  targets: readonly { url: string; token: string }[];
  api: Api;
  clients: number;
  images: readonly Buffer[];
  /** Marks the images, so that no other run on the same servers has sent them. */
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
  /** How long was measured, the warm-up not counted. */
  seconds: number;
  /** Those that came in that time. */
  answers: Answer[];
  /** All, those before and after among them. */
  answered: number;
  /** The number of requests that got no classification, at any time, and the answer to the first of them. */
  failed: number;
  failures: string[];
  /** While it was measured. */
  generatorCpuSeconds: number;
}

export type LoadEvent = { event: 'measuring' | 'measured' } | { event: 'result'; result: LoadResult };

export interface MeasuredLoad extends LoadResult {
  run: number;
  servers: ServerUse[];
  /** Of all processes of the database; null where the system does not tell. */
  postgresCpuSeconds: number | null;
}

const PROGRAM = fileURLToPath(new URL('./load-process.js', import.meta.url));
const LARGEST_RUN = 2 ** 48 - 1;

/**
 * Loads the servers from a separate process, and returns the results and the resources that the servers and the database
 * used during the measurement.
 */
export async function measureLoad(
  servers: readonly ServerUnderLoad[],
  postgresPid: number,
  order: Omit<LoadOrder, 'targets' | 'run'> & { token: string },
): Promise<MeasuredLoad> {
  const { token, ...rest } = order;
  const run = randomInt(LARGEST_RUN);
  const targets = servers.map(({ url }) => ({ url, token }));
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
