/** Collects what comes into arrays, each of them ended by what makes it full. */
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
 * Maps what comes, at most `ahead` at the same time, and yields the results in the order of what came. Ends with the first
 * failure, once those under way have ended.
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
      result.catch(() => {}); // it is awaited below, but perhaps not before it fails
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
