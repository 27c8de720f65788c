import { z } from 'zod';
import type { Services } from '../api/context.js';
import type { ChampionReadiness } from '../serving/served-versions.js';
import { within } from '../concurrency/within.js';
import { keepsSessions } from '../database/check-postgres.js';
import { probeDatabase } from '../outages/probe-database.js';
import { unavailableOf } from '../outages/unavailable-of.js';

const PATIENCE_MS = 3_000;

/** A dependency that this process needs to answer requests. */
const Check = z.object({
  ready: z.boolean(),
  state: z.string().meta({
    description: "'ready', or why it is unavailable, such as 'unreachable', 'read-only', 'full' or 'busy'.",
  }),
});
type Check = z.infer<typeof Check>;

/** The champion of a model, and the version that this process uses. The log explains why they differ. */
const ChampionState = z.object({
  modelName: z.string(),
  championVersionId: z.string().nullable(),
  servedVersionId: z.string().nullable(),
});
const ChampionCheck = Check.extend({ models: z.array(ChampionState) });
type ChampionCheck = z.infer<typeof ChampionCheck>;

export const Readiness = z.object({
  ready: z.boolean(),
  checks: z.object({ database: Check, store: Check, champion: ChampionCheck }),
});
type Readiness = z.infer<typeof Readiness>;

/** Whether this process can classify now: a load balancer sends no requests to a process that cannot. Takes at most 3 s. */
export async function readiness({ database, store, served, log }: Services): Promise<Readiness> {
  const probe = async (name: string, attempt: () => Promise<unknown>): Promise<Check> => {
    try {
      await within(PATIENCE_MS, attempt());
      return { ready: true, state: 'ready' };
    } catch (error) {
      log.warn({ err: error }, `Not ready: the ${name}`);
      return { ready: false, state: unavailableOf(error)?.outage ?? 'unreachable' };
    }
  };
  const sessionCheck = async (check: Check): Promise<Check> => {
    const kept = !check.ready || (await within(PATIENCE_MS, keepsSessions(database.pool)).catch(() => true));
    return kept ? check : { ready: false, state: 'behind a pooler that changes sessions' };
  };
  const [databaseCheck, storeCheck] = await Promise.all([
    probe('database', () => probeDatabase(database, PATIENCE_MS)).then(sessionCheck),
    probe('object store', () => store.probe()),
  ]);
  const champion = championCheck(served.readiness());
  return {
    ready: databaseCheck.ready && storeCheck.ready && champion.ready,
    checks: { database: databaseCheck, store: storeCheck, champion },
  };
}

/** Ready if every model with a champion can classify, even with the previous champion while the new one does not load. */
function championCheck(all: ChampionReadiness[]): ChampionCheck {
  const models = all.filter((model) => model.championVersionId !== null);
  const ready = models.length > 0 && models.every((model) => model.servedVersionId !== null);
  const behind = models.some((model) => model.servedVersionId !== model.championVersionId);
  const state = models.length === 0 ? 'none' : !ready ? 'not loaded' : behind ? 'behind' : 'ready';
  const states = models.map(({ modelName, championVersionId, servedVersionId }) => ({
    modelName,
    championVersionId,
    servedVersionId,
  }));
  return { ready, state, models: states };
}
