import type { Manifest } from '../artifact/manifest.js';
import type { InferenceResult } from './result.js';

/** What the pool asks of a thread. Each request is answered by one `Reply` with its id. */
export type Request =
  | { readonly kind: 'start' }
  | {
      readonly kind: 'load';
      readonly versionId: string;
      readonly manifest: Pick<Manifest, 'preprocessing' | 'evidence'>;
      readonly onnx: Uint8Array;
    }
  | { readonly kind: 'unload'; readonly versionId: string }
  /** At most `MAX_BATCH` images. */
  | { readonly kind: 'infer'; readonly versionId: string; readonly images: readonly Uint8Array[] }
  | { readonly kind: 'close' };

/** By image of an 'infer'; what only the pool knows, the waiting, is missing. */
export type Outcome =
  | {
      readonly result: Omit<InferenceResult, 'timing'> & {
        readonly timing: Omit<InferenceResult['timing'], 'queueMs'>;
      };
    }
  | { readonly unreadable: string };

export type Reply =
  { readonly id: number; readonly outcomes?: Outcome[] } | { readonly id: number; readonly error: string };
