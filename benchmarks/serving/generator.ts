import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { generateLoad } from './load.js';
import type { Part, Row } from './report.js';

const PROGRAM = fileURLToPath(new URL('./trivial-server.js', import.meta.url));

/** The highest rate of the load generator, and its CPU time for a request, since it shares the cores with the server. */
export async function measureGenerator(
  images: readonly Buffer[],
  clients: readonly number[],
  seconds: number,
): Promise<Part> {
  const server = fork(PROGRAM);
  try {
    const { url } = z.object({ url: z.string() }).parse((await once(server, 'message'))[0]);
    const rows: Row[] = [];
    const data: unknown[] = [];
    for (const count of clients) {
      const { answers, failed, generatorCpuSeconds, ...load } = await generateLoad({
        targets: [{ url, token: 'none' }],
        api: 'graphql',
        clients: count,
        images,
        run: 0,
        warmUpSeconds: seconds / 2,
        until: { seconds },
      });
      const requestsPerSecond = answers.length / load.seconds;
      const cpuMs = (1000 * generatorCpuSeconds) / answers.length;
      rows.push({
        figure: `generator, ${count} clients, against a server that does nothing`,
        measured: `${requestsPerSecond.toFixed(0)} requests/s, ${cpuMs.toFixed(3)} ms of CPU each, ${failed} failed`,
      });
      data.push({ clients: count, requestsPerSecond, cpuMsPerRequest: cpuMs, failed });
    }
    return { rows, data };
  } finally {
    server.disconnect();
  }
}
