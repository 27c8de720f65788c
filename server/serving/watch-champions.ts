import { Gauge, type Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { ServedVersions } from './served-versions.js';

/** A promotion takes effect within seconds, in which the version is verified, loaded and warmed up. After this time something is wrong. */
const ALARM_AFTER_MS = 30_000;
const LOOK_EVERY_MS = 5_000;

/**
 * Watches whether this process answers with the champions in the database. If it has not answered with a champion for 30 s, this is
 * logged once as an error, and once as information when it does again. A gauge gives the duration.
 * @param alarmAfterMs shorter for tests. Defaults to 30,000 ms.
 */
export function watchChampions(
  { served, log }: { served: ServedVersions; log: Logger },
  registry: Registry,
  alarmAfterMs = ALARM_AFTER_MS,
): { close(): void } {
  const behindSince = new Map<string, { since: number; alarmed: boolean }>();

  function look(): void {
    const now = performance.now();
    for (const { modelName, championVersionId, servedVersionId, error } of served.readiness()) {
      const known = behindSince.get(modelName);
      const fields = { modelName, championVersionId, servedVersionId };
      if (championVersionId === servedVersionId) {
        if (known?.alarmed) log.info(fields, 'This server answers with the champion again');
        behindSince.delete(modelName);
      } else if (!known) {
        behindSince.set(modelName, { since: now, alarmed: false });
      } else if (!known.alarmed && now - known.since >= alarmAfterMs) {
        known.alarmed = true;
        log.error({ ...fields, reason: error }, 'This server does not answer with the champion of a model');
      }
    }
  }

  const gauge = new Gauge({
    name: 'cytograph_champion_behind_seconds',
    help: 'Seconds since this process last answered with the champion of the model; 0 while it does.',
    labelNames: ['model'],
    registers: [registry],
    collect() {
      look();
      for (const { modelName } of served.readiness()) {
        const since = behindSince.get(modelName)?.since;
        gauge.set({ model: modelName }, since === undefined ? 0 : (performance.now() - since) / 1000);
      }
    },
  });
  look();
  const stop = served.onChange(look);
  const timer = setInterval(look, Math.min(LOOK_EVERY_MS, alarmAfterMs));
  return {
    close: () => {
      stop();
      clearInterval(timer);
    },
  };
}
