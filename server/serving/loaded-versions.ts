import type { Logger } from 'pino';
import { readArtifact } from '../artifact/artifact-store.js';
import type { Database } from '../database/client.js';
import type { InferencePool } from '../inference/pool.js';
import { artifactPrefix } from '../storage/keys.js';
import type { ObjectStore } from '../storage/object-store.js';
import type { ServedVersion } from './served-versions.js';

/** The number of unneeded versions that stay loaded: the previous champion, and versions that were recently requested by id. */
const KEPT_WARM = 3;

/** The services that loading a version needs. */
export interface LoaderServices {
  database: Database;
  store: ObjectStore;
  inference: InferencePool;
  log: Logger;
}

/** A version that is loaded or being loaded. */
interface Entry {
  id: string;
  loading: Promise<ServedVersion>;
  users: number;
  /** Increases with every use: the smallest number is the least recently used version. */
  lastUsed: number;
}

/** The versions in the inference pool. A version is loaded on first use, and the least recently used idle versions are unloaded. */
export class LoadedVersions {
  readonly #services: LoaderServices;
  readonly #isNeeded: (versionId: string) => boolean;
  readonly #entries = new Map<string, Entry>();
  #uses = 0;

  /** @param isNeeded whether a version must stay loaded even while it is not in use */
  constructor(services: LoaderServices, isNeeded: (versionId: string) => boolean) {
    this.#services = services;
    this.#isNeeded = isNeeded;
  }

  /** See `ServedVersions.use`. */
  async use<Result>(versionId: string, use: (version: ServedVersion) => Promise<Result>): Promise<Result> {
    const entry = this.#entry(versionId);
    entry.users += 1;
    entry.lastUsed = this.#uses += 1;
    try {
      return await use(await entry.loading);
    } finally {
      entry.users -= 1;
      this.unloadIdle();
    }
  }

  /** Unloads versions that are neither needed nor in use, except for the most recently used. */
  unloadIdle(): void {
    const idle = [...this.#entries.values()]
      .filter(({ id, users }) => users === 0 && !this.#isNeeded(id))
      .sort((a, b) => b.lastUsed - a.lastUsed);
    for (const { id } of idle.slice(KEPT_WARM)) this.#unload(id);
  }

  #entry(id: string): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    const entry: Entry = { id, loading: this.#load(id), users: 0, lastUsed: 0 };
    this.#entries.set(id, entry);
    entry.loading.catch(() => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id); // the next call tries again
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

  #unload(id: string): void {
    const { inference, log } = this.#services;
    this.#entries.delete(id);
    inference.unload(id).catch((error: unknown) => {
      log.error({ err: error, modelVersionId: id }, 'A model version failed to unload');
    });
  }
}
