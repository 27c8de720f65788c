import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
// Native modules that only worker threads load are unloaded with the thread, under the feet of the next one; loaded here
// too, they stay (sharp's documentation, "Worker threads").
import 'onnxruntime-node';
import 'sharp';
import type { Logger } from 'pino';
import type { Manifest } from '../artifact/manifest.js';
import { InferenceFailedError } from './errors.js';
import type { Outcome, Reply, Request } from './messages.js';

/** A version as a thread needs it. */
export interface LoadableVersion {
  readonly id: string;
  readonly manifest: Manifest;
  readonly onnx: Uint8Array;
}

export interface ThreadOptions {
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** What a thread that starts again has to load before it works. */
  readonly versions: () => Iterable<LoadableVersion>;
  /** Called when the thread can take a batch, and when it cannot any more. */
  readonly onChange: () => void;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/**
 * A worker thread that is always there: when it dies, what it was working on fails, and another takes its place with the
 * same versions loaded, at once, or after growing pauses while it does not even start.
 */
export class InferenceThread {
  #worker: Worker | null = null;
  #pending = new Map<number, { resolve: (outcomes: Outcome[]) => void; reject: (error: Error) => void }>();
  #nextId = 0;
  #failedStarts = 0;
  #ready = false;
  #busy = false;
  readonly #retirement = new AbortController();
  #exited: Promise<void> = Promise.resolve();
  #start: Promise<void>;
  readonly #options: ThreadOptions;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#start = this.#startWorker();
    this.#start.catch(() => undefined); // as below
  }

  /** Takes a batch at once. */
  get available(): boolean {
    return this.#ready && !this.#busy;
  }

  /** Will take a batch, if not now. */
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

  /** Results in the order of the images, whose buffers move to the thread. Throws InferenceFailedError. */
  async infer(versionId: string, images: readonly Uint8Array<ArrayBuffer>[]): Promise<Outcome[]> {
    this.#busy = true;
    try {
      return await this.#call(
        { kind: 'infer', versionId, images },
        images.map(({ buffer }) => buffer),
      );
    } finally {
      this.#busy = false;
    }
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
    const worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'inference' });
    this.#worker = worker;
    worker.on('message', (reply: Reply) => this.#settle(reply));
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

  async #load({ id, manifest: { preprocessing, evidence }, onnx }: LoadableVersion): Promise<void> {
    await this.#call({ kind: 'load', versionId: id, manifest: { preprocessing, evidence }, onnx });
  }

  #call(request: Request, transfer: ArrayBuffer[] = []): Promise<Outcome[]> {
    const worker = this.#worker;
    if (!worker) return Promise.reject(new InferenceFailedError('The inference thread is not running.'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ id, request }, transfer);
    });
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) pending?.reject(new InferenceFailedError(reply.error));
    else pending?.resolve(reply.outcomes ?? []);
  }

  #stopped(code: number): void {
    this.#worker = null;
    this.#ready = false;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending)
      reject(new InferenceFailedError('The inference thread stopped in the middle of its work.'));
    if (!this.#retirement.signal.aborted) {
      const pauseMs = Math.min(LAST_RETRY_MS, this.#failedStarts && FIRST_RETRY_MS * 2 ** this.#failedStarts);
      this.#options.log.error({ code, pauseMs }, 'An inference thread stopped; another takes its place');
      this.#start = this.#restart(pauseMs);
      this.#start.catch(() => undefined); // whoever waits for the start hears of it; the thread itself tries again
    }
    this.#options.onChange();
  }
}
