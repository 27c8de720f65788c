import type { AnswerFragment, DeviceAnswerInput, FieldSummaryFragment } from '../../graphql/graphql.js';
import { newRequestId } from '../../session/new-request-id.js';
import { findTwin, possibleTwins } from './find-twin.js';

/** What a picture is classified as. 'automatic': as a field if the browser finds several cells in it, otherwise as one cell. */
export type PictureKind = 'automatic' | 'cell' | 'field';

/** The result of a file: a prediction, or a field with a prediction for each cell. */
export type Answer =
  | { kind: 'answered'; prediction: AnswerFragment }
  | { kind: 'answered as a field'; field: FieldSummaryFragment };

/** The kind of picture, the model and the case of a file, set when the file is added. */
export interface ClassificationTarget {
  /** Use the champion of this model. Null: use the server's default model. */
  modelName: string | null;
  /** Use this version, regardless of its alias. */
  modelVersionId: string | null;
  /** One of the user's sites. Null: the first. */
  siteId: string | null;
  caseReference: string | null;
  picture: PictureKind;
  /** The image was kept on this device before: its id there, and what the device answered. */
  held?: { id: string; deviceAnswer: DeviceAnswerInput | null };
}

export type Step =
  | { kind: 'waiting' }
  /** Not sent, because another file in the list has the same content and the same target. */
  | { kind: 'held'; sameAs: string }
  | { kind: 'uploading'; fraction: number }
  | { kind: 'answering' }
  | Answer
  | { kind: 'failed'; message: string; canRetry: boolean }
  | { kind: 'cancelled' };

/** The file cannot be classified, for example because it is empty or too large. Sending it again would fail again. */
export class UnusableFileError extends Error {}

/** The session has ended: the file waits until the user has signed in again. */
export class SignedOutError extends Error {}

export interface QueuedFile {
  id: number;
  /** Number of the drop that added the file: 1, 2, 3 … */
  batch: number;
  file: File;
  /** An object URL of the file, for the preview image. */
  previewUrl: string;
  target: ClassificationTarget;
  /** Whether the file is sent even if it is in the list already. */
  mayRepeat: boolean;
  /** The same each time the file is sent, so that the server records it once even if an earlier answer was lost. */
  requestId: string;
  step: Step;
}

export interface SendOptions {
  requestId: string;
  signal: AbortSignal;
  /** Called with the fraction of the file that has been sent, 0 to 1. */
  onProgress: (fraction: number) => void;
}

/** Sends one file. Resolves to the stored prediction or field. Rejects with an Error whose message can be shown to the user. */
export type SendFile = (file: File, target: ClassificationTarget, options: SendOptions) => Promise<Answer>;

export interface ClassificationQueue {
  /** The files, oldest first. Returns the same array until something changes. */
  files: () => readonly QueuedFile[];
  subscribe: (listener: () => void) => () => void;
  add: (files: readonly File[], target: ClassificationTarget) => void;
  /** Queues a failed, cancelled or held file again. Does nothing if the file cannot be classified. */
  retry: (id: number) => void;
  /** Queues a file that was answered as one cell again, as a field. The prediction stays in the history. */
  sendAsField: (id: number) => void;
  /** Cancels a waiting or running file. If the server has already stored a prediction, it stays in the history. */
  cancel: (id: number) => void;
  /** Removes a finished file from the list. */
  remove: (id: number) => void;
  /** Cancels everything and empties the list. */
  clear: () => void;
  /** Sends the files that wait since the session ended. */
  resume: () => void;
}

/**
 * A queue of files to classify. At most `parallel` files are sent at a time, in the order in which they were added. Files are
 * independent: a file that fails keeps its error message and can be retried, while the others continue. When the session ends, all
 * files that have no result wait.
 */
export function createClassificationQueue(send: SendFile, parallel: number): ClassificationQueue {
  let files: readonly QueuedFile[] = [];
  let nextId = 1;
  let nextBatch = 1;
  let isSignedOut = false;
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
    while (!isSignedOut && underWay.size < parallel) {
      const next = files.find(({ step }) => step.kind === 'waiting');
      if (!next) return;
      void run(next);
    }
  }

  async function run(queued: QueuedFile): Promise<void> {
    const { id, file, target } = queued;
    const controller = new AbortController();
    underWay.set(id, controller);
    setStep(id, { kind: 'uploading', fraction: 0 });
    const isCurrent = () => underWay.get(id) === controller;
    try {
      const twins = queued.mayRepeat ? [] : possibleTwins(queued, files);
      const twin = twins.length > 0 && (await findTwin(file, twins));
      if (twin && isCurrent()) return setStep(id, { kind: 'held', sameAs: twin.file.name });
      if (!isCurrent()) return;
      const answer = await send(file, target, {
        requestId: queued.requestId,
        signal: controller.signal,
        onProgress: (fraction) => {
          if (isCurrent())
            setStep(id, fraction < 1 ? { kind: 'uploading', fraction } : { kind: 'answering' });
        },
      });
      if (isCurrent()) setStep(id, answer);
    } catch (error) {
      if (!isCurrent()) return;
      if (error instanceof SignedOutError) {
        isSignedOut = true;
        return setStep(id, { kind: 'waiting' });
      }
      const message = error instanceof Error ? error.message : String(error);
      setStep(id, { kind: 'failed', message, canRetry: !(error instanceof UnusableFileError) });
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
        const requestId = target.held?.id ?? newRequestId();
        const step = { kind: 'waiting' } as const;
        return { id: nextId++, batch, file, previewUrl, target, mayRepeat: false, requestId, step };
      });
      change([...files, ...queued]);
      startNext();
    },
    retry(id) {
      const step = files.find((file) => file.id === id)?.step;
      if (step?.kind === 'failed' && !step.canRetry) return;
      const mayRepeat = step?.kind === 'held';
      change(
        files.map((file): QueuedFile =>
          file.id === id
            ? { ...file, mayRepeat: file.mayRepeat || mayRepeat, step: { kind: 'waiting' } }
            : file,
        ),
      );
      startNext();
    },
    sendAsField(id) {
      change(
        files.map((file): QueuedFile => {
          if (file.id !== id || file.step.kind !== 'answered') return file;
          // The image was uploaded, so it is no longer one that this device holds, and this is another request.
          const target = { ...file.target, picture: 'field' as const, held: undefined };
          return {
            ...file,
            ...{ target, mayRepeat: true, requestId: newRequestId(), step: { kind: 'waiting' } },
          };
        }),
      );
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
    resume() {
      isSignedOut = false;
      startNext();
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

/** Whether a file is waiting or running. */
export function isPending({ step }: QueuedFile): boolean {
  return step.kind === 'waiting' || step.kind === 'uploading' || step.kind === 'answering';
}
