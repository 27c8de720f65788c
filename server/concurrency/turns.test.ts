import { Turns } from './turns.js';

/** Work that records when it begins, and ends when the test calls `end`. */
function observed(turns: Turns<string>) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = async (name: string, signal?: AbortSignal) => {
    const end = await turns.take(name.charAt(0), signal);
    begun.push(name);
    ends.set(name, end);
  };
  return { begun, begin, end: (name: string) => ends.get(name)?.() };
}

/** Until everything that may begin has begun. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

test('a limited amount of work runs at once, and the keys are served in turn', async () => {
  const { begun, begin, end } = observed(new Turns({ atOnce: 2 }));
  const all = Promise.all(['a1', 'a2', 'a3', 'a4', 'b1'].map((name) => begin(name)));
  await settled();
  expect(begun).toEqual(['a1', 'a2']);
  end('a1');
  end('a1'); // again does nothing
  await settled();
  expect(begun).toEqual(['a1', 'a2', 'a3']);
  end('a2');
  await settled();
  expect(begun).toEqual(['a1', 'a2', 'a3', 'b1']);
  end('a3');
  await all;
  expect(begun).toEqual(['a1', 'a2', 'a3', 'b1', 'a4']);
});

test('one key cannot use all places', async () => {
  const { begun, begin, end } = observed(new Turns({ atOnce: 3, ofOneKey: 2 }));
  const all = Promise.all(['a1', 'a2', 'a3', 'b1', 'b2'].map((name) => begin(name)));
  await settled();
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  end('b1');
  await settled();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'b2']);
  end('a1');
  await all;
});

test('input and output are handled before waiting work begins', async () => {
  const turns = new Turns<string>({ atOnce: 1 });
  const order: string[] = [];
  const end = await turns.take('a');
  const next = turns.take('a').then(() => order.push('next'));
  setImmediate(() => order.push('other'));
  end();
  await next;
  expect(order).toEqual(['other', 'next']);
});

test('work whose signal aborts leaves the queue', async () => {
  const { begun, begin, end } = observed(new Turns({ atOnce: 1 }));
  const gone = new AbortController();
  await begin('a1');
  const left = begin('a2', gone.signal);
  const next = begin('a3');
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await expect(begin('a4', gone.signal)).rejects.toThrow('gone');
  end('a1');
  await next;
  expect(begun).toEqual(['a1', 'a3']);
});
