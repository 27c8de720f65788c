import type { Manifest } from '../artifact/manifest.js';

/** A verified model version that the inference pool answers with. */
export interface ServedVersion {
  id: string;
  modelName: string;
  version: number;
  manifest: Manifest;
}

/** The state of one model's champion and challenger in this process. */
export interface ChampionReadiness {
  modelId: string;
  modelName: string;
  /** The champion in the database; null: the model has none. */
  championVersionId: string | null;
  /** The version that answers here: the champion, or the previous version while the champion does not load. */
  servedVersionId: string | null;
  /** Why the champion does not answer here; null if it does, or is being loaded. */
  error: string | null;
  /** The challenger that shadows here; no answer depends on it. */
  challengerVersionId: string | null;
  /** Why the challenger does not shadow here. */
  challengerError: string | null;
}

/** The model versions that this process answers with, kept in sync with the aliases in the database. */
export interface ServedVersions {
  /** The state of every model. */
  readiness(): ChampionReadiness[];
  /** The version that answers for a model here; null if there is none. */
  champion(modelName: string): ServedVersion | null;
  /** The version that shadows this champion here; null if there is none, or if the version is not a champion here. */
  challengerOf(championVersionId: string): ServedVersion | null;
  /**
   * Runs `use` with the version loaded; loads it first if necessary. It stays loaded at least until `use` ends.
   * Throws ArtifactError if its artifact is not what was registered, or ModelLoadError if it does not load.
   */
  use<Result>(versionId: string, use: (version: ServedVersion) => Promise<Result>): Promise<Result>;
  /**
   * Reads the aliases from the database, and resolves when the champions of all models, or of the named model, answer or have failed
   * to load. Does not throw if one fails to load.
   */
  refresh(modelName?: string): Promise<void>;
  /** Calls `handler` whenever `readiness()` has changed. Returns a function that unsubscribes. */
  onChange(handler: () => void): () => void;
  /** Stops following the aliases. Loaded versions stay loaded until the pool is closed. */
  close(): Promise<void>;
}
