import { createDatabase, type Database } from '../database/client.js';
import { grouped } from './grouped.js';

// No query is made: a database stands for whose line it is.
const database = () => createDatabase('postgresql://nobody@127.0.0.1:1/none', 1);

/** A run that notes its groups and waits to be let go; 'faulty' items fail it. */
function observed() {
  const groups: string[][] = [];
  const gates: (() => void)[] = [];
  const run = async (_database: Database, items: readonly string[]) => {
    groups.push([...items]);
    await new Promise<void>((resolve) => gates.push(resolve));
    if (items.includes('faulty')) throw new Error('faulty');
    if (items.includes('broken')) throw new TypeError('broken');
    return items.map((item) => item.toUpperCase());
  };
  /** Lets whatever runs now or later go on, until `all` is settled. */
  async function settle<T>(all: Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
    const outcomes = Promise.allSettled(all);
    const state = { settled: false };
    void outcomes.then(() => (state.settled = true));
    while (!state.settled) {
      gates.shift()?.();
      await new Promise(setImmediate);
    }
    return outcomes;
  }
  return { run, groups, settle };
}

test('a lone item goes at once; what comes meanwhile goes together, and each gets its own result', async () => {
  const { run, groups, settle } = observed();
  const one = grouped(database(), run);
  const first = one('a');
  expect(groups).toEqual([['a']]);
  const outcomes = await settle([first, one('b'), one('c'), one('d')]);
  expect(groups).toEqual([['a'], ['b', 'c', 'd']]);
  expect(outcomes).toMatchObject(['A', 'B', 'C', 'D'].map((value) => ({ value })));
});

test('a request finds the line of its function and database, whoever asked for it before', async () => {
  const [here, there] = [database(), database()];
  const { run, groups, settle } = observed();
  const other = observed();
  const waiting = [
    grouped(here, run)('a'),
    grouped(here, run)('b'),
    grouped(here, run)('c'),
    grouped(there, run)('d'),
    grouped(here, other.run)('e'),
  ];
  expect(groups).toEqual([['a'], ['d']]);
  expect(other.groups).toEqual([['e']]);
  await Promise.all([settle(waiting.slice(0, 4)), other.settle(waiting.slice(4))]);
  expect(groups).toEqual([['a'], ['d'], ['b', 'c']]);
});

test('a faulty item fails alone, in order', async () => {
  const { run, groups, settle } = observed();
  const one = grouped(database(), run, (error) => error instanceof Error && error.message === 'faulty');
  const outcomes = await settle(['a', 'b', 'faulty', 'c'].map(one));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(groups).toEqual([['a'], ['b', 'faulty', 'c'], ['b'], ['faulty'], ['c']]);
});

test('any other failure is everybody’s, and is not tried again; the next group goes on', async () => {
  const { run, groups, settle } = observed();
  const one = grouped(database(), run, (error) => error instanceof Error && error.message === 'faulty');
  const outcomes = await settle(['a', 'b', 'broken', 'c'].map(one));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
  expect(groups).toEqual([['a'], ['b', 'broken', 'c']]);
  expect(await settle([one('d')])).toMatchObject([{ value: 'D' }]);
});

test('a group has at most 100 items', async () => {
  const { run, groups, settle } = observed();
  const one = grouped(database(), run);
  await settle(Array.from({ length: 251 }, (_, index) => one(String(index))));
  expect(groups.map(({ length }) => length)).toEqual([1, 100, 100, 50]);
});
