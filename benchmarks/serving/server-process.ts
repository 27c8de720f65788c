// A server as `npm start` runs it, in a separate process that reports its resource use to its parent: see server-under-load.ts.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadConfig } from '../../server/config.js';
import { createLog } from '../../server/log.js';
import { startServer } from '../../server/main.js';
import type { ServerQuestion, ServerUse } from './server-under-load.js';

/** How often the event loop is sampled. The delay is the time by which a sample is late, so the interval is subtracted. */
const RESOLUTION_MS = 5;

const config = loadConfig(process.env);
const server = await startServer(config, createLog(config.logLevel), () => {});
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();
let since = { cpu: process.cpuUsage(), loop: performance.eventLoopUtilization() };

process.on('message', (question: ServerQuestion) => void answer(question));
process.once('disconnect', () => process.exit(1)); // the benchmark has exited
process.send?.({ url: server.url });

async function answer(question: ServerQuestion): Promise<void> {
  if (question === 'stop') {
    await server.stop();
    process.send?.('stopped', () => process.exit(0));
    return;
  }
  if (question === 'reset') {
    delays.reset();
    since = { cpu: process.cpuUsage(), loop: performance.eventLoopUtilization() };
  }
  process.send?.(use());
}

function use(): ServerUse {
  const { user, system } = process.cpuUsage(since.cpu);
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    loopUtilization: performance.eventLoopUtilization(since.loop).utilization,
    loopDelayMs: {
      p50: late(delays.percentile(50)),
      p99: late(delays.percentile(99)),
      max: late(delays.max),
    },
  };
}
