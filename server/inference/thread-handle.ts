import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
// Native modules that only worker threads load are unloaded when the thread ends, while the next one uses them. They stay
// loaded if the main thread loads them too (sharp's documentation, "Worker threads").
import 'onnxruntime-node';
import 'sharp';
import type { Logger } from 'pino';
import type { Manifest } from '../artifact/manifest.js';
import { InferenceFailedError } from './errors.js';
import type { FromThread, ImageWork, Outcome, Request, ThreadSettings, ToThread } from './messages.js';

/** A version, to be loaded on a thread. */
export interface LoadableVersion {
  readonly id: string;
  readonly manifest: Manifest;
  readonly onnx: Uint8Array;
}

/** An image for a thread. Either `done` or `lost` is called, once. */
export interface Work {
  readonly versionId: string;
  readonly work: ImageWork;
  readonly done: (outcome: Outcome) => void;
  readonly lost: (error: InferenceFailedError) => void;
}

export interface ThreadOptions {
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly settings: ThreadSettings;
  /** The largest number of images that a thread holds. */
  readonly capacity: number;
  /** The versions that a restarted thread loads before it takes images. */
  readonly versions: () => Iterable<LoadableVersion>;
  /** Called when the thread can take an image again, and when it never will. */
  readonly onChange: () => void;
}

/**
 * A thread has few, short-lived objects, and its pixels are outside the heap. These are freed when the young generation is collected:
 * the smaller it is, the sooner. Where they would reach some ten megabytes before, V8 collects the whole heap, which takes ten times as
 * long. The default would allow up to 48 MB.
 */
const YOUNG_GENERATION_MB = 3;
// A size that the process was started with would count for its threads, too, and more than their limits.
setFlagsFromString('--max-semi-space-size=0');

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/**
 * A worker thread that is restarted when it dies. The images that it was processing fail, and a new thread loads the same versions:
 * at once, or after increasing pauses if threads fail to start.
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
    this.#start.catch(() => undefined); // callers that wait for the start receive the error
  }

  /** The number of images that the thread can take now. */
  get freePlaces(): number {
    return this.#ready ? this.#options.capacity - this.#images.size : 0;
  }

  /** Whether the thread can take images, now or after a restart. */
  get alive(): boolean {
    return this.#worker !== null || !this.#retirement.signal.aborted;
  }

  /** Loads and warms up the version, once the thread has started. */
  async load(version: LoadableVersion): Promise<void> {
    await this.#start;
    await this.#load(version);
  }

  async unload(versionId: string): Promise<void> {
    await this.#start.catch(() => undefined); // the start may be loading this version
    if (this.#ready) await this.#call({ kind: 'unload', versionId });
  }

  /** Takes at most `freePlaces` images. */
  infer(work: readonly Work[]): void {
    const images = work.map((own) => {
      const id = this.#nextId++;
      this.#images.set(id, own);
      return { id, versionId: own.versionId, work: own.work };
    });
    this.#post({ images });
  }

  /** From now on the thread is not restarted. */
  retire(): void {
    this.#retirement.abort();
  }

  /** Stops the thread after its current requests. */
  async close(): Promise<void> {
    this.retire();
    if (this.#worker) await this.#call({ kind: 'close' }).catch(() => undefined); // it may have died, which is fine
    await this.#exited;
  }

  async #restart(pauseMs: number): Promise<void> {
    await pause(pauseMs, undefined, { signal: this.#retirement.signal });
    await this.#startWorker();
  }

  #startWorker(): Promise<void> {
    const worker = new Worker(new URL('./inference-thread.js', import.meta.url), {
      name: 'inference',
      workerData: this.#options.settings,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker = worker;
    worker.on('message', (message: FromThread) => this.#receive(message));
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

  #receive(message: FromThread): void {
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
    const error = new InferenceFailedError(
      'The inference thread stopped while it was processing this image or request.',
    );
    for (const { reject } of requests) reject(error);
    for (const { lost } of images) lost(error);
    if (!this.#retirement.signal.aborted) {
      const pauseMs = Math.min(LAST_RETRY_MS, this.#failedStarts && FIRST_RETRY_MS * 2 ** this.#failedStarts);
      this.#options.log.error({ code, pauseMs }, 'An inference thread stopped and is being restarted');
      this.#start = this.#restart(pauseMs);
      this.#start.catch(() => undefined); // callers that wait for the start receive the error; the thread is restarted
    }
    this.#options.onChange();
  }
}
