import type { Api } from './classify-requests.js';
import { checkDurability, type Durability } from './durability.js';
import type { RawLimit } from './raw-limit.js';
import { type MeasuredLoad, measureLoad } from './load.js';
import type { Part, Row } from './report.js';
import { type Distribution, distributionOf } from './statistics.js';
import { type Workbench, withServer } from './workbench.js';

const LEAST_SHARE_OF_LIMIT = 0.85;
const MOST_P99_TO_P50 = 2;
const MOST_LOOP_DELAY_MS = 20;
/** The number of clients for comparing the p99 with the p50; with more clients an image waits for others anyway. */
const FEW_CLIENTS = 8;

interface Throughput {
  api: Api;
  clients: number;
  imagesPerSecond: number;
  shareOfLimit: number;
  latencyMs: Distribution;
  failed: number;
  failures: string[];
  loopDelayP99Ms: number;
  loopUtilization: number;
  residentMiB: number;
  /** CPU time of each process for an image, the figure that other work on the machine affects least. */
  cpuMsPerImage: { raw: number; api: number; postgres: number | null; generator: number };
  durability: Durability;
}

/** Images per second through the whole server with many clients, compared with the raw limit. */
export async function measureThroughput(bench: Workbench): Promise<Part> {
  const results: Throughput[] = [];
  for (const api of ['graphql', 'rest'] as const)
    for (const clients of bench.options.clients) {
      bench.say(`${api}, ${clients} clients`);
      results.push(await measure(bench, api, clients));
    }
  return { rows: results.flatMap(rowsOf), data: results };
}

async function measure(bench: Workbench, api: Api, clients: number): Promise<Throughput> {
  const { site, images, token, limit, options } = bench;
  const before = await site.database.prediction.count();
  const load = await withServer(bench, async (server) =>
    measureLoad([server], await site.postgresPid(), {
      token,
      api,
      clients,
      images,
      warmUpSeconds: options.seconds / 2,
      until: { seconds: options.seconds },
    }),
  );
  const durability = await checkDurability(site, images, load, before);
  return { api, clients, ...summaryOf(load, limit), durability };
}

function summaryOf(load: MeasuredLoad, limit: RawLimit): Omit<Throughput, 'api' | 'clients' | 'durability'> {
  const { answers, seconds, failed, failures, servers, postgresCpuSeconds, generatorCpuSeconds } = load;
  const [server] = servers;
  if (!server) throw new Error('No server was loaded.');
  const imagesPerSecond = answers.length / seconds;
  const perImage = (cpuSeconds: number) => (1000 * cpuSeconds) / answers.length;
  return {
    imagesPerSecond,
    shareOfLimit: imagesPerSecond / limit.imagesPerSecond,
    latencyMs: distributionOf(answers.map(({ sentAt, receivedAt }) => receivedAt - sentAt)),
    failed,
    failures,
    loopDelayP99Ms: server.loopDelayMs.p99,
    loopUtilization: server.loopUtilization,
    residentMiB: server.residentBytes / 2 ** 20,
    cpuMsPerImage: {
      raw: limit.cpuMsPerImage,
      api: perImage(server.cpuSeconds),
      postgres: postgresCpuSeconds === null ? null : perImage(postgresCpuSeconds),
      generator: perImage(generatorCpuSeconds),
    },
  };
}

function rowsOf(it: Throughput): Row[] {
  const name = `${it.api === 'graphql' ? 'GraphQL multipart' : 'REST'}, ${it.clients} clients`;
  const { p50, p95, p99, max } = it.latencyMs;
  const { raw, api, postgres, generator } = it.cpuMsPerImage;
  const { durability } = it;
  const kept = durability.recorded === durability.answered && durability.missing === 0;
  return [
    {
      figure: `${name}: throughput`,
      measured: `${it.imagesPerSecond.toFixed(1)} images/s, ${it.shareOfLimit.toFixed(3)} of the raw limit`,
      aim: `≥ ${LEAST_SHARE_OF_LIMIT}`,
      met: it.shareOfLimit >= LEAST_SHARE_OF_LIMIT,
    },
    {
      figure: `${name}: latency p50, p95, p99, most`,
      measured: `${[p50, p95, p99, max].map((value) => value.toFixed(1)).join(', ')} ms`,
      ...(it.clients <= FEW_CLIENTS
        ? { aim: `p99 ≤ ${MOST_P99_TO_P50} × p50`, met: p99 <= MOST_P99_TO_P50 * p50 }
        : {}),
    },
    {
      figure: `${name}: failed`,
      measured: [String(it.failed), ...it.failures.slice(0, 1)].join(': '),
      aim: '0',
      met: it.failed === 0,
    },
    {
      figure: `${name}: event-loop delay p99`,
      measured: `${it.loopDelayP99Ms.toFixed(1)} ms (busy ${percent(it.loopUtilization)} of the time)`,
      aim: `≤ ${MOST_LOOP_DELAY_MS} ms`,
      met: it.loopDelayP99Ms <= MOST_LOOP_DELAY_MS,
    },
    {
      figure: `${name}: rows and objects there after`,
      measured: `${durability.recorded} rows for ${durability.answered} answers; ${durability.missing} of ${durability.checked} missing`,
      aim: 'all',
      met: kept,
    },
    {
      figure: `${name}: CPU time an image, raw against API + Postgres + generator`,
      measured: `${raw.toFixed(2)} ms against ${[api, postgres, generator].map((ms) => ms?.toFixed(2) ?? '?').join(' + ')} ms: ${(raw / (api + (postgres ?? 0) + generator)).toFixed(3)}`,
    },
    { figure: `${name}: resident memory`, measured: `${it.residentMiB.toFixed(0)} MiB` },
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
