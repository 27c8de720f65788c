import { setTimeout as sleep } from 'node:timers/promises';
import { EvidenceMaps } from './evidence-maps.js';

const never = new AbortController().signal;
const map = (bytes = 10) => new Uint8Array(bytes);

/** A renderer whose maps are complete when the test says so, in the order in which they were begun. */
function slowRenderer() {
  const begun: { id: string; finish: () => void }[] = [];
  const render = (id: string) => () =>
    new Promise<Uint8Array>((resolve) => begun.push({ id, finish: () => resolve(map()) }));
  return { begun, render };
}

test('a map is rendered once, and then comes from the cache', async () => {
  const maps = new EvidenceMaps();
  let renders = 0;
  const render = async () => (renders++, map());
  const found = await Promise.all(
    ['a', 'b', 'a'].map((account) => maps.find('pred_1', account, never, render)),
  );
  expect(new Set(found).size).toBe(1);
  expect(await maps.find('pred_1', 'a', never, render)).toBe(found[0]);
  expect(renders).toBe(1);
});

test('maps are rendered one at a time, and the accounts are served in turn', async () => {
  const maps = new EvidenceMaps();
  const { begun, render } = slowRenderer();
  const order = ['a1', 'a2', 'a3', 'b1'];
  const all = order.map((id) => maps.find(id, id.charAt(0), never, render(id)));
  for (let turn = 0; turn < order.length; turn++) {
    while (begun.length <= turn) await sleep(1);
    await sleep(5);
    expect(begun.length).toBe(turn + 1);
    begun[turn]?.finish();
  }
  await Promise.all(all);
  expect(begun.map(({ id }) => id)).toEqual(['a1', 'a2', 'b1', 'a3']);
});

test('an account waits for at most 50 maps, and others are not refused', async () => {
  const maps = new EvidenceMaps();
  const { begun, render } = slowRenderer();
  const accepted = Array.from({ length: 51 }, (_, index) =>
    maps.find(`p${index}`, 'a', never, render(`p${index}`)),
  );
  await sleep(5);
  await expect(
    Promise.all([maps.find('q', 'a', never, render('q')), maps.find('r', 'a', never, render('r'))]),
  ).rejects.toMatchObject({
    extensions: { code: 'OVERLOADED', http: { status: 429 } },
  });
  const other = maps.find('other', 'b', never, render('other'));
  const finishing = Promise.allSettled([...accepted, other]);
  for (let pending = true; pending;) {
    begun.forEach(({ finish }) => finish());
    pending = await Promise.race([finishing.then(() => false), sleep(1, true)]);
  }
  expect(await other).toEqual(map());
});

test('a client that disconnects leaves the queue, and a failure does not stop the others', async () => {
  const maps = new EvidenceMaps();
  const { begun, render } = slowRenderer();
  const first = maps.find('1', 'a', never, render('1'));
  const gone = new AbortController();
  const left = maps.find('2', 'a', gone.signal, render('2'));
  const failed = maps.find('3', 'a', never, () => Promise.reject(new Error('damaged')));
  const last = maps.find('4', 'a', never, async () => map());
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  begun[0]?.finish();
  await first;
  await expect(failed).rejects.toThrow('damaged');
  expect(await last).toEqual(map());
  expect(begun.map(({ id }) => id)).toEqual(['1']);
});

test('the cache is bounded', async () => {
  const maps = new EvidenceMaps();
  const large = async () => map(20 * 1024 * 1024);
  await maps.find('1', 'a', never, large);
  await maps.find('2', 'a', never, large);
  let renders = 0;
  await maps.find('2', 'a', never, async () => (renders++, map()));
  await maps.find('1', 'a', never, async () => (renders++, map()));
  expect(renders).toBe(1);
});
