import { availableParallelism } from 'node:os';
import { freePort } from '../../server/concurrency/testing-port.js';
import { documented, isNginxInstalled, startNginx } from '../../server/http/testing-nginx.js';
import { type MeasuredLoad, measureLoad } from './load.js';
import type { Part } from './report.js';
import type { ServerUnderLoad } from './server-under-load.js';
import { type Workbench, withServer } from './workbench.js';

const CLIENTS_PER_REPLICA = 8;
const LEAST_SCALING = 0.85;

interface Replicas {
  replicas: number;
  imagesPerSecond: number;
  failed: number;
  /** CPU time that the API processes got, in cores: less than their number if other processes share the cores. */
  apiCores: number;
  imagesPerApiCore: number;
  postgresCores: number | null;
  generatorCores: number;
}

/**
 * Two and four API processes on one database and object store against one, behind nginx where it is installed. Each is pinned to one core
 * and has one inference thread. The database and the generator run on the same cores, so what counts is images per second of CPU time
 * that the API processes got: that stays the same where replicas do not hinder each other.
 */
export async function measureReplicas(bench: Workbench): Promise<Part> {
  if (process.platform !== 'linux' || availableParallelism() < 2)
    return { rows: [{ figure: 'replicas', measured: 'needs Linux and two cores' }], data: null };
  const one = await measureReplicasOf(bench, 1);
  const several = [await measureReplicasOf(bench, 2), await measureReplicasOf(bench, 4)];
  return {
    rows: [
      ...[one, ...several].map((it) => ({
        figure: `${it.replicas} pinned replica${it.replicas > 1 ? 's' : ''}${isNginxInstalled ? ' behind nginx' : ''}`,
        measured:
          `${it.imagesPerSecond.toFixed(1)} images/s, ${it.failed} failed; ${it.imagesPerApiCore.toFixed(1)} images per API core and second; ` +
          `cores of API, Postgres, generator ${it.apiCores.toFixed(2)}, ${it.postgresCores?.toFixed(2) ?? '?'}, ${it.generatorCores.toFixed(2)}`,
        aim: '0 failed',
        met: it.failed === 0,
      })),
      ...several.map((it) => {
        const perCore = it.imagesPerApiCore / one.imagesPerApiCore;
        return {
          figure: `${it.replicas} replicas against one, per core`,
          measured: `× ${perCore.toFixed(3)} (throughput × ${(it.imagesPerSecond / one.imagesPerSecond).toFixed(2)} on ${availableParallelism()} cores shared with all else)`,
          aim: `≥ × ${LEAST_SCALING}`,
          met: perCore >= LEAST_SCALING,
        };
      }),
    ],
    data: [one, ...several],
  };
}

function measureReplicasOf(bench: Workbench, count: number): Promise<Replicas> {
  bench.say(`${count} replica${count > 1 ? 's' : ''}`);
  return withReplicas(bench, count, [], async (servers) => {
    if (!isNginxInstalled) return measure(bench, servers);
    const backends = servers.map(({ url }) => url);
    const nginx = await startNginx(await documented('own-host'), backends, await freePort());
    try {
      return await measure(bench, servers, nginx.url);
    } finally {
      await nginx.stop();
    }
  });
}

/** Starts as many pinned servers as are missing, then works with all of them. */
function withReplicas(
  bench: Workbench,
  count: number,
  running: readonly ServerUnderLoad[],
  work: (servers: readonly ServerUnderLoad[]) => Promise<Replicas>,
): Promise<Replicas> {
  if (running.length === count) return work(running);
  return withServer(bench, (server) => withReplicas(bench, count, [...running, server], work), {
    core: running.length % availableParallelism(),
    settings: { INFERENCE_THREADS: '1', TRUST_PROXY: '1' },
  });
}

async function measure(
  { site, token, images, options }: Workbench,
  servers: readonly ServerUnderLoad[],
  through?: string,
): Promise<Replicas> {
  const load = await measureLoad(servers, await site.postgresPid(), {
    token,
    through,
    api: 'graphql',
    clients: CLIENTS_PER_REPLICA * servers.length,
    images,
    warmUpSeconds: options.seconds / 2,
    until: { seconds: options.seconds },
  });
  return summaryOf(load);
}

function summaryOf({ answers, seconds, failed, servers, ...load }: MeasuredLoad): Replicas {
  const apiCpuSeconds = servers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return {
    replicas: servers.length,
    imagesPerSecond: answers.length / seconds,
    failed,
    apiCores: apiCpuSeconds / seconds,
    imagesPerApiCore: answers.length / apiCpuSeconds,
    postgresCores: load.postgresCpuSeconds === null ? null : load.postgresCpuSeconds / seconds,
    generatorCores: load.generatorCpuSeconds / seconds,
  };
}
