import type { Services } from '../api/context.js';
import type { ChampionReadiness } from '../serving/served-versions.js';
import { within } from '../concurrency/within.js';
import { keepsSessions } from '../database/check-postgres.js';
import { probeDatabase } from '../outages/probe-database.js';
import { unavailableOf } from '../outages/unavailable-of.js';

const PATIENCE_MS = 3_000;

/**
 * One part that has to work before this process can answer, and its state in a word: 'ready', or in what way it is away, as
 * 'unreachable', 'read-only', 'full' or 'busy'.
 */
interface Check {
  ready: boolean;
  state: string;
}

export interface Readiness {
  ready: boolean;
  checks: { database: Check; store: Check; champion: Check & { models: ChampionState[] } };
}

/** Which version is a model's champion and which one answers here; why they differ is for the log. */
type ChampionState = Pick<ChampionReadiness, 'modelName' | 'championVersionId' | 'servedVersionId'>;

/** Whether this process can classify now: a balancer sends no requests to one that cannot. Takes at most 3 s. */
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

/** Ready when every model that has a champion answers, be it with the one before while the newest does not load. */
function championCheck(all: ChampionReadiness[]): Check & { models: ChampionState[] } {
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
