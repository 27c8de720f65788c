import { measureLoad } from './load.js';
import type { Part } from './report.js';
import { distributionOf } from './statistics.js';
import { type Workbench, withServer } from './workbench.js';

const MOST_ADDED_MS = 4;

/** For one client: the time from the first byte of the request to the last byte of the response, minus decoding and inference. */
export async function measureLatency(bench: Workbench): Promise<Part> {
  const { site, images, token, options } = bench;
  const { answers, failed } = await withServer(bench, async (server) =>
    measureLoad([server], await site.postgresPid(), {
      token,
      api: 'graphql',
      clients: 1,
      images,
      warmUpSeconds: options.seconds / 2,
      until: { seconds: options.seconds },
    }),
  );
  const samples = answers.flatMap(({ timing, sentAt, receivedAt }) =>
    timing ? [{ ...timing, requestMs: receivedAt - sentAt }] : [],
  );
  const request = distributionOf(samples.map((it) => it.requestMs));
  const network = distributionOf(samples.map((it) => it.decodeMs + it.inferenceMs));
  const added = distributionOf(samples.map((it) => it.requestMs - it.decodeMs - it.inferenceMs));
  const shown = ({ p50, p95, p99 }: typeof request) =>
    `${[p50, p95, p99].map((value) => value.toFixed(2)).join(', ')} ms`;
  return {
    rows: [
      { figure: '1 client: whole request, p50, p95, p99', measured: shown(request) },
      { figure: '1 client: decoding + inference', measured: shown(network) },
      {
        figure: '1 client: what the rest adds',
        measured: shown(added),
        aim: `p50 ≤ ${MOST_ADDED_MS} ms`,
        met: added.p50 <= MOST_ADDED_MS,
      },
      { figure: '1 client: failed', measured: String(failed), aim: '0', met: failed === 0 },
    ],
    data: { request, decodingAndInference: network, added, failed },
  };
}
