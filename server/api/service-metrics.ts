import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { InferencePool } from '../inference/pool.js';
import type { ServedVersions } from '../serving/served-versions.js';
import type { ShadowMetrics } from '../serving/shadow.js';

/** The Prometheus metrics of this process. */
export interface Metrics extends ShadowMetrics {
  readonly registry: Registry;
  /** Counts a recorded prediction, new or repeated. Times in milliseconds. */
  classified(prediction: {
    modelVersionId: string;
    outcome: string;
    repeatOfId: string | null;
    decodeMs: number;
    queueMs: number;
    inferenceMs: number;
    totalMs: number;
  }): void;
  /** Counts a finished request, or a finished operation over WebSocket. `status` is the HTTP status; `outcome` is 'OK' or the error code. */
  requested(request: {
    route: string;
    operation: string | null;
    status: number;
    outcome: string;
    seconds: number;
  }): void;
}

/** Histogram buckets in seconds, from a repeated image, which takes very little time, to an image that waits until its deadline. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Creates the metrics in `registry`. Gauges read the state of their sources at each scrape. */
export function createMetrics(
  sources: {
    inference: Pick<InferencePool, 'status'>;
    served: Pick<ServedVersions, 'readiness' | 'champion' | 'challengerOf'>;
  },
  registry = new Registry(),
): Metrics {
  const registers = [registry];
  const classifications = new Counter({
    name: 'cytograph_classifications_total',
    help: 'Recorded predictions. cytograph_served_version_info maps version_id to the version.',
    labelNames: ['version_id', 'outcome', 'repeated'],
    registers,
  });
  const seconds = new Histogram({
    name: 'cytograph_classification_seconds',
    help: 'Time of recorded predictions by part: decode, queue, inference, and total from the end of the upload.',
    labelNames: ['part'],
    buckets: SECONDS,
    registers,
  });
  const shadowAnswers = new Counter({
    name: 'cytograph_shadow_answers_total',
    help: 'Recorded answers of challengers, and whether they agree with the champion.',
    labelNames: ['version_id', 'agrees'],
    registers,
  });
  const notShadowed = new Counter({
    name: 'cytograph_shadow_dropped_total',
    help: 'Sampled images without an answer of the challenger, because other images were waiting (busy) or because it failed.',
    labelNames: ['reason'],
    registers,
  });
  const requests = new Counter({
    name: 'cytograph_requests_total',
    help: 'Requests by route, GraphQL operation, HTTP status, and outcome (OK or the error code).',
    labelNames: ['route', 'operation', 'status', 'outcome'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'cytograph_request_seconds',
    help: 'Time from the headers of a request to the end of its response.',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  observePool(registry, sources.inference);
  observeServed(registry, sources.served);

  return {
    registry,
    classified: ({ modelVersionId, outcome, repeatOfId, ...prediction }) => {
      const isRepeated = repeatOfId !== null;
      classifications.inc({ version_id: modelVersionId, outcome, repeated: String(isRepeated) });
      seconds.observe({ part: 'total' }, prediction.totalMs / 1000);
      if (isRepeated) return;
      seconds.observe({ part: 'decode' }, prediction.decodeMs / 1000);
      seconds.observe({ part: 'queue' }, prediction.queueMs / 1000);
      seconds.observe({ part: 'inference' }, prediction.inferenceMs / 1000);
    },
    requested: ({ route, operation, status, outcome, seconds: duration }) => {
      // Operations with several root fields share one label value, because the combinations are unlimited.
      const name = operation?.includes(',') ? 'several' : (operation ?? '');
      requests.inc({ route, operation: name, status: String(status), outcome });
      if (route !== 'websocket') requestSeconds.observe({ route }, duration);
    },
    shadowed: (challengerId, agrees) =>
      shadowAnswers.inc({ version_id: challengerId, agrees: String(agrees) }),
    notShadowed: (reason, count = 1) => notShadowed.inc({ reason }, count),
  };
}

function observePool(registry: Registry, inference: Pick<InferencePool, 'status'>): void {
  const registers = [registry];
  new Gauge({
    name: 'cytograph_images_waiting',
    help: 'Images waiting for an inference thread.',
    registers,
    collect() {
      this.set(inference.status().waiting);
    },
  });
  new Gauge({
    name: 'cytograph_idle_threads',
    help: 'Idle inference threads.',
    registers,
    collect() {
      this.set(inference.status().idle);
    },
  });
  new Counter({
    name: 'cytograph_overloads_total',
    help: 'Images refused because the queue was full.',
    registers,
    collect() {
      this.reset();
      this.inc(inference.status().refused);
    },
  });
}

function observeServed(
  registry: Registry,
  served: Pick<ServedVersions, 'readiness' | 'champion' | 'challengerOf'>,
): void {
  const registers = [registry];
  new Gauge({
    name: 'cytograph_served_version_info',
    help: '1 for each version that is champion or challenger in this process.',
    labelNames: ['model', 'alias', 'version', 'version_id'],
    registers,
    collect() {
      this.reset();
      for (const { modelName } of served.readiness()) {
        const champion = served.champion(modelName);
        const challenger = champion && served.challengerOf(champion.id);
        for (const [alias, version] of [
          ['CHAMPION', champion],
          ['CHALLENGER', challenger],
        ] as const) {
          if (version) {
            this.set({ model: modelName, alias, version: version.version, version_id: version.id }, 1);
          }
        }
      }
    },
  });
  new Gauge({
    name: 'cytograph_version_load_failing',
    help: '1 if the version with this alias cannot be loaded in this process, 0 if it can.',
    labelNames: ['model', 'alias'],
    registers,
    collect() {
      this.reset();
      for (const { modelName, error, challengerError } of served.readiness()) {
        this.set({ model: modelName, alias: 'CHAMPION' }, error === null ? 0 : 1);
        this.set({ model: modelName, alias: 'CHALLENGER' }, challengerError === null ? 0 : 1);
      }
    },
  });
}
