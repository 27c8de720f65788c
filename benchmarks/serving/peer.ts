import { QUERY } from './classify-requests.js';
import { type Load, loadByPeersGenerator, type LoadShape, startPeer } from './peer-program.js';
import type { Part, Row } from './report.js';
import { interleaved } from './rounds.js';
import { distributionOf } from './statistics.js';
import { type Workbench, withServer } from './workbench.js';

/** Rounds, in each of which every server is measured once. */
const ROUNDS = 3;
const MOST_P99_TO_P50 = 2;
/** The number of clients for comparing the p99 with the p50. */
const FEW_CLIENTS = 8;

/** What is compared, and the least share of the peer's images a second. */
const APIS = [
  { name: 'GraphQL', path: '/graphql', least: 1.1 },
  { name: 'REST', path: '/predict', least: 1.2 },
] as const;

interface Measured {
  name: string;
  clients: number;
  rounds: Load[];
}

/** Images per second beside those of the program that people would write instead, in interleaved rounds by the same load generator. */
export async function measurePeer(bench: Workbench): Promise<Part> {
  const { options, site, token } = bench;
  const folder = options.peer;
  if (folder === null) throw new Error('Name the folder of the peer: --peer FOLDER');
  const peer = await startPeer(folder, options.python, site.settings.DATABASE_URL ?? '');
  try {
    return await withServer(bench, async (server) => {
      const load = (name: string, target: { url: string; pid: number }, how: LoadShape) => ({
        name,
        run: (clients: number, seconds = options.seconds) =>
          loadByPeersGenerator(folder, target, how, { images: options.images, clients, seconds }),
      });
      const [graphql, rest] = APIS;
      const at = (path: string) => ({ url: server.url + path, pid: server.pid });
      const plans = [
        load('peer', { ...peer, url: `${peer.url}/classify` }, { shape: 'multipart' }),
        load(graphql.name, at(graphql.path), { shape: 'graphql', query: QUERY, token }),
        load(rest.name, at(rest.path), { shape: 'multipart', token }),
      ];
      if (options['warm-up'] > 0) {
        for (const { name, run } of plans) {
          bench.say(`warm-up: ${name}`);
          await run(FEW_CLIENTS, options['warm-up']);
        }
      }
      const results: Measured[] = [];
      for (const clients of options.clients) {
        const measured = new Map(plans.map((plan): [typeof plan, Load[]] => [plan, []]));
        for (const { round, plan } of interleaved(plans, ROUNDS)) {
          bench.say(`round ${round}: ${plan.name}, ${clients} clients`);
          measured.get(plan)?.push(await plan.run(clients));
        }
        for (const [{ name }, rounds] of measured) results.push({ name, clients, rounds });
      }
      return { rows: rowsOf(results), data: results };
    });
  } finally {
    await peer.stop();
  }
}

function rowsOf(results: readonly Measured[]): Row[] {
  return results.flatMap((it): Row[] => {
    const { name, clients, rounds } = it;
    const peer = results.find((other) => other.name === 'peer' && other.clients === clients) ?? it;
    const share = medianOf(rounds, ({ rps }) => rps) / medianOf(peer.rounds, ({ rps }) => rps);
    const least = APIS.find((api) => api.name === name)?.least;
    const speeds = rounds.map(({ rps }) => rps.toFixed(0)).join(', ');
    const tail = medianOf(rounds, ({ p50, p99 }) => p99 / p50);
    const failed = rounds.reduce((sum, { errors }) => sum + errors, 0);
    const aim = least !== undefined && { aim: `≥ ${least} of the peer`, met: share >= least };
    return [
      {
        figure: `${name}, ${clients} clients: images/s`,
        measured: `${medianOf(rounds, ({ rps }) => rps).toFixed(0)} (${speeds})${aim ? `, ${share.toFixed(2)} of the peer` : ''}`,
        ...aim,
      },
      {
        figure: `${name}, ${clients} clients: p50, p99; CPU of the server an image; failed`,
        measured: `${medianOf(rounds, ({ p50 }) => p50).toFixed(1)} and ${medianOf(rounds, ({ p99 }) => p99).toFixed(1)} ms, ${tail.toFixed(2)}; ${medianOf(rounds, cpuMsOf).toFixed(2)} ms; ${failed}`,
        ...(aim && clients <= FEW_CLIENTS
          ? { aim: `p99 ≤ ${MOST_P99_TO_P50} × p50`, met: tail <= MOST_P99_TO_P50 }
          : {}),
      },
    ];
  });
}

function cpuMsOf({ cpuServer, rps }: Load): number {
  return (1000 * cpuServer) / rps;
}

function medianOf(rounds: readonly Load[], value: (load: Load) => number): number {
  return distributionOf(rounds.map(value)).p50;
}
