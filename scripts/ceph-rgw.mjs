// A real S3 server for tests: Ceph's object gateway on one node, in memory, on loopback, from Debian's packages.
//   node scripts/ceph-rgw.mjs install   installs the packages (as root, with apt)
//   node scripts/ceph-rgw.mjs run       serves until its standard input closes; prints its endpoint and keys as JSON
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createProgress, explain, runQuietly, StepError } from './progress.mjs';

const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'];
const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool', 'monmaptool'];
const START_SECONDS = 600;

/** Whether this machine has the programs. */
export function isInstalled() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return PROGRAMS.every((program) => folders.some((folder) => fs.existsSync(path.join(folder, program))));
}

async function install() {
  if (isInstalled()) return;
  const apt = (...args) =>
    runQuietly('apt-get', ['-q', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      remedy: `install ${PACKAGES.join(' ')} yourself, or go without them: the S3 tests are then skipped.`,
    });
  await createProgress().step('Installing Ceph', async () => {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', ...PACKAGES);
  });
}

/**
 * Starts the server in a separate process, which exits when the caller's process exits for any reason.
 * Resolves to { endpoint, accessKeyId, secretAccessKey, stop() }.
 */
export async function startCeph() {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'run'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of readline.createInterface({ input: child.stdout })) {
    const stop = () => {
      child.stdin.end();
      return ended;
    };
    return { ...JSON.parse(line), stop };
  }
  throw new StepError(`Ceph did not start (exit code ${await ended}); see the reason above.`);
}

async function run() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ceph-'));
  const daemons = [];
  const stop = async () => {
    for (const { process: daemon, ended } of daemons.reverse()) {
      daemon.kill('SIGKILL'); // everything is in memory or in the temporary folder: nothing to save
      await ended;
    }
    fs.rmSync(folder, { recursive: true, force: true });
  };
  const closed = new Promise((resolve) => {
    process.stdin.once('close', resolve).resume();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, resolve);
  });
  try {
    const serving = serve(folder, daemons);
    const started = await Promise.race([serving, closed]);
    if (started) {
      console.log(JSON.stringify(started));
      await closed;
    }
  } finally {
    await stop();
  }
}

async function serve(folder, daemons) {
  const [monitorPort, legacyMonitorPort, port] = await freePorts(3);
  const configuration = path.join(folder, 'ceph.conf');
  const keyring = path.join(folder, 'keyring');
  const monitorMap = path.join(folder, 'monmap');
  const cluster = randomUUID();
  const monitor = `[v2:127.0.0.1:${monitorPort},v1:127.0.0.1:${legacyMonitorPort}]`;
  for (const name of ['mon', 'osd', 'rgw']) fs.mkdirSync(path.join(folder, name));
  fs.writeFileSync(configuration, configurationText(folder, cluster, monitor, port));

  const call = (program, ...args) => runQuietly(program, args, { timeoutMs: START_SECONDS * 1000 });
  const ceph = (...args) => call('ceph', '-c', configuration, ...args);
  const start = (program, ...args) => {
    const log = fs.openSync(path.join(folder, `${program}.out`), 'a');
    const daemon = spawn(program, ['-f', '-c', configuration, ...args], { stdio: ['ignore', log, log] });
    daemons.push({ process: daemon, ended: new Promise((resolve) => daemon.once('close', resolve)) });
    return daemon;
  };
  const until = async (program, isReady) => {
    const daemon = start(...program);
    for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; await sleep(200)) {
      if (daemon.exitCode !== null) break;
      if (await isReady().catch(() => false)) return;
    }
    const output = fs.readFileSync(path.join(folder, `${program[0]}.out`), 'utf8');
    throw new StepError(`${program[0]} did not become ready`, { output: output.slice(-4000) });
  };
  const key = (name, ...capabilities) =>
    call(
      'ceph-authtool',
      keyring,
      '--gen-key',
      '-n',
      name,
      ...capabilities.flatMap((capability) => ['--cap', ...capability]),
    );

  await call('ceph-authtool', '--create-keyring', keyring);
  await key('mon.', ['mon', 'allow *']);
  await key('client.admin', ['mon', 'allow *'], ['osd', 'allow *'], ['mgr', 'allow *']);
  await key('client.rgw', ['mon', 'allow rw'], ['osd', 'allow rwx']);
  await key('osd.0', ['mon', 'allow profile osd'], ['osd', 'allow *']);
  await call('monmaptool', '--create', '--fsid', cluster, '--addv', 'a', monitor, monitorMap);
  await call(
    'ceph-mon',
    '-c',
    configuration,
    '--mkfs',
    '-i',
    'a',
    '--monmap',
    monitorMap,
    '--keyring',
    keyring,
  );
  await until(['ceph-mon', '-i', 'a'], () => ceph('--connect-timeout', '5', 'mon', 'stat'));

  const disk = randomUUID();
  await ceph('osd', 'new', disk);
  await call('ceph-osd', '-c', configuration, '-i', '0', '--mkfs', '--osd-uuid', disk);
  await until(['ceph-osd', '-i', '0'], async () => (await ceph('osd', 'stat')).includes('1 up'));

  const endpoint = `http://127.0.0.1:${port}`;
  await until(['radosgw', '-n', 'client.rgw'], async () => (await fetch(endpoint)).ok);
  const credentials = {
    accessKeyId: randomBytes(10).toString('hex'),
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const user = ['--uid=test', '--display-name=test', `--access-key=${credentials.accessKeyId}`];
  await call(
    'radosgw-admin',
    '-c',
    configuration,
    'user',
    'create',
    ...user,
    `--secret-key=${credentials.secretAccessKey}`,
  );
  return { endpoint, ...credentials };
}

const configurationText = (folder, cluster, monitor, port) => `
[global]
fsid = ${cluster}
mon_host = ${monitor}
mon_initial_members = a
public_addr = 127.0.0.1
ms_bind_ipv6 = false
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = ${folder}/keyring
mon_data = ${folder}/mon
osd_data = ${folder}/osd
rgw_data = ${folder}/rgw
run_dir = ${folder}
admin_socket = ${folder}/$name.asok
pid_file = ${folder}/$name.pid
log_file = ${folder}/$name.log
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
rgw_frontends = beast endpoint=127.0.0.1:${port}
`;

/** Free ports. All are kept open until the last is found, so that no two are the same. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const commands = { install, run };
  const command = commands[process.argv[2]];
  if (!command) throw new Error('Usage: node scripts/ceph-rgw.mjs install|run');
  command().catch((error) => {
    explain(error);
    process.exitCode = 1;
  });
}
