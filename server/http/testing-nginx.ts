import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin']
  .map((folder) => path.join(folder, 'nginx'))
  .find((file) => existsSync(file));

/** Whether nginx is installed: 'node scripts/nginx.mjs install' installs it. */
export const isNginxInstalled = PROGRAM !== undefined;

export interface TestNginx {
  /** 'http://127.0.0.1:41234' */
  url: string;
  stop(): Promise<void>;
}

/** A configuration from the documentation, unchanged. */
export const documented = (name: 'own-host' | 'sub-path') => readFile(`deploy/nginx/${name}.conf`, 'utf8');

/**
 * A real nginx in front of the servers at `backends` ('http://localhost:4000'), with the content of a file of conf.d.
 * Of `configuration`, only the two addresses are replaced: 'listen 80;' and 'server 127.0.0.1:4000;'.
 */
export async function startNginx(
  configuration: string,
  backends: readonly string[],
  port: number,
): Promise<TestNginx> {
  if (!PROGRAM) throw new Error('nginx is not installed.');
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-nginx-'));
  await mkdir(path.join(folder, 'temp'));
  const site = replaced(
    replaced(configuration, 'listen 80;', `listen 127.0.0.1:${port};`),
    'server 127.0.0.1:4000;',
    backends.map((backend) => `server 127.0.0.1:${new URL(backend).port};`).join(' '),
  );
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    path.join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; worker_processes 1;
     ${process.getuid?.() === 0 ? 'user root;' : ''}
     events { worker_connections 256; }
     http { access_log off; ${temp.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join(' ')} ${site} }`,
  );
  const nginx = spawn(PROGRAM, ['-p', folder, '-c', path.join(folder, 'nginx.conf')], { stdio: 'inherit' });
  const ended = new Promise((resolve) => nginx.once('close', resolve));
  const stop = async () => {
    nginx.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  while (!(await answers(port))) {
    if (nginx.exitCode !== null) {
      const said = await readFile(path.join(folder, 'error.log'), 'utf8');
      throw new Error(`nginx did not start: ${said}`);
    }
    await sleep(20);
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The configuration has no '${from}'.`);
  return text.replace(from, to);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
