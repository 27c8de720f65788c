import { UnavailableError } from '../unavailable-error.js';
import { grouped } from './grouped.js';

/** A run that records its groups and waits until `settle` releases it. The items 'faulty' and 'broken' make it fail. */
function observed() {
  const groups: string[][] = [];
  const gates: (() => void)[] = [];
  const run = async (items: readonly string[]) => {
    groups.push([...items]);
    await new Promise<void>((resolve) => gates.push(resolve));
    if (items.includes('faulty')) throw new Error('faulty');
    if (items.includes('broken')) throw new TypeError('broken');
    return items.map((item) => item.toUpperCase());
  };
  /** Releases current and later runs until all these promises have settled. */
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

const isFaulty = (error: unknown) => error instanceof Error && error.message === 'faulty';

test('a single item runs at once; items that arrive while it runs are processed together, and each gets its own result', async () => {
  const { run, groups, settle } = observed();
  const process = grouped(run);
  const first = process('a');
  expect(groups).toEqual([['a']]);
  const outcomes = await settle([first, process('b'), process('c'), process('d')]);
  expect(groups).toEqual([['a'], ['b', 'c', 'd']]);
  expect(outcomes).toMatchObject(['A', 'B', 'C', 'D'].map((value) => ({ value })));
});

test('two grouped functions do not wait for each other, even over the same run', async () => {
  const { run, groups, settle } = observed();
  const [one, other] = [grouped(run), grouped(run)];
  const all = [one('a'), one('b'), other('c')];
  expect(groups).toEqual([['a'], ['c']]);
  await settle(all);
  expect(groups).toEqual([['a'], ['c'], ['b']]);
});

test('a faulty item fails alone; the others of its group succeed', async () => {
  const { run, groups, settle } = observed();
  const process = grouped(run, isFaulty);
  const outcomes = await settle(['a', 'b', 'faulty', 'c'].map(process));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(groups).toEqual([['a'], ['b', 'faulty', 'c'], ['b'], ['faulty'], ['c']]);
});

test('any other error fails the whole group without a retry; the next group runs', async () => {
  const { run, groups, settle } = observed();
  const process = grouped(run, isFaulty);
  const outcomes = await settle(['a', 'b', 'broken', 'c'].map(process));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
  expect(groups).toEqual([['a'], ['b', 'broken', 'c']]);
  expect(await settle([process('d')])).toMatchObject([{ value: 'D' }]);
});

test('a group that hangs fails as unavailable, and the next group runs', async () => {
  const run = (items: readonly string[]) =>
    items.includes('hangs') ? new Promise<never>(() => {}) : Promise.resolve(items);
  const process = grouped(run, () => false, 10);
  const outcomes = await Promise.allSettled([process('hangs'), process('b')]);
  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: expect.any(UnavailableError) },
    { status: 'fulfilled', value: 'b' },
  ]);
});

test('a group has at most 100 items', async () => {
  const { run, groups, settle } = observed();
  const process = grouped(run);
  await settle(Array.from({ length: 251 }, (_, index) => process(String(index))));
  expect(groups.map(({ length }) => length)).toEqual([1, 100, 100, 50]);
});
