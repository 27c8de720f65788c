import { measuredArtifact } from './network.js';
import { fillGrownSite, storeImages } from './grown-site.js';
import { measureLoad } from './load.js';
import type { Part } from './report.js';
import { interleaved } from './rounds.js';
import { type ServerUnderLoad, startServerUnderLoad } from './server-under-load.js';
import { openSite } from './site.js';
import { distributionOf } from './statistics.js';
import { prepareSite, type Workbench, withServer } from './workbench.js';

const ROUNDS = 7;
const CLIENTS = 8;
/** The most that an image may cost beside a large history, as a multiple of what it costs beside an empty one. */
const MOST_GROWTH = 1.1;

interface Cost {
  /** Milliseconds of CPU an image. */
  api: number;
  postgres: number;
}

/**
 * What an image costs a server with a history of `--rows` predictions and their stored images, kept in the folder `--grown`, beside
 * a server that has neither, in interleaved rounds.
 */
export async function measureGrowth(bench: Workbench): Promise<Part> {
  const { options, say } = bench;
  if (options.grown === null) throw new Error('Name the folder of the large history: --grown FOLDER');
  await fillGrownSite(options.grown, options.rows, say);
  const grown = await openSite(false, options.grown);
  try {
    const images = await storeImages(grown.database, options.grown, say);
    const artifacts = [measuredArtifact(options.small, 1), measuredArtifact(options.small, 2)] as const;
    const prepared = await prepareSite(grown, artifacts);
    const grownServer = await startServerUnderLoad(grown.settings);
    try {
      return await withServer(bench, (server) =>
        compare(images, bench, server, { ...bench, ...prepared, site: grown }, grownServer),
      );
    } finally {
      await grownServer.stop();
    }
  } finally {
    await grown.close();
  }
}

async function compare(
  images: number,
  empty: Workbench,
  emptyServer: ServerUnderLoad,
  grown: Workbench,
  grownServer: ServerUnderLoad,
): Promise<Part> {
  const [small, large]: [Cost[], Cost[]] = [[], []];
  const plans = [
    { costs: small, run: (seconds: number) => measureCost(empty, emptyServer, seconds) },
    { costs: large, run: (seconds: number) => measureCost(grown, grownServer, seconds) },
  ];
  for (const { run } of plans) await run(Math.max(1, empty.options['warm-up']));
  for (const { round, plan } of interleaved(plans, ROUNDS)) {
    empty.say(`round ${round} of ${ROUNDS}`);
    plan.costs.push(await plan.run(empty.options.seconds));
  }
  const [before, after] = [medianOf(small), medianOf(large)];
  const growth = (after.api + after.postgres) / (before.api + before.postgres);
  const inWords = ({ api, postgres }: Cost) => `${api.toFixed(2)} ms, and ${postgres.toFixed(2)} in Postgres`;
  return {
    rows: [
      { figure: 'CPU of the server an image, with an empty history', measured: inWords(before) },
      {
        figure: `the same with ${empty.options.rows.toLocaleString('en')} predictions of ${images.toLocaleString('en')} stored images`,
        measured: `${inWords(after)}: × ${growth.toFixed(3)}`,
        aim: `≤ × ${MOST_GROWTH}`,
        met: growth <= MOST_GROWTH,
      },
    ],
    data: { small, large },
  };
}

async function measureCost(
  { site, token, images }: Workbench,
  server: ServerUnderLoad,
  seconds: number,
): Promise<Cost> {
  const load = await measureLoad([server], await site.postgresPid(), {
    token,
    api: 'graphql',
    clients: CLIENTS,
    images,
    warmUpSeconds: 1,
    until: { seconds },
  });
  if (load.failed > 0) throw new Error(`${load.failed} requests failed: ${load.failures.join(' ')}`);
  const ofImage = (cpuSeconds: number) => (1000 * cpuSeconds) / load.answers.length;
  const api = load.servers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return { api: ofImage(api), postgres: ofImage(load.postgresCpuSeconds ?? NaN) };
}

function medianOf(costs: readonly Cost[]): Cost {
  return {
    api: distributionOf(costs.map(({ api }) => api)).p50,
    postgres: distributionOf(costs.map(({ postgres }) => postgres)).p50,
  };
}
