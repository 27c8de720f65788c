/** What a worker gets. */
export interface Question<Task> {
  readonly id: number;
  readonly task: Task;
}

/** What it posts for a question, in any order. */
export interface Answer<Reply> {
  readonly id: number;
  readonly reply: Reply;
}

/** A worker that answers each task with a reply. */
export interface AskedWorker<Task, Reply> {
  /** Rejects with an Error whose message can be shown if the worker could not be loaded, failed, or is closed. */
  ask: (task: Task) => Promise<Reply>;
  /** @param reason what the tasks in progress, and later ones, reject with */
  close: (reason: string) => void;
}

/** @param failed what to say if the worker cannot be loaded, such as after an update of the app, or fails */
export function askedWorker<Task, Reply>(worker: Worker, failed: string): AskedWorker<Task, Reply> {
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  let ended: string | null = null;
  const close = (reason: string) => {
    ended = reason;
    worker.terminate();
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  };

  worker.addEventListener('message', ({ data: { id, reply } }: MessageEvent<Answer<Reply>>) => {
    waiting.get(id)?.resolve(reply);
    waiting.delete(id);
  });
  worker.addEventListener('error', () => close(failed));

  return {
    ask: (task) =>
      new Promise((resolve, reject) => {
        if (ended !== null) throw new Error(ended);
        const question: Question<Task> = { id: nextId++, task };
        waiting.set(question.id, { resolve, reject });
        worker.postMessage(question);
      }),
    close,
  };
}
