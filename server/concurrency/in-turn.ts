/** Work whose runs never overlap. */
export interface InTurn {
  /**
   * Requests a run and resolves when it has finished. The run starts after this call, so it sees the changes that the caller made
   * before. All calls during a run share the next run.
   */
  run(): Promise<void>;
  /** Resolves when no run is in progress or requested. */
  settled(): Promise<void>;
}

/** @param work must not throw */
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
