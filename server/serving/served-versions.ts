import type { Manifest } from '../artifact/manifest.js';

/** A verified model version that the inference pool answers with. */
export interface ServedVersion {
  id: string;
  modelName: string;
  version: number;
  manifest: Manifest;
}

/** How far this process has followed one model's champion and challenger. */
export interface ChampionReadiness {
  modelId: string;
  modelName: string;
  /** The champion that the database names; null: the model has none. */
  championVersionId: string | null;
  /** The version that answers here: the champion, or the one before it for as long as the champion does not load. */
  servedVersionId: string | null;
  /** Why the champion does not answer here; null when it does, or is about to. */
  error: string | null;
  /** The challenger that shadows here; nobody's answer depends on it. */
  challengerVersionId: string | null;
  /** Why the challenger does not shadow here. */
  challengerError: string | null;
}

/** The model versions that this process answers with, kept in step with the aliases in the database. */
export interface ServedVersions {
  /** One entry a model. */
  readiness(): ChampionReadiness[];
  /** The version that answers for a model here; null where none does. */
  champion(modelName: string): ServedVersion | null;
  /** The version that shadows this champion here; null where none does, and for a version that is no champion here. */
  challengerOf(championVersionId: string): ServedVersion | null;
  /**
   * Runs `use` with the version loaded, loading it first where it is not; it stays loaded at least until `use` ends.
   * Throws ArtifactError or ModelLoadError when its artifact is not what was registered or does not load.
   */
  use<Result>(versionId: string, use: (version: ServedVersion) => Promise<Result>): Promise<Result>;
  /**
   * Reads the aliases from the database and makes the champions answer, as far as they load: resolves when those of all
   * models do, or that of the one model named. Never throws for one that does not.
   */
  refresh(modelName?: string): Promise<void>;
  /** Calls `handler` whenever `readiness()` has changed; returns what ends that. */
  onChange(handler: () => void): () => void;
  /** Stops following the aliases; what is loaded stays so until the pool is closed. */
  close(): Promise<void>;
}
