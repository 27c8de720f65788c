import type { Logger } from 'pino';
import type { ModelAlias } from '../database/generated/enums.js';
import type { LoadedVersions } from './loaded-versions.js';
import type { ServedVersion } from './served-versions.js';

/** What an alias is followed with. */
interface FollowedAliasOptions {
  modelName: string;
  alias: ModelAlias;
  versions: LoadedVersions;
  log: Logger;
  onChange: () => void;
}

/**
 * One alias of one model, as far as this process has followed it. The version before stays until the one that the database
 * names is verified, loaded and warm; then the change is one assignment.
 */
export class FollowedAlias {
  readonly #room: FollowedAliasOptions;
  #named: string | null = null;
  #served: ServedVersion | null = null;
  #error: string | null = null;
  #attempt: Promise<void> | null = null;

  constructor(room: FollowedAliasOptions) {
    this.#room = room;
  }

  /** The version that the database names. */
  get named(): string | null {
    return this.#named;
  }

  /** The version that plays the part here. */
  get served(): ServedVersion | null {
    return this.#served;
  }

  /** Why the named version does not play the part here; null when it does, or is about to. */
  get error(): string | null {
    return this.#error;
  }

  /** Takes to the version that the database names now. One that did not load is tried again. */
  follow(versionId: string | null): void {
    if (versionId === this.#named && (this.#attempt !== null || this.#error === null)) return;
    if (versionId === null) {
      this.#named = null;
      this.#attempt = null;
      this.#change(null, null);
      this.#room.versions.unloadIdle();
      return;
    }
    if (versionId !== this.#named) this.#error = null;
    this.#named = versionId;
    const attempt: Promise<void> = this.#take(versionId).finally(() => {
      if (this.#attempt === attempt) this.#attempt = null;
    });
    this.#attempt = attempt;
  }

  /** Resolves when the named version plays the part, or has turned out not to load. */
  async settled(): Promise<void> {
    await this.#attempt;
  }

  /** A load that ends after another version was named flips nothing: only the newest name counts. */
  async #take(versionId: string): Promise<void> {
    const { versions, modelName, alias, log } = this.#room;
    const isNamed = () => this.#named === versionId;
    try {
      await versions.use(versionId, async (version) => {
        if (!isNamed()) return;
        this.#change(version, null); // the flip: what is asked from here on is answered by the new one
        log.info({ modelName, modelVersionId: versionId }, `A ${alias} answers.`);
      });
    } catch (error) {
      if (!isNamed()) return;
      const message = error instanceof Error ? error.message : String(error);
      if (message === this.#error) return;
      log.error({ err: error, modelName, modelVersionId: versionId }, `A ${alias} does not load.`);
      this.#change(alias === 'CHAMPION' ? this.#served : null, message);
    }
  }

  #change(served: ServedVersion | null, error: string | null): void {
    this.#served = served;
    this.#error = error;
    this.#room.onChange();
  }
}
