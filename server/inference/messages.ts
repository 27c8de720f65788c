import type { Manifest } from '../artifact/manifest.js';
import type { GivenCells, PreparedField } from '../imaging/prepare-field.js';
import type { PreparedImage } from '../imaging/prepare-image.js';
import type { InferenceResult } from './result.js';

/** The part of a manifest that running a network needs. */
export type NetworkManifest = Pick<Manifest, 'preprocessing' | 'evidence' | 'files'>;

/** The part of a manifest that loading a version on a thread needs, including the check of its reference images. */
export type LoadedManifest = NetworkManifest &
  Pick<Manifest, 'calibration' | 'outOfDistribution' | 'references'>;

/** The settings of a thread. */
export interface ThreadSettings {
  /** The largest number of images in one run of a network. */
  readonly maxBatch: number;
  /** Milliseconds that a decoded image waits for its batch to fill up. */
  readonly batchDelayMs: number;
  /** Address of the Open Inference Protocol server that runs the networks. Null: ONNX Runtime runs them on the thread. */
  readonly server: string | null;
}

/** A request of the pool to a thread. Requests are processed in order, and each is answered by a `Done` with its id. */
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

/** What a thread does with an image. Bytes and pixels are in shared memory, so that they are not copied. */
export type ImageWork =
  /** Decodes an image and runs the network on it. */
  | { readonly kind: 'image'; readonly bytes: Uint8Array<SharedArrayBuffer> }
  /** Decodes a field and prepares its cells, but does not run the network: each cell waits for its own turn. */
  | {
      readonly kind: 'field';
      readonly bytes: Uint8Array<SharedArrayBuffer>;
      readonly given: GivenCells | null;
    }
  /** Runs the network on a prepared cell of a field. */
  | { readonly kind: 'cell'; readonly image: PreparedImage };

/** An image for a thread, which answers it with an `Answer`. Images may be answered in any order. */
export interface ImageToInfer {
  readonly id: number;
  readonly versionId: string;
  readonly work: ImageWork;
}

export type ToThread =
  { readonly id: number; readonly request: Request } | { readonly images: readonly ImageToInfer[] };

export type Outcome =
  | { readonly result: InferenceResult }
  | { readonly field: PreparedField }
  | { readonly unreadable: string }
  | { readonly failed: string };

export interface Answer {
  readonly id: number;
  /** Its `queueMs` is only the time of waiting on the thread. */
  readonly outcome: Outcome;
}

export interface Done {
  readonly id: number;
  /** Why the request failed. */
  readonly error?: string;
}

export type FromThread = Done | { readonly answers: readonly Answer[] };
