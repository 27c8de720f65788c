import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { freePort } from '../../server/concurrency/testing-port.js';

/** One worker for each core, as its users would start it. */
const WORKERS = 2;
const STARTS_WITHIN_MS = 30_000;

/** The program that people would write instead of a server, running on the database of the site. */
export interface PeerProgram {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/**
 * Starts `servers/fastapi_durable.py` of a folder. The environment has to name in PEERS where its network and the packages of
 * its load generator are.
 * @param python a Python that has the packages of the program
 */
export async function startPeer(folder: string, python: string, databaseUrl: string): Promise<PeerProgram> {
  const store = await mkdtemp(path.join(tmpdir(), 'cytograph-peer-'));
  const environment = { ...process.env, INTRA: '1', STORE: store, DSN: databaseUrl };
  try {
    // Each worker makes the program's table if there is none; two that do so at once may fail.
    await (await startWorkers(1, folder, python, environment)).stop();
    const peer = await startWorkers(WORKERS, folder, python, environment);
    const stop = async () => {
      await peer.stop();
      await rm(store, { recursive: true, force: true });
    };
    return { ...peer, stop };
  } catch (error) {
    await rm(store, { recursive: true, force: true });
    throw error;
  }
}

async function startWorkers(
  count: number,
  folder: string,
  python: string,
  environment: NodeJS.ProcessEnv,
): Promise<PeerProgram> {
  const port = await freePort();
  const program = ['-m', 'uvicorn', '--app-dir', path.join(folder, 'servers'), 'fastapi_durable:app'];
  const options = ['--log-level', 'warning', '--port', String(port), '--workers', String(count)];
  const child = spawn(python, [...program, ...options], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  try {
    await Promise.race([untilListening(port), failed]);
    return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? NaN, stop };
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
}

/** How the load generator sends its images to a server. */
export type LoadShape =
  { shape: 'graphql'; query: string; token: string } | { shape: 'multipart'; token?: string };

const Load = z.object({
  rps: z.number(),
  n: z.number(),
  errors: z.number(),
  p50: z.number(),
  p99: z.number(),
  rss: z.number(),
  /** Cores in use by the server. */
  cpuServer: z.number(),
  err: z.string().optional(),
});
export type Load = z.infer<typeof Load>;

/** Loads a server with images unlike any before, by `load.mjs` of the peer's folder. */
export async function loadByPeersGenerator(
  folder: string,
  server: { url: string; pid: number },
  how: LoadShape,
  { clients, seconds, images }: { clients: number; seconds: number; images: string | null },
): Promise<Load> {
  const args = ['--url', server.url, '--pid', String(server.pid), '--unique', '1', '--c', String(clients)];
  args.push('--shape', how.shape, '--secs', String(seconds), '--warm', String(seconds / 2));
  if (how.shape === 'graphql') args.push('--query', how.query);
  if (how.token !== undefined) args.push('--header', `authorization: Bearer ${how.token}`);
  if (images !== null) args.push('--images', path.resolve(images));
  const child = spawn(process.execPath, [path.join(folder, 'load.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
  await once(child, 'close');
  return Load.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? ''));
}

async function untilListening(port: number): Promise<void> {
  const giveUpAt = performance.now() + STARTS_WITHIN_MS;
  while (!(await isListening(port))) {
    if (performance.now() > giveUpAt) throw new Error('The peer did not start. See its output above.');
    await pause(200);
  }
  await pause(2_000); // its other workers
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}
