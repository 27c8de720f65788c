/** Collects values into arrays. An array is yielded as soon as `isFull` returns true for it, and at the end. */
export async function* chunks<T>(
  source: AsyncIterable<T>,
  isFull: (chunk: T[]) => boolean,
): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of source) {
    chunk.push(item);
    if (!isFull(chunk)) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Maps values concurrently, at most `ahead` at the same time, and yields the results in the order of the values. Throws the first
 * failure, after the calls in progress have ended.
 */
export async function* mapAhead<From, To>(
  source: AsyncIterable<From>,
  ahead: number,
  map: (item: From) => Promise<To>,
): AsyncGenerator<To> {
  const underWay: Promise<To>[] = [];
  try {
    for await (const item of source) {
      const result = map(item);
      result.catch(() => {}); // awaited below, but perhaps only after it has failed
      underWay.push(result);
      const [oldest] = underWay;
      if (underWay.length < ahead || !oldest) continue;
      yield await oldest;
      void underWay.shift();
    }
    for (const result of underWay) yield await result;
  } finally {
    await Promise.allSettled(underWay);
  }
}

/**
 * Does something with each value, one after the other. While it is done, the source works on the next value. Throws the first
 * failure of either.
 */
export async function inTurn<T>(source: AsyncIterable<T>, use: (item: T) => Promise<void>): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  try {
    for await (const item of source) {
      await last;
      last = use(item);
      last.catch(() => {}); // awaited above or below, but perhaps only after it has failed
    }
  } finally {
    await last;
  }
}
