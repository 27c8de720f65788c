import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** Milliseconds between two samples of the event loop. */
const RESOLUTION_MS = 10;

/** Adds the usual metrics of a Node.js process and the delay of its event loop. Returns a function that stops the sampling. */
export function observeProcess(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: RESOLUTION_MS });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'cytograph_event_loop_delay_p99_seconds',
    help: 'Delay of the event loop since the previous scrape, 99th percentile. (nodejs_eventloop_lag_* include the 10 ms between samples.)',
    registers: [registry],
    collect() {
      this.set(Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS) / 1000);
      delay.reset();
    },
  });
  return () => delay.disable();
}
