import type { Interpretation } from '../../../../server/decision/interpret.js';
import type { CropBox } from '../../../../server/pixels/crop-box.js';
import type { EvidenceMap } from '../../../../server/pixels/evidence-map.js';

/** A model version that the browser can run, and where its files are. */
export interface DeviceVersion {
  readonly id: string;
  readonly modelName: string;
  readonly version: number;
  readonly positiveLabel: string;
  readonly decisionThreshold: number;
  readonly abstentionBand: readonly number[];
  /** SHA-256 of `manifest.json`. */
  readonly digest: string;
  readonly files: readonly { readonly name: string; readonly url: string }[];
}

/** What runs the network: the graphics card by WebGPU or WebGL, or WebAssembly on the processor. */
export const engines = ['webgpu', 'webgl', 'wasm'] as const;
export type Engine = (typeof engines)[number];

/** The answer of a version for an image, made in the browser. */
export interface DeviceResult extends Interpretation {
  /** Of the upright picture. */
  readonly image: { readonly width: number; readonly height: number };
  /** The part of the picture that the network saw. It may reach beyond the picture. */
  readonly frame: CropBox;
  readonly evidence: EvidenceMap;
  /** Time from the bytes to the answer. */
  readonly milliseconds: number;
}

/** A request to the worker. */
export type DeviceTask =
  /** `cacheName`: of the cache in which the files of the version are kept. */
  | { readonly kind: 'load'; readonly version: DeviceVersion; readonly cacheName: string }
  | { readonly kind: 'classify'; readonly file: Blob };

/** What the worker answers to a task. */
export type DeviceReply =
  | { readonly kind: 'loaded'; readonly engine: Engine }
  | { readonly kind: 'classified'; readonly result: DeviceResult }
  /** `isOfFile`: the file cannot be classified here, and trying again would fail again. */
  | { readonly kind: 'failed'; readonly message: string; readonly isOfFile: boolean };
