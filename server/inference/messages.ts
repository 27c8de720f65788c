import type { Manifest } from '../artifact/manifest.js';
import type { InferenceResult } from './result.js';

/** What of a manifest a thread works by. */
export type NetworkManifest = Pick<Manifest, 'preprocessing' | 'evidence' | 'files'>;

/** What of a manifest a thread loads a version by: of the rest only what its reference images are checked with. */
export type LoadedManifest = NetworkManifest &
  Pick<Manifest, 'calibration' | 'outOfDistribution' | 'references'>;

/** What every thread is started with. */
export interface ThreadSettings {
  /** Maximum number of images in one run of a network. */
  readonly maxBatch: number;
  /** How long a decoded image waits for a batch to fill up. */
  readonly batchDelayMs: number;
  /** Address of the Open Inference Protocol server that runs the networks; null: ONNX Runtime, on the thread itself. */
  readonly server: string | null;
}

/** What the pool asks of a thread, in whose order it is done. Each is answered by a `Done` with its id. */
export type Request =
  | { readonly kind: 'start' }
  | {
      readonly kind: 'load';
      readonly versionId: string;
      readonly manifest: LoadedManifest;
      readonly onnx: Uint8Array;
    }
  | { readonly kind: 'unload'; readonly versionId: string }
  | { readonly kind: 'close' };

/** An image for a thread, which answers it as soon as it can, in whatever order, by an `Answer`. */
export interface ImageToInfer {
  readonly id: number;
  readonly versionId: string;
  /** In shared memory, so that it is not copied on its way. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

export type ToThread =
  { readonly id: number; readonly request: Request } | { readonly images: readonly ImageToInfer[] };

export type Outcome =
  { readonly result: InferenceResult } | { readonly unreadable: string } | { readonly failed: string };

export interface Answer {
  readonly id: number;
  /** Its `queueMs` is the waiting on the thread alone. */
  readonly outcome: Outcome;
}

export interface Done {
  readonly id: number;
  /** Why it was not done. */
  readonly error?: string;
}

export type FromThread = Done | { readonly answers: readonly Answer[] };
