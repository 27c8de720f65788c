import type { Logger } from 'pino';
import type { Manifest } from '../artifact/manifest.js';
import type { GivenCells, PreparedField } from '../imaging/prepare-field.js';
import type { PreparedImage } from '../imaging/prepare-image.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';
import { InferenceFailedError, ModelLoadError, OverloadedError, VersionNotLoadedError } from './errors.js';
import { FairQueues } from '../concurrency/fair-queue.js';
import type { ImageWork, Outcome } from './messages.js';
import { RUNS_AT_ONCE } from './network.js';
import type { InferenceResult } from './result.js';
import { shared } from './shared-bytes.js';
import { InferenceThread, type LoadableVersion, type Work } from './thread-handle.js';

/** Threads that hold every loaded version and classify images. */
export interface InferencePool {
  /**
   * Loads a version on every thread and runs it once. When this resolves, and not before, `infer` accepts the version, on
   * all threads. Its reference images, if it has any, must give the recorded outputs on each thread. Loading a loaded version
   * again does nothing. The caller must have checked the digest of the bytes (`readArtifact`). Throws ModelLoadError.
   */
  load(versionId: string, manifest: Manifest, onnx: Uint8Array): Promise<void>;
  /** From now on `infer` refuses the version; its memory is freed when the images already accepted are answered. */
  unload(versionId: string): Promise<void>;
  /** Ids of the versions that `infer` accepts. */
  loaded(): string[];
  /** The numbers of images that wait for a thread, of idle threads, and of images refused because of a full queue since the start. */
  status(): { waiting: number; idle: number; refused: number };
  /**
   * Takes a place in the queue for one image, or throws at once: OverloadedError when `queueLimit` images wait, or when half as
   * many images of one account wait,
   * VersionNotLoadedError, InferenceFailedError when the pool is closed, or the reason of `signal` when it has aborted.
   * The place is taken until one of its functions is called, so call one as soon as possible, and always.
   * @param account whose image it is: accounts are served in turn. Default: that of the server itself
   */
  reserve(versionId: string, signal?: AbortSignal, account?: string): ReservedPlace;
  /** Reserves a place and infers in it. Rejects with the errors of both. */
  infer(versionId: string, bytes: Uint8Array, signal?: AbortSignal): Promise<InferenceResult>;
  /** Answers the images already accepted, refuses new ones, and stops the threads. */
  close(): Promise<void>;
}

/** A place in the queue for one image. One of its functions is to be called, once. */
export interface ReservedPlace {
  /**
   * Decodes the image and runs the network on it. Rejects with UnreadableImageError, InferenceFailedError,
   * or the reason of the reservation's signal as soon as that aborts: an image that waits for a thread then leaves the queue;
   * the result of one that is on a thread is discarded.
   *
   * @param bytes must not change before this settles. Bytes in shared memory (`joinShared`) are not copied.
   */
  infer(bytes: Uint8Array): Promise<InferenceResult>;
  /** Decodes a field and prepares its cells, found or given, for the version. Rejects as `infer` does. */
  prepareField(bytes: Uint8Array, given: GivenCells | null): Promise<PreparedField>;
  /** Runs the network on a cell that `prepareField` has prepared for the same version. Rejects as `infer` does. */
  inferCell(cell: PreparedImage): Promise<InferenceResult>;
}

export interface InferencePoolOptions {
  /** Worker threads; each runs one network at a time on one core. */
  readonly threads: number;
  /** The largest number of images that wait for a thread. */
  readonly queueLimit: number;
  /** The largest number of images in one run of a network. Defaults to 2. */
  readonly maxBatch?: number;
  /** Milliseconds that a decoded image waits for its batch to fill up. Defaults to 0: a run takes the images that are decoded. */
  readonly batchDelayMs?: number;
  /** Address of the Open Inference Protocol server that runs the networks. Defaults to null: the threads run them. */
  readonly server?: string | null;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

interface Version extends LoadableVersion {
  /** Loaded and warm on every thread. */
  ready: boolean;
  /** Settles when the version is ready, or could not be loaded. */
  loading: Promise<void>;
  /** Set once unloading has begun; settles when no thread holds the version any more. */
  unloading: Promise<void> | null;
  /** One promise for each image that is reserved, waiting or on a thread. It resolves when the image no longer is, and never rejects. */
  readonly unfinished: Set<Promise<void>>;
}

interface Task {
  readonly version: Version;
  readonly account: string;
  readonly work: ImageWork;
  readonly since: number;
  /** Settles the caller's promise, unless that is settled already. */
  readonly resolve: (outcome: Completed) => void;
  readonly reject: (reason: unknown) => void;
  /** Called when the image is neither waiting nor on a thread any more. */
  readonly finish: () => void;
}

/** An outcome that is not a failure. Waiting for a thread counts as queueing. */
type Completed = Extract<Outcome, { result: InferenceResult } | { field: PreparedField }>;

/** The number of images that a thread decodes while full batches run, so that the next run can start at once. */
const DECODED_AHEAD = 2;

/** The account of images that nobody in particular waits for, such as those of challengers. */
const SERVER_ACCOUNT = '';

/** Starts the threads. They are running when the first `load` resolves. */
export function openInferencePool(options: InferencePoolOptions): InferencePool {
  const { threads: count, queueLimit, maxBatch = 2, batchDelayMs = 0, server = null, log } = options;
  const runsAtOnce = server === null ? RUNS_AT_ONCE.onThread : RUNS_AT_ONCE.onServer;
  const versions = new Map<string, Version>();
  const queue = new FairQueues<string, Version, Task>();
  const capacity = maxBatch * runsAtOnce + DECODED_AHEAD;
  let reserved = 0;
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

  /** Distributes the waiting images evenly over the threads that have free places, without waiting for more images. */
  function dispatch(): void {
    const shares = threads.map((thread) => ({ thread, free: thread.freePlaces, work: [] as Work[] }));
    for (;;) {
      const emptiest = shares.reduce((best, each) => (each.free > best.free ? each : best));
      const task = emptiest.free > 0 ? queue.take() : undefined;
      if (!task) break;
      emptiest.free--;
      emptiest.work.push(workOf(task));
    }
    for (const { thread, work } of shares) if (work.length > 0) thread.infer(work);
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
      onnx: new Uint8Array(onnx), // a copy: posting a view would send the whole buffer behind it to every thread
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

  function reserve(versionId: string, signal?: AbortSignal, account = SERVER_ACCOUNT): ReservedPlace {
    signal?.throwIfAborted();
    if (closing) throw closedError();
    const version = versions.get(versionId);
    if (!version?.ready || version.unloading)
      throw new VersionNotLoadedError(`Model version ${versionId} is not loaded.`);
    const waiting = queue.size + reserved;
    if (waiting >= queueLimit) {
      refused += 1;
      throw new OverloadedError(`${waiting} images are waiting already. Try again in a few seconds.`);
    }
    const ownWaiting = queue.sizeOf(account);
    if (account !== SERVER_ACCOUNT && ownWaiting >= Math.max(1, queueLimit / 2)) {
      refused += 1;
      throw new OverloadedError(
        `${ownWaiting} of your images are waiting already. Try again in a few seconds.`,
      );
    }
    reserved += 1;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    version.unfinished.add(finished);
    void finished.then(() => version.unfinished.delete(finished));
    const complete = (work: ImageWork) => {
      reserved -= 1;
      return completeReserved({ version, account, work }, finish, signal);
    };
    return {
      infer: async (bytes) => resultOf(await complete({ kind: 'image', bytes: shared(bytes) })),
      prepareField: async (bytes, given) =>
        fieldOf(await complete({ kind: 'field', bytes: shared(bytes), given })),
      inferCell: async (image) => resultOf(await complete({ kind: 'cell', image })),
    };
  }

  async function completeReserved(
    { version, account, work }: Pick<Task, 'version' | 'account' | 'work'>,
    finish: () => void,
    signal: AbortSignal | undefined,
  ): Promise<Completed> {
    let abort = (): void => undefined;
    try {
      return await new Promise<Completed>((resolve, reject) => {
        const task = {
          version,
          account,
          work,
          since: performance.now(),
          resolve,
          reject,
          finish,
        };
        abort = () => {
          if (queue.remove(account, version, task)) finish();
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true });
        queue.add(account, version, task);
        if (signal?.aborted) abort();
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
      idle: threads.filter((thread) => thread.freePlaces === capacity).length,
      refused,
    }),
    reserve,
    infer: async (versionId, bytes, signal) => reserve(versionId, signal).infer(bytes),
    close: () => (closing ??= close()),
  };
}

/** The task in the form that a thread takes. Its time in the queue ends here. */
function workOf({ version, work, since, resolve, reject, finish }: Task): Work {
  const queueMs = performance.now() - since;
  return {
    versionId: version.id,
    work,
    done: (outcome) => {
      if ('unreadable' in outcome) reject(new UnreadableImageError(outcome.unreadable));
      else if ('failed' in outcome) reject(new InferenceFailedError(outcome.failed));
      else resolve('result' in outcome ? { result: withWaiting(outcome.result, queueMs) } : outcome);
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

function resultOf(completed: Completed): InferenceResult {
  if ('result' in completed) return completed.result;
  throw new InferenceFailedError('The thread prepared a field where an image was to be classified.');
}

function fieldOf(completed: Completed): PreparedField {
  if ('field' in completed) return completed.field;
  throw new InferenceFailedError('The thread classified an image where a field was to be prepared.');
}

function closedError(): InferenceFailedError {
  return new InferenceFailedError('The server is shutting down.');
}
