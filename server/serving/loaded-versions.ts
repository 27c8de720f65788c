import type { Logger } from 'pino';
import { readArtifact } from '../artifact/artifact-store.js';
import type { Database } from '../database/client.js';
import type { InferencePool } from '../inference/pool.js';
import { artifactPrefix } from '../storage/keys.js';
import type { ObjectStore } from '../storage/object-store.js';
import type { ServedVersion } from './served-versions.js';

/** Versions that stay loaded although nothing needs them: the champion before, and those asked for by id lately. */
const KEPT_WARM = 3;

/** What loading a version takes. */
export interface LoaderServices {
  database: Database;
  store: ObjectStore;
  inference: InferencePool;
  log: Logger;
}

/** A version that is loaded, or is being loaded for those who wait. */
interface Entry {
  id: string;
  loading: Promise<ServedVersion>;
  users: number;
  /** Grows with every use: the smallest is the least recently used. */
  lastUsed: number;
}

/** The versions in the inference pool: each is loaded when somebody needs it, and unloaded when it has long been idle. */
export class LoadedVersions {
  readonly #services: LoaderServices;
  readonly #isNeeded: (versionId: string) => boolean;
  readonly #entries = new Map<string, Entry>();
  #uses = 0;

  /** @param isNeeded whether a version is to stay loaded although nobody uses it at the moment */
  constructor(services: LoaderServices, isNeeded: (versionId: string) => boolean) {
    this.#services = services;
    this.#isNeeded = isNeeded;
  }

  /** As `ServedVersions.use`. */
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

  /** Unloads what nobody needs or uses, but for the few last used. */
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

  #unload(id: string): void {
    const { inference, log } = this.#services;
    this.#entries.delete(id);
    inference.unload(id).catch((error: unknown) => {
      log.error({ err: error, modelVersionId: id }, 'A version did not unload.');
    });
  }
}
