import type { Logger } from 'pino';
import type { Manifest } from '../artifact/manifest.js';
import { UnreadableImageError } from '../imaging/unreadable-image.js';
import { InferenceFailedError, ModelLoadError, OverloadedError, VersionNotLoadedError } from './errors.js';
import type { Outcome } from './messages.js';
import { MAX_BATCH } from './network.js';
import type { InferenceResult } from './result.js';
import { InferenceThread, type LoadableVersion } from './thread.js';

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

interface Version extends LoadableVersion {
  /** Loaded and warm on every thread. */
  ready: boolean;
  /** Settles when it is ready, or could not be loaded. */
  loading: Promise<void>;
  /** From the moment it is to go; settles when it is gone from every thread. */
  unloading: Promise<void> | null;
  /** Images accepted and not yet answered. */
  readonly accepted: Set<Promise<unknown>>;
}

interface Task {
  readonly version: Version;
  readonly bytes: Uint8Array;
  readonly since: number;
  readonly resolve: (result: InferenceResult) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the threads; they are up when the first `load` resolves. */
export function openInferencePool({ threads: count, queueLimit, log }: InferencePoolOptions): InferencePool {
  const versions = new Map<string, Version>();
  const queue: Task[] = [];
  let closing: Promise<void> | null = null;
  const threads = Array.from(
    { length: count },
    () => new InferenceThread({ log, versions: () => versions.values(), onChange: () => dispatch() }),
  );

  /** Hands what waits to the threads that are free, evenly, and never waits for more to come. */
  function dispatch(): void {
    const free = threads.filter((thread) => thread.available);
    free.forEach((thread, index) => {
      const share = Math.ceil(queue.length / (free.length - index));
      const batch = takeBatch(queue, Math.min(MAX_BATCH, share));
      if (batch.length > 0) void run(thread, batch).finally(dispatch);
    });
    if (!threads.some((thread) => thread.alive)) {
      for (const task of queue.splice(0)) task.reject(closedError());
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
      accepted: new Set(),
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
      await Promise.allSettled(version.accepted);
      await remove(version);
    })();
    await version.unloading;
  }

  async function remove(version: Version): Promise<void> {
    if (versions.get(version.id) === version) versions.delete(version.id);
    await Promise.allSettled(threads.map((thread) => thread.unload(version.id)));
  }

  async function infer(versionId: string, bytes: Uint8Array): Promise<InferenceResult> {
    if (closing) throw closedError();
    const version = versions.get(versionId);
    if (!version?.ready || version.unloading)
      throw new VersionNotLoadedError(`Model version ${versionId} is not loaded.`);
    if (queue.length >= queueLimit) {
      throw new OverloadedError(`${queue.length} images are waiting already. Try again in a few seconds.`);
    }
    const answer = new Promise<InferenceResult>((resolve, reject) => {
      queue.push({ version, bytes, since: performance.now(), resolve, reject });
    });
    version.accepted.add(answer);
    dispatch();
    try {
      return await answer;
    } finally {
      version.accepted.delete(answer);
    }
  }

  async function close(): Promise<void> {
    for (const thread of threads) thread.retire();
    dispatch();
    await Promise.allSettled(
      [...versions.values()].flatMap(({ loading, accepted }) => [loading, ...accepted]),
    );
    await Promise.all(threads.map((thread) => thread.close()));
    versions.clear();
  }

  return {
    load,
    unload,
    loaded: () =>
      [...versions.values()].filter((version) => version.ready && !version.unloading).map(({ id }) => id),
    infer,
    close: () => (closing ??= close()),
  };
}

/** Takes up to `most` tasks of the version that has waited longest, the first of them first. */
function takeBatch(queue: Task[], most: number): Task[] {
  const batch = queue.filter(({ version }) => version === queue[0]?.version).slice(0, most);
  for (const task of batch) queue.splice(queue.indexOf(task), 1);
  return batch;
}

async function run(thread: InferenceThread, batch: readonly Task[]): Promise<void> {
  const start = performance.now();
  // A copy, which then moves: the caller keeps its bytes, and a view into a larger buffer does not drag that along.
  const images = batch.map(({ bytes }) => new Uint8Array(bytes));
  try {
    const outcomes = await thread.infer(batch[0]?.version.id ?? '', images);
    batch.forEach((task, index) => settle(task, outcomes[index], start - task.since));
  } catch (error) {
    const failure = error instanceof Error ? error : new InferenceFailedError(String(error));
    for (const { reject } of batch) reject(failure);
  }
}

function settle(task: Task, outcome: Outcome | undefined, queueMs: number): void {
  if (!outcome) task.reject(new InferenceFailedError('The inference thread gave no result.'));
  else if ('unreadable' in outcome) task.reject(new UnreadableImageError(outcome.unreadable));
  else task.resolve({ ...outcome.result, timing: { queueMs, ...outcome.result.timing } });
}

function closedError(): InferenceFailedError {
  return new InferenceFailedError('The server is shutting down.');
}
