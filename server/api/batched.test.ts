import { Pace } from '../concurrency/pace.js';
import type { Database } from '../database/client.js';
import { batched, shareBatches } from './batched.js';

const loads: string[][] = [];
const load = async (_database: Database, keys: readonly string[]) => {
  loads.push([...keys]);
  return new Map(keys.map((key) => [key, key.toUpperCase()]));
};
beforeEach(() => loads.splice(0));

/** A request, without what `load` does not use. */
function request(siteIds: string[] = [], pace?: Pace) {
  const database: any = {};
  return { database, viewer: { siteIds, seesAllSites: false }, ...(pace && { pace }) };
}

test('the subscriptions that an event reaches read each row once, and read it again for the next event', async () => {
  const subscriptions = Array.from({ length: 50 }, () => request());
  const read = async (event: object) => {
    for (const subscription of subscriptions) shareBatches(subscription, event);
    return Promise.all(subscriptions.map((subscription) => batched(subscription, load).load('a')));
  };
  expect(new Set(await read({ id: 1 }))).toEqual(new Set(['A']));
  expect(loads).toEqual([['a']]);
  await read({ id: 1 }); // equal, but another event
  expect(loads).toEqual([['a'], ['a']]);
});

test('subscriptions of viewers who see other sites read the rows for themselves', async () => {
  const event = { id: 1 };
  for (const subscription of [request(['site_1']), request(['site_2']), request(['site_1'])]) {
    shareBatches(subscription, event);
    await batched(subscription, load).load('a');
  }
  expect(loads).toHaveLength(2);
});

test('a request that is divided into parts still reads the rows of all parts at once', async () => {
  const pace = new Pace();
  const context = request([], pace);
  const keys = Array.from({ length: 100 }, (_, index) => `key${index}`);
  await Promise.all(
    keys.map(async (key) => {
      const pause = pace.pause(context);
      if (pause) await pause;
      for (const begun = performance.now(); performance.now() - begun < 0.5;);
      await batched(context, load).load(key);
    }),
  );
  expect(loads.length).toBeLessThan(4);
  expect(loads.flat().toSorted()).toEqual(keys.toSorted());
});
