import type { Logger } from 'pino';
import type { Manifest } from '../artifact/manifest.js';
import type { InferenceResult } from './result.js';

/** Threads that hold every loaded version and classify images. */
export interface InferencePool {
  /**
   * Loads a version on every thread and runs it once; when this resolves, and not before, `infer` answers with it on
   * all of them. Loading a loaded version again does nothing. The bytes' digest is the caller's to check
   * (`readArtifact`). Throws ModelLoadError.
   */
  load(versionId: string, manifest: Manifest, onnx: Uint8Array): Promise<void>;
  /** `infer` refuses the version at once; its memory is freed when the images already accepted are answered. */
  unload(versionId: string): Promise<void>;
  /** Ids of the versions that `infer` answers with. */
  loaded(): string[];
  /**
   * Throws UnreadableImageError, OverloadedError (at once, when `queueLimit` images wait), VersionNotLoadedError,
   * InferenceFailedError.
   */
  infer(versionId: string, bytes: Uint8Array): Promise<InferenceResult>;
  /** Answers what was accepted, refuses what comes after, and ends the threads. */
  close(): Promise<void>;
}

export interface InferencePoolOptions {
  /** Worker threads; each runs one network at a time on one core. */
  readonly threads: number;
  /** Images that may wait for a thread. */
  readonly queueLimit: number;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}
