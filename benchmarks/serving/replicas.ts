import { availableParallelism } from 'node:os';
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
 * Two API processes on one database and object store against one, each pinned to its own core and with one inference
 * thread. The database and the generator run on the same cores, so what counts is images per second of CPU time that the
 * API processes got: that stays the same where replicas do not hinder each other.
 */
export async function measureReplicas(bench: Workbench): Promise<Part> {
  const cores = availableParallelism();
  if (process.platform !== 'linux' || cores < 2)
    return { rows: [{ figure: 'replicas', measured: 'needs Linux and two cores' }], data: null };
  const results: Replicas[] = [];
  for (const replicas of [1, 2]) {
    bench.say(`${replicas} replica${replicas > 1 ? 's' : ''}`);
    results.push(await withReplicas(bench, replicas, [], (servers) => measure(bench, servers)));
  }
  const [one, two] = results;
  if (!one || !two) throw new Error('Both were measured.');
  const perCore = two.imagesPerApiCore / one.imagesPerApiCore;
  return {
    rows: [
      ...results.map((it) => ({
        figure: `${it.replicas} pinned replica${it.replicas > 1 ? 's' : ''}`,
        measured:
          `${it.imagesPerSecond.toFixed(1)} images/s, ${it.failed} failed; ${it.imagesPerApiCore.toFixed(1)} images per API core and second; ` +
          `cores of API, Postgres, generator ${it.apiCores.toFixed(2)}, ${it.postgresCores?.toFixed(2) ?? '?'}, ${it.generatorCores.toFixed(2)}`,
        aim: '0 failed',
        met: it.failed === 0,
      })),
      {
        figure: 'two replicas against one, per core',
        measured: `× ${perCore.toFixed(3)} (throughput × ${(two.imagesPerSecond / one.imagesPerSecond).toFixed(2)} on ${cores} cores shared with all else)`,
        aim: `≥ × ${LEAST_SCALING}`,
        met: perCore >= LEAST_SCALING,
      },
    ],
    data: results,
  };
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
    core: running.length,
    settings: { INFERENCE_THREADS: '1' },
  });
}

async function measure(
  { site, token, images, options }: Workbench,
  servers: readonly ServerUnderLoad[],
): Promise<Replicas> {
  const load = await measureLoad(servers, await site.postgresPid(), {
    token,
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
