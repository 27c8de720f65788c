import type { AnswerFragment } from '../../graphql/graphql.js';

/** Which model answers, and for which case: fixed when a file is dropped. */
export interface ClassificationTarget {
  /** The champion of this model; null: the champion that the server answers with by default. */
  modelName: string | null;
  /** This very version, whatever its alias. */
  modelVersionId: string | null;
  caseReference: string | null;
}

export type Step =
  | { kind: 'waiting' }
  | { kind: 'uploading'; fraction: number }
  | { kind: 'answering' }
  | { kind: 'answered'; prediction: AnswerFragment }
  | { kind: 'failed'; message: string; canRetry: boolean }
  | { kind: 'cancelled' };

/** The file is larger than what is taken: sending the same one again is of no use. */
export class FileTooLargeError extends Error {}

export interface QueuedFile {
  id: number;
  /** Files that were dropped together have the same number; later ones a higher. */
  batch: number;
  file: File;
  /** An object URL of the file, for its picture. */
  previewUrl: string;
  target: ClassificationTarget;
  step: Step;
}

export interface SendOptions {
  signal: AbortSignal;
  /** Called with the part of the file that has left, 0…1. */
  onProgress: (fraction: number) => void;
}

/** Sends one file. Resolves to the stored prediction; rejects with an Error whose message is for people. */
export type SendFile = (
  file: File,
  target: ClassificationTarget,
  options: SendOptions,
) => Promise<AnswerFragment>;

export interface ClassificationQueue {
  /** The files, oldest first. The same array until something changes. */
  files: () => readonly QueuedFile[];
  subscribe: (listener: () => void) => () => void;
  add: (files: readonly File[], target: ClassificationTarget) => void;
  /** Puts a failed or cancelled file back in the queue; not one that is too large. */
  retry: (id: number) => void;
  /** Stops a file that waits or is under way; what the server has stored by then stays in the history. */
  cancel: (id: number) => void;
  /** Takes a file that has come to an end off the list. */
  remove: (id: number) => void;
  /** Cancels everything and empties the list. */
  clear: () => void;
}

/**
 * Files on their way through classification: at most `parallel` at a time, in the order they came. Each stands for
 * itself: one that fails says why and can be tried again, and the others go on.
 */
export function createClassificationQueue(send: SendFile, parallel: number): ClassificationQueue {
  let files: readonly QueuedFile[] = [];
  let nextId = 1;
  let nextBatch = 1;
  const listeners = new Set<() => void>();
  const underWay = new Map<number, AbortController>();

  function change(next: readonly QueuedFile[]): void {
    files = next;
    for (const listener of listeners) listener();
  }

  function setStep(id: number, step: Step): void {
    change(files.map((file) => (file.id === id ? { ...file, step } : file)));
  }

  function startNext(): void {
    while (underWay.size < parallel) {
      const next = files.find(({ step }) => step.kind === 'waiting');
      if (!next) return;
      void run(next);
    }
  }

  async function run({ id, file, target }: QueuedFile): Promise<void> {
    const controller = new AbortController();
    underWay.set(id, controller);
    setStep(id, { kind: 'uploading', fraction: 0 });
    const isCurrent = () => underWay.get(id) === controller;
    try {
      const prediction = await send(file, target, {
        signal: controller.signal,
        onProgress: (fraction) => {
          if (isCurrent())
            setStep(id, fraction < 1 ? { kind: 'uploading', fraction } : { kind: 'answering' });
        },
      });
      if (isCurrent()) setStep(id, { kind: 'answered', prediction });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (isCurrent())
        setStep(id, { kind: 'failed', message, canRetry: !(error instanceof FileTooLargeError) });
    } finally {
      if (isCurrent()) underWay.delete(id);
      startNext();
    }
  }

  function stop(id: number): void {
    const controller = underWay.get(id);
    underWay.delete(id);
    controller?.abort();
  }

  return {
    files: () => files,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(added, target) {
      const batch = nextBatch++;
      const queued = added.map((file): QueuedFile => {
        const previewUrl = URL.createObjectURL(file);
        return { id: nextId++, batch, file, previewUrl, target, step: { kind: 'waiting' } };
      });
      change([...files, ...queued]);
      startNext();
    },
    retry(id) {
      const step = files.find((file) => file.id === id)?.step;
      if (step?.kind === 'failed' && !step.canRetry) return;
      setStep(id, { kind: 'waiting' });
      startNext();
    },
    cancel(id) {
      stop(id);
      setStep(id, { kind: 'cancelled' });
      startNext();
    },
    remove(id) {
      for (const file of files) if (file.id === id) URL.revokeObjectURL(file.previewUrl);
      change(files.filter((file) => file.id !== id));
    },
    clear() {
      const all = files;
      change([]);
      for (const { id, previewUrl } of all) {
        stop(id);
        URL.revokeObjectURL(previewUrl);
      }
    },
  };
}

/** Whether a file still has its answer before it. */
export function isPending({ step }: QueuedFile): boolean {
  return step.kind === 'waiting' || step.kind === 'uploading' || step.kind === 'answering';
}
