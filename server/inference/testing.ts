import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../concurrency/testing-port.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PYTHON = path.join(ROOT, '.cache/kserve/bin/python');
const SERVE = path.join(ROOT, 'deploy/open-inference/serve.py');
const START_MS = 600_000;

/** Whether `node scripts/kserve.mjs install` has been run. */
export function isKServeInstalled(): boolean {
  return existsSync(path.join(ROOT, '.cache/kserve/installed.txt'));
}

export interface TestKServe {
  /** 'http://127.0.0.1:40123' */
  readonly url: string;
  /** Adds a network to the folder from which the server loads networks. */
  add(onnx: Uint8Array): Promise<void>;
  /** Kills the process, as in a crash. */
  kill(): Promise<void>;
  /** Starts it again with the same port and folder, and resolves when it answers. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** KServe's model server with `deploy/open-inference/serve.py`, on an empty folder. */
export async function startKServe(): Promise<TestKServe> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kserve-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let networks = 0;
  let stop = (): Promise<void> => Promise.resolve();

  async function start(): Promise<void> {
    const args = [SERVE, '--models', folder, '--http_port', String(port), '--enable_grpc', 'false'];
    const child = spawn(PYTHON, [...args, '--threads', '1'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    child.stderr.on('data', (text: Buffer) => (output = (output + text.toString()).slice(-4000)));
    const ended = once(child, 'close');
    stop = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    for (const end = Date.now() + START_MS; ; await sleep(100)) {
      if (await isReady(url)) return;
      if (child.exitCode !== null || Date.now() > end) throw new Error(`KServe does not start: ${output}`);
    }
  }

  await start();
  return {
    url,
    add: async (onnx) => {
      const own = path.join(folder, String(networks++));
      await mkdir(own);
      await writeFile(path.join(own, 'model.onnx'), onnx);
    },
    kill: () => stop(),
    start,
    close: async () => {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/v2/health/ready`)).ok;
  } catch {
    return false;
  }
}

/** An HTTP server on a free port of the loopback address. */
export async function listen(handler: RequestListener): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
