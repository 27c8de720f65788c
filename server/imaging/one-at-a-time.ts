let last: Promise<unknown> = Promise.resolve();

/** Does work of this thread, each piece when the one before it is over. */
export function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work, work);
  last = mine.catch(() => undefined);
  return mine;
}
