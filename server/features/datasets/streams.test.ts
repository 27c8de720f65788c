import { chunks, inTurn, mapAhead } from './streams.js';

async function* numbers(count: number) {
  for (let n = 0; n < count; n++) yield n;
}
async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of source) found.push(item);
  return found;
}

test('chunks includes every value', async () => {
  expect(await all(chunks(numbers(5), ({ length }) => length === 2))).toEqual([[0, 1], [2, 3], [4]]);
  expect(await all(chunks(numbers(0), () => true))).toEqual([]);
});

test('mapAhead keeps the order and the concurrency limit', async () => {
  let underWay = 0;
  let most = 0;
  const slowFirst = async (n: number) => {
    most = Math.max(most, (underWay += 1));
    for (let turn = 0; turn < 20 - n; turn++) await Promise.resolve();
    underWay -= 1;
    return n * 10;
  };
  expect(await all(mapAhead(numbers(20), 4, slowFirst))).toEqual(
    Array.from({ length: 20 }, (_, n) => n * 10),
  );
  expect(most).toBe(4);
});

test('mapAhead throws the first failure, after the calls in progress have ended', async () => {
  const ended: number[] = [];
  const mapped = mapAhead(numbers(20), 4, async (n) => {
    if (n === 2) throw new Error('two');
    await Promise.resolve();
    ended.push(n);
    return n;
  });
  await expect(all(mapped)).rejects.toThrow('two');
  expect(ended).toEqual([0, 1, 3, 4, 5]);
});

test('inTurn uses one value at a time, in order, while the source works on the next', async () => {
  const events: string[] = [];
  async function* source() {
    for (const n of [1, 2, 3]) {
      events.push(`made ${n}`);
      yield n;
      await Promise.resolve();
    }
  }
  await inTurn(source(), async (n) => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    events.push(`used ${n}`);
  });
  expect(events).toEqual(['made 1', 'made 2', 'used 1', 'made 3', 'used 2', 'used 3']);
});

test('inTurn throws the failure of a use, and that of the source after the last use has ended', async () => {
  const used: number[] = [];
  const use = async (n: number) => {
    await Promise.resolve();
    if (n === 2) throw new Error('two');
    used.push(n);
  };
  await expect(inTurn(numbers(5), use)).rejects.toThrow('two');
  expect(used).toEqual([0, 1]);
  async function* failing() {
    yield 7;
    throw new Error('source');
  }
  await expect(inTurn(failing(), use)).rejects.toThrow('source');
  expect(used).toEqual([0, 1, 7]);
});
