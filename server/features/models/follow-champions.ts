import type { Services } from '../../api/context.js';
import type { ChampionReadiness, ServedVersion, ServedVersions } from '../../api/served-versions.js';
import { readArtifact } from '../../artifact/artifact-store.js';
import { ModelAlias } from '../../database/generated/enums.js';
import { artifactPrefix } from '../../storage/keys.js';

/** How often the champions are read although nobody said that they changed: NOTIFY does not reach the disconnected. */
const POLL_MS = 5000;
/** Versions that stay loaded although nothing needs them: the champion before, and those asked for by id lately. */
const KEPT_WARM = 3;

type Needed = Pick<Services, 'database' | 'store' | 'inference' | 'events' | 'log'>;

/** Loads the champions, as far as they load, and from then on follows the database. */
export async function followChampions(services: Needed): Promise<ServedVersions> {
  const follower = new ChampionFollower(services);
  await follower.refresh();
  return follower;
}

/** A version that is loaded, or is being loaded for those who wait. */
interface Entry {
  id: string;
  loading: Promise<ServedVersion>;
  users: number;
  /** Grows with every use: the smallest is the least recently used. */
  lastUsed: number;
}

interface Followed {
  championVersionId: string | null;
  served: ServedVersion | null;
  error: string | null;
}

class ChampionFollower implements ServedVersions {
  readonly #services: Needed;
  readonly #models = new Map<string, Followed>();
  readonly #entries = new Map<string, Entry>();
  readonly #stopListening: (() => void)[];
  #uses = 0;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(services: Needed) {
    this.#services = services;
    const refresh = () => void this.refresh();
    const poll = setInterval(refresh, POLL_MS);
    this.#stopListening = [
      services.events.on('champion-changed', refresh),
      services.events.onReconnect(refresh),
      () => clearInterval(poll),
    ];
  }

  readiness(): ChampionReadiness[] {
    return [...this.#models].map(([modelName, { championVersionId, served, error }]) => ({
      modelName,
      championVersionId,
      servedVersionId: served?.id ?? null,
      error,
    }));
  }

  champion(modelName: string): ServedVersion | null {
    return this.#models.get(modelName)?.served ?? null;
  }

  async use<Result>(versionId: string, use: (version: ServedVersion) => Promise<Result>): Promise<Result> {
    const entry = this.#entry(versionId);
    entry.users += 1;
    entry.lastUsed = this.#uses += 1;
    try {
      return await use(await entry.loading);
    } finally {
      entry.users -= 1;
      this.#unloadIdle();
    }
  }

  /** One at a time; whoever asks while one runs waits for the next, which sees what they changed. */
  refresh(): Promise<void> {
    if (!this.#next) {
      this.#next = this.#running.then(() => {
        this.#next = null;
        return this.#followAll();
      });
      this.#running = this.#next;
    }
    return this.#next;
  }

  async close(): Promise<void> {
    for (const stop of this.#stopListening) stop();
    await this.#running;
  }

  async #followAll(): Promise<void> {
    const { database, log } = this.#services;
    try {
      const models = await database.model.findMany({
        select: {
          name: true,
          aliases: { where: { alias: ModelAlias.CHAMPION }, select: { modelVersionId: true } },
        },
      });
      await Promise.all(
        models.map(({ name, aliases }) => this.#follow(name, aliases.at(0)?.modelVersionId ?? null)),
      );
    } catch (error) {
      log.warn(
        { err: error },
        'The champions could not be read from the database; those loaded go on answering.',
      );
    }
  }

  async #follow(modelName: string, championVersionId: string | null): Promise<void> {
    const { log } = this.#services;
    const before = this.#models.get(modelName);
    if (before && before.championVersionId === championVersionId && before.error === null) return;

    const followed = before ?? { championVersionId, served: null, error: null };
    followed.championVersionId = championVersionId;
    this.#models.set(modelName, followed);
    if (championVersionId === null) {
      followed.served = null;
      followed.error = null;
      return;
    }
    try {
      await this.use(championVersionId, async (version) => {
        followed.served = version; // the flip: what is asked from here on is answered by the new one
      });
      followed.error = null;
      log.info({ modelName, modelVersionId: championVersionId }, 'A champion answers.');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== followed.error) {
        log.error({ err: error, modelName, modelVersionId: championVersionId }, 'A champion does not load.');
      }
      followed.error = message;
    }
  }

  #entry(id: string): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    const entry: Entry = { id, loading: this.#load(id), users: 0, lastUsed: 0 };
    this.#entries.set(id, entry);
    entry.loading.catch(() => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id); // the next one to ask tries again
    });
    return entry;
  }

  async #load(id: string): Promise<ServedVersion> {
    const { database, store, inference } = this.#services;
    const { digest, version, model } = await database.modelVersion.findUniqueOrThrow({
      where: { id },
      select: { digest: true, version: true, model: { select: { name: true } } },
    });
    const { manifest, onnx } = await readArtifact(store, artifactPrefix(model.name, version), digest);
    await inference.load(id, manifest, onnx);
    return { id, modelName: model.name, version, manifest };
  }

  /** Unloads what is neither a champion, nor in use, nor among the few kept warm. */
  #unloadIdle(): void {
    const serving = new Set([...this.#models.values()].map(({ served }) => served?.id));
    const idle = [...this.#entries.values()]
      .filter(({ id, users }) => users === 0 && !serving.has(id))
      .sort((a, b) => b.lastUsed - a.lastUsed);
    for (const { id } of idle.slice(KEPT_WARM)) this.#unload(id);
  }

  #unload(id: string): void {
    const { inference, log } = this.#services;
    this.#entries.delete(id);
    inference.unload(id).catch((error: unknown) => {
      log.error({ err: error, modelVersionId: id }, 'A version did not unload.');
    });
  }
}
