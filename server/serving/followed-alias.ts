import type { Logger } from 'pino';
import type { ModelAlias } from '../database/generated/enums.js';
import type { LoadedVersions } from './loaded-versions.js';
import type { ServedVersion } from './served-versions.js';

/** The alias to follow, and the services that following it needs. */
interface FollowedAliasOptions {
  modelName: string;
  alias: ModelAlias;
  versions: LoadedVersions;
  log: Logger;
  onChange: () => void;
}

/**
 * An alias of a model, and the version that has it in this process. The previous version stays until the version in the database
 * is verified, loaded and warmed up; then the switch is one assignment.
 */
export class FollowedAlias {
  readonly #options: FollowedAliasOptions;
  #named: string | null = null;
  #served: ServedVersion | null = null;
  #error: string | null = null;
  #attempt: Promise<void> | null = null;

  constructor(options: FollowedAliasOptions) {
    this.#options = options;
  }

  /** The version that has the alias in the database; null: none. */
  get named(): string | null {
    return this.#named;
  }

  /** The version that has the alias in this process; null: none. */
  get served(): ServedVersion | null {
    return this.#served;
  }

  /** Why the version in the database does not have the alias here; null if it does, or is being loaded. */
  get error(): string | null {
    return this.#error;
  }

  /** Switches to the version that now has the alias in the database. Retries a version that did not load. */
  follow(versionId: string | null): void {
    if (versionId === this.#named && (this.#attempt !== null || this.#error === null)) return;
    if (versionId === null) {
      this.#named = null;
      this.#attempt = null;
      this.#change(null, null);
      this.#options.versions.unloadIdle();
      return;
    }
    if (versionId !== this.#named) this.#error = null;
    this.#named = versionId;
    const attempt: Promise<void> = this.#load(versionId).finally(() => {
      if (this.#attempt === attempt) this.#attempt = null;
    });
    this.#attempt = attempt;
  }

  /** Resolves when the version in the database has the alias here, or has failed to load. */
  async settled(): Promise<void> {
    await this.#attempt;
  }

  /** Loads a version and switches to it, unless the alias has moved to another version in the database since. */
  async #load(versionId: string): Promise<void> {
    const { versions, modelName, alias, log } = this.#options;
    const isNamed = () => this.#named === versionId;
    try {
      await versions.use(versionId, async (version) => {
        if (!isNamed()) return;
        this.#change(version, null); // the switch: the new version answers all requests from here on
        log.info({ modelName, modelVersionId: versionId }, `The new ${alias.toLowerCase()} now answers`);
      });
    } catch (error) {
      if (!isNamed()) return;
      const message = error instanceof Error ? error.message : String(error);
      if (message === this.#error) return;
      log.error(
        { err: error, modelName, modelVersionId: versionId },
        `The ${alias.toLowerCase()} failed to load`,
      );
      this.#change(alias === 'CHAMPION' ? this.#served : null, message);
    }
  }

  #change(served: ServedVersion | null, error: string | null): void {
    this.#served = served;
    this.#error = error;
    this.#options.onChange();
  }
}
