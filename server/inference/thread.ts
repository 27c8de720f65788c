import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
// Native modules that only worker threads load are unloaded with the thread, under the feet of the next one; loaded here
// too, they stay (sharp's documentation, "Worker threads").
import 'onnxruntime-node';
import 'sharp';
import type { Logger } from 'pino';
import type { Manifest } from '../artifact/manifest.js';
import { InferenceFailedError } from './errors.js';
import type { FromThread, Outcome, Request, ThreadSettings, ToThread } from './messages.js';

/** A version as a thread needs it. */
export interface LoadableVersion {
  readonly id: string;
  readonly manifest: Manifest;
  readonly onnx: Uint8Array;
}

/** An image as a thread takes it; one of the two is called, once. */
export interface Work {
  readonly versionId: string;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly done: (outcome: Outcome) => void;
  readonly lost: (error: InferenceFailedError) => void;
}

export interface ThreadOptions {
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly settings: ThreadSettings;
  /** Images that a thread holds at most. */
  readonly capacity: number;
  /** What a thread that starts again has to load before it works. */
  readonly versions: () => Iterable<LoadableVersion>;
  /** Called when there is room for an image again, and when there will not be any. */
  readonly onChange: () => void;
}

/** A thread's objects are few and short-lived, its pixels lie outside: by default it would take up to 48 MB for them. */
const YOUNG_GENERATION_MB = 6;

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/**
 * A worker thread that is always there: when it dies, what it was working on fails, and another takes its place with the
 * same versions loaded, at once, or after growing pauses while it does not even start.
 */
export class InferenceThread {
  #worker: Worker | null = null;
  readonly #requests = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #images = new Map<number, Work>();
  #nextId = 0;
  #failedStarts = 0;
  #ready = false;
  readonly #retirement = new AbortController();
  #exited: Promise<void> = Promise.resolve();
  #start: Promise<void>;
  readonly #options: ThreadOptions;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#start = this.#startWorker();
    this.#start.catch(() => undefined); // as below
  }

  /** The number of images that the thread can take now. */
  get freePlaces(): number {
    return this.#ready ? this.#options.capacity - this.#images.size : 0;
  }

  /** Will take an image, if not now. */
  get alive(): boolean {
    return this.#worker !== null || !this.#retirement.signal.aborted;
  }

  /** Loads and warms the version, after the thread's start if need be. */
  async load(version: LoadableVersion): Promise<void> {
    await this.#start;
    await this.#load(version);
  }

  async unload(versionId: string): Promise<void> {
    await this.#start.catch(() => undefined); // it may be loading this very version
    if (this.#ready) await this.#call({ kind: 'unload', versionId });
  }

  /** Takes at most `freePlaces` images. */
  infer(work: readonly Work[]): void {
    const images = work.map((own) => {
      const id = this.#nextId++;
      this.#images.set(id, own);
      return { id, versionId: own.versionId, bytes: own.bytes };
    });
    this.#post({ images });
  }

  /** No other takes its place from now on. */
  retire(): void {
    this.#retirement.abort();
  }

  /** Ends the thread after what it has been asked. */
  async close(): Promise<void> {
    this.retire();
    if (this.#worker) await this.#call({ kind: 'close' }).catch(() => undefined); // it has died meanwhile: just as well
    await this.#exited;
  }

  async #restart(pauseMs: number): Promise<void> {
    await pause(pauseMs, undefined, { signal: this.#retirement.signal });
    await this.#startWorker();
  }

  #startWorker(): Promise<void> {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      name: 'inference',
      workerData: this.#options.settings,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker = worker;
    worker.on('message', (message: FromThread) => this.#hear(message));
    worker.on('error', (error) => this.#options.log.error({ err: error }, 'An inference thread failed'));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#stopped(code);
        resolve();
      });
    });
    return this.#prepare(worker);
  }

  async #prepare(worker: Worker): Promise<void> {
    try {
      await this.#call({ kind: 'start' });
      for (const version of this.#options.versions()) await this.#load(version);
    } catch (error) {
      this.#failedStarts++;
      await worker.terminate();
      throw error;
    }
    this.#failedStarts = 0;
    this.#ready = true;
    this.#options.onChange();
  }

  async #load({ id, manifest, onnx }: LoadableVersion): Promise<void> {
    const { preprocessing, evidence, files, calibration, outOfDistribution, references } = manifest;
    const needed = { preprocessing, evidence, files, calibration, outOfDistribution, references };
    await this.#call({ kind: 'load', versionId: id, manifest: needed, onnx });
  }

  #call(request: Request): Promise<void> {
    if (!this.#worker)
      return Promise.reject(new InferenceFailedError('The inference thread is not running.'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve, reject });
      this.#post({ id, request });
    });
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #hear(message: FromThread): void {
    if ('answers' in message) {
      for (const { id, outcome } of message.answers) {
        const work = this.#images.get(id);
        this.#images.delete(id);
        work?.done(outcome);
      }
      this.#options.onChange();
      return;
    }
    const request = this.#requests.get(message.id);
    this.#requests.delete(message.id);
    if (message.error === undefined) request?.resolve();
    else request?.reject(new InferenceFailedError(message.error));
  }

  #stopped(code: number): void {
    this.#worker = null;
    this.#ready = false;
    const requests = [...this.#requests.values()];
    const images = [...this.#images.values()];
    this.#requests.clear();
    this.#images.clear();
    const error = new InferenceFailedError('The inference thread stopped in the middle of its work.');
    for (const { reject } of requests) reject(error);
    for (const { lost } of images) lost(error);
    if (!this.#retirement.signal.aborted) {
      const pauseMs = Math.min(LAST_RETRY_MS, this.#failedStarts && FIRST_RETRY_MS * 2 ** this.#failedStarts);
      this.#options.log.error({ code, pauseMs }, 'An inference thread stopped; another takes its place');
      this.#start = this.#restart(pauseMs);
      this.#start.catch(() => undefined); // whoever waits for the start hears of it; the thread itself tries again
    }
    this.#options.onChange();
  }
}
