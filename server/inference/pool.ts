import type { Logger } from 'pino';
import type { Manifest } from '../artifact/manifest.js';
import { UnreadableImageError } from '../imaging/unreadable-image.js';
import { InferenceFailedError, ModelLoadError, OverloadedError, VersionNotLoadedError } from './errors.js';
import { FairQueue } from './fair-queue.js';
import { RUNS_AT_ONCE } from './network.js';
import type { InferenceResult } from './result.js';
import { shared } from './shared-bytes.js';
import { InferenceThread, type LoadableVersion, type Work } from './thread.js';

/** Threads that hold every loaded version and classify images. */
export interface InferencePool {
  /**
   * Loads a version on every thread and runs it once; when this resolves, and not before, `infer` answers with it on
   * all of them. Its reference images, if it has any, must give on each what they gave when it was made. Loading a loaded
   * version again does nothing. The bytes' digest is the caller's to check
   * (`readArtifact`). Throws ModelLoadError.
   */
  load(versionId: string, manifest: Manifest, onnx: Uint8Array): Promise<void>;
  /** `infer` refuses the version at once; its memory is freed when the images already accepted are answered. */
  unload(versionId: string): Promise<void>;
  /** Ids of the versions that `infer` answers with. */
  loaded(): string[];
  /** Images that wait for a thread, threads that have nothing to do, and images refused as overload since the start. */
  status(): { waiting: number; idle: number; refused: number };
  /**
   * Throws UnreadableImageError, OverloadedError (at once, when `queueLimit` images wait), VersionNotLoadedError,
   * InferenceFailedError; and the reason of `signal` as soon as it aborts: an image that waits for a thread then leaves the
   * queue, one that is on a thread is finished there for nobody.
   *
   * @param bytes not to be changed before this settles; in shared memory (`joinShared`) they are not copied
   */
  infer(versionId: string, bytes: Uint8Array, signal?: AbortSignal): Promise<InferenceResult>;
  /** Answers what was accepted, refuses what comes after, and ends the threads. */
  close(): Promise<void>;
}

export interface InferencePoolOptions {
  /** Worker threads; each runs one network at a time on one core. */
  readonly threads: number;
  /** Images that may wait for a thread. */
  readonly queueLimit: number;
  /** Images in one run of a network at most; 2 unless told. */
  readonly maxBatch?: number;
  /** How long a decoded image waits for its batch to fill up; 0 unless told: a run takes what is there. */
  readonly batchDelayMs?: number;
  /** Address of the Open Inference Protocol server that runs the networks; unless told, the threads run them. */
  readonly server?: string | null;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

interface Version extends LoadableVersion {
  /** Loaded and warm on every thread. */
  ready: boolean;
  /** Settles when it is ready, or could not be loaded. */
  loading: Promise<void>;
  /** From the moment it is to go; settles when it is gone from every thread. */
  unloading: Promise<void> | null;
  /** Images that wait or are on a thread: each settles, and never throws, when it no longer does. */
  readonly unfinished: Set<Promise<void>>;
}

interface Task {
  readonly version: Version;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly since: number;
  /** Answers whoever asked, unless that has been done already. */
  readonly resolve: (result: InferenceResult) => void;
  readonly reject: (reason: unknown) => void;
  /** It is neither waiting nor on a thread any more. */
  readonly finish: () => void;
}

/** Images that a thread decodes while full batches run: enough for the next run to start at once. */
const DECODED_AHEAD = 2;

/** Starts the threads; they are up when the first `load` resolves. */
export function openInferencePool(options: InferencePoolOptions): InferencePool {
  const { threads: count, queueLimit, maxBatch = 2, batchDelayMs = 0, server = null, log } = options;
  const runsAtOnce = server === null ? RUNS_AT_ONCE.onThread : RUNS_AT_ONCE.onServer;
  const versions = new Map<string, Version>();
  const queue = new FairQueue<Version, Task>();
  const capacity = maxBatch * runsAtOnce + DECODED_AHEAD;
  let refused = 0;
  let closing: Promise<void> | null = null;
  const threads = Array.from(
    { length: count },
    () =>
      new InferenceThread({
        log,
        settings: { maxBatch, batchDelayMs, server },
        capacity,
        versions: () => versions.values(),
        onChange: () => dispatch(),
      }),
  );

  /** Hands what waits to the threads that have room, evenly, and never waits for more to come. */
  function dispatch(): void {
    const rooms = threads.map((thread) => ({ thread, room: thread.room, work: [] as Work[] }));
    for (;;) {
      const emptiest = rooms.reduce((best, each) => (each.room > best.room ? each : best));
      const task = emptiest.room > 0 ? queue.take() : undefined;
      if (!task) break;
      emptiest.room--;
      emptiest.work.push(workOf(task));
    }
    for (const { thread, work } of rooms) if (work.length > 0) thread.infer(work);
    if (!threads.some((thread) => thread.alive)) {
      for (let task = queue.take(); task; task = queue.take()) workOf(task).lost(closedError());
    }
  }

  async function load(id: string, manifest: Manifest, onnx: Uint8Array): Promise<void> {
    if (closing) throw closedError();
    const present = versions.get(id);
    if (present?.unloading) {
      await present.unloading;
      return load(id, manifest, onnx);
    }
    if (present) return present.loading;

    const version: Version = {
      id,
      manifest,
      onnx: new Uint8Array(onnx), // whole and its own: a view would take the buffer around it along to every thread
      ready: false,
      loading: Promise.resolve(),
      unloading: null,
      unfinished: new Set(),
    };
    versions.set(id, version);
    version.loading = loadOnEveryThread(version);
    return version.loading;
  }

  async function loadOnEveryThread(version: Version): Promise<void> {
    const start = performance.now();
    const outcomes = await Promise.allSettled(threads.map((thread) => thread.load(version)));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure) {
      await remove(version);
      const reason: unknown = failure.reason;
      throw new ModelLoadError(reason instanceof Error ? reason.message : String(reason), { cause: reason });
    }
    version.ready = true;
    log.info(
      { versionId: version.id, milliseconds: Math.round(performance.now() - start) },
      'Model version loaded',
    );
  }

  async function unload(id: string): Promise<void> {
    const version = versions.get(id);
    if (!version) return;
    version.unloading ??= (async () => {
      await version.loading.catch(() => undefined);
      await Promise.all(version.unfinished);
      await remove(version);
    })();
    await version.unloading;
  }

  async function remove(version: Version): Promise<void> {
    if (versions.get(version.id) === version) versions.delete(version.id);
    await Promise.allSettled(threads.map((thread) => thread.unload(version.id)));
  }

  async function infer(versionId: string, bytes: Uint8Array, signal?: AbortSignal): Promise<InferenceResult> {
    signal?.throwIfAborted();
    if (closing) throw closedError();
    const version = versions.get(versionId);
    if (!version?.ready || version.unloading)
      throw new VersionNotLoadedError(`Model version ${versionId} is not loaded.`);
    if (queue.size >= queueLimit) {
      refused += 1;
      throw new OverloadedError(`${queue.size} images are waiting already. Try again in a few seconds.`);
    }

    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    version.unfinished.add(finished);
    void finished.then(() => version.unfinished.delete(finished));
    let abort = (): void => undefined;
    try {
      return await new Promise<InferenceResult>((resolve, reject) => {
        const task = { version, bytes: shared(bytes), since: performance.now(), resolve, reject, finish };
        abort = () => {
          if (queue.remove(version, task)) finish();
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true });
        queue.add(version, task);
        dispatch();
      });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async function close(): Promise<void> {
    for (const thread of threads) thread.retire();
    dispatch();
    await Promise.allSettled(
      [...versions.values()].flatMap(({ loading, unfinished }) => [loading, ...unfinished]),
    );
    await Promise.all(threads.map((thread) => thread.close()));
    versions.clear();
  }

  return {
    load,
    unload,
    loaded: () =>
      [...versions.values()].filter((version) => version.ready && !version.unloading).map(({ id }) => id),
    status: () => ({
      waiting: queue.size,
      idle: threads.filter((thread) => thread.room === capacity).length,
      refused,
    }),
    infer,
    close: () => (closing ??= close()),
  };
}

/** The task as a thread takes it, from now on. */
function workOf({ version, bytes, since, resolve, reject, finish }: Task): Work {
  const queueMs = performance.now() - since;
  return {
    versionId: version.id,
    bytes,
    done: (outcome) => {
      if ('unreadable' in outcome) reject(new UnreadableImageError(outcome.unreadable));
      else if ('failed' in outcome) reject(new InferenceFailedError(outcome.failed));
      else resolve(withWaiting(outcome.result, queueMs));
      finish();
    },
    lost: (error) => {
      reject(error);
      finish();
    },
  };
}

function withWaiting({ timing, ...result }: InferenceResult, queueMs: number): InferenceResult {
  return { ...result, timing: { ...timing, queueMs: timing.queueMs + queueMs } };
}

function closedError(): InferenceFailedError {
  return new InferenceFailedError('The server is shutting down.');
}
