import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { InferencePool } from '../inference/pool.js';
import type { ServedVersions } from '../serving/served-versions.js';
import type { ShadowMetrics } from '../serving/shadow.js';

/** What is counted of this process's work, for Prometheus to read. */
export interface Metrics extends ShadowMetrics {
  readonly registry: Registry;
  /** A prediction was recorded: one of its own, or the answer of another one repeated. Times in milliseconds. */
  classified(prediction: {
    modelVersionId: string;
    outcome: string;
    repeatOfId: string | null;
    decodeMs: number;
    queueMs: number;
    inferenceMs: number;
    totalMs: number;
  }): void;
  /** A request, or an operation over WebSocket, has ended. `status`: of HTTP; `outcome`: 'OK' or the code of its error. */
  requested(request: {
    route: string;
    operation: string | null;
    status: number;
    outcome: string;
    seconds: number;
  }): void;
}

/** From a repeated image, which costs next to nothing, to one that waits for its deadline. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics in `registry`; what has a state now is read from its owner at each scrape. */
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
    help: 'Predictions recorded. cytograph_served_version_info says which version a version_id is.',
    labelNames: ['version_id', 'outcome', 'repeated'],
    registers,
  });
  const seconds = new Histogram({
    name: 'cytograph_classification_seconds',
    help: 'Time of recorded predictions by part: decode, queue, inference, and total from the whole upload on.',
    labelNames: ['part'],
    buckets: SECONDS,
    registers,
  });
  const shadowAnswers = new Counter({
    name: 'cytograph_shadow_answers_total',
    help: 'Answers of challengers recorded, and whether they agree with the champion.',
    labelNames: ['version_id', 'agrees'],
    registers,
  });
  const notShadowed = new Counter({
    name: 'cytograph_shadow_dropped_total',
    help: 'Sampled images without an answer of the challenger: images waited (busy), or it failed.',
    labelNames: ['reason'],
    registers,
  });
  const requests = new Counter({
    name: 'cytograph_requests_total',
    help: 'Requests by route, GraphQL operation, HTTP status, and outcome: OK or the code of the error.',
    labelNames: ['route', 'operation', 'status', 'outcome'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'cytograph_request_seconds',
    help: 'Time from the head of a request to the end of its answer.',
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
      // An operation of several fields could be any of countless combinations.
      const name = operation?.includes(',') ? 'several' : (operation ?? '');
      requests.inc({ route, operation: name, status: String(status), outcome });
      if (route !== 'websocket') requestSeconds.observe({ route }, duration);
    },
    shadowed: (challengerId, agrees) =>
      shadowAnswers.inc({ version_id: challengerId, agrees: String(agrees) }),
    notShadowed: (reason) => notShadowed.inc({ reason }),
  };
}

function observePool(registry: Registry, inference: Pick<InferencePool, 'status'>): void {
  const registers = [registry];
  new Gauge({
    name: 'cytograph_images_waiting',
    help: 'Images that wait for an inference thread.',
    registers,
    collect() {
      this.set(inference.status().waiting);
    },
  });
  new Gauge({
    name: 'cytograph_idle_threads',
    help: 'Inference threads that have nothing to do.',
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
    help: '1 for each version that plays a part in this process.',
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
    help: '1 where the version that the registry names does not load in this process, 0 where it does.',
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
