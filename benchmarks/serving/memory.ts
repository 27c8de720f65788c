import { measureLoad } from './load.js';
import type { Part } from './report.js';
import type { ServerUnderLoad } from './server-under-load.js';
import { meanOf } from './statistics.js';
import { monotonicMs } from './clock.js';
import { type Workbench, withServer } from './workbench.js';

const CLIENTS = 8;
const SAMPLE_MS = 1000;
/** Share of the classifications that are warm-up. After them, memory must not grow. */
const WARM_UP_SHARE = 0.1;
/** Number of periods after the warm-up, each with its mean, because single samples vary with garbage collection. */
const PIECES = 10;
const MOST_DEVIATION = 0.05;
const MOST_MIB = 400;

interface Sample {
  atMs: number;
  residentMiB: number;
}

/** The API process's resident memory over many classifications. */
export async function measureMemory(bench: Workbench): Promise<Part> {
  const { site, images, token, options } = bench;
  const { samples, load } = await withServer(bench, async (server) => {
    const watching = watch(server);
    const load = await measureLoad([server], await site.postgresPid(), {
      token,
      api: 'graphql',
      clients: CLIENTS,
      images,
      warmUpSeconds: 0,
      until: { answers: options.classifications },
    });
    return { samples: await watching.stop(), load };
  });
  const end = samples.at(-1)?.atMs ?? 0;
  const warm = samples.filter(({ atMs }) => atMs >= WARM_UP_SHARE * end);
  const pieces = Array.from({ length: PIECES }, (_, index) =>
    meanOf(
      warm
        .slice(Math.floor((index * warm.length) / PIECES), Math.floor(((index + 1) * warm.length) / PIECES))
        .map(({ residentMiB }) => residentMiB),
    ),
  );
  const mean = meanOf(warm.map(({ residentMiB }) => residentMiB));
  const deviation = Math.max(...pieces.map((piece) => Math.abs(piece - mean) / mean));
  const most = Math.max(...samples.map(({ residentMiB }) => residentMiB));
  const { failed, answers, seconds } = load;
  return {
    rows: [
      {
        figure: `${answers.length} classifications: resident memory, by tenths after the warm-up`,
        measured: `${pieces.map((piece) => piece.toFixed(0)).join(' ')} MiB: ± ${(100 * deviation).toFixed(1)} %`,
        aim: `± ${100 * MOST_DEVIATION} %`,
        met: deviation <= MOST_DEVIATION,
      },
      {
        figure: 'most resident memory at any time',
        measured: `${most.toFixed(0)} MiB`,
        aim: `< ${MOST_MIB} MiB`,
        met: most < MOST_MIB,
      },
      { figure: 'failed', measured: String(failed), aim: '0', met: failed === 0 },
    ],
    data: {
      classifications: answers.length,
      seconds,
      failed,
      meanMiB: mean,
      deviation,
      mostMiB: most,
      pieces,
      samples,
    },
  };
}

function watch(server: ServerUnderLoad): { stop(): Promise<Sample[]> } {
  const samples: Sample[] = [];
  const begin = monotonicMs();
  const look = async () => {
    const { residentBytes } = await server.read();
    samples.push({ atMs: Math.round(monotonicMs() - begin), residentMiB: residentBytes / 2 ** 20 });
  };
  const timer = setInterval(() => void look(), SAMPLE_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await look();
      return samples;
    },
  };
}
