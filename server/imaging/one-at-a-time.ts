let last: Promise<unknown> = Promise.resolve();

/** Runs the tasks of this thread one at a time, in order. */
export function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine.catch(() => undefined);
  return mine;
}
