/** Work of which one run follows another. */
export interface InTurn {
  /**
   * Resolves after a run that began after this was called, and so has seen what its caller changed: all who call while one is
   * under way share the next.
   */
  run(): Promise<void>;
  /** Resolves when nothing runs and nothing waits to. */
  settled(): Promise<void>;
}

/** @param work never throws */
export function inTurn(work: () => Promise<void>): InTurn {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return {
    run: () => {
      if (!next) {
        next = running.then(() => {
          next = null;
          return work();
        });
        running = next;
      }
      return next;
    },
    settled: () => running,
  };
}
