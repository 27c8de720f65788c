import { setImmediate as tick } from 'node:timers/promises';
import { inTurn } from './in-turn.js';

test('one run at a time; all calls during a run share the next run, which starts after them', async () => {
  let state = 0;
  const seen: number[] = [];
  let release = (): void => undefined;
  let runs = 0;
  const work = inTurn(async () => {
    seen.push(state);
    expect((runs += 1)).toBe(1);
    await new Promise<void>((resolve) => (release = resolve));
    runs -= 1;
  });

  const first = work.run();
  await tick();
  state = 1;
  const [second, third] = [work.run(), work.run()];
  expect(second).toBe(third);
  expect(seen).toEqual([0]);
  release();
  await first;
  await tick();
  release();
  await Promise.all([second, third, work.settled()]);
  expect(seen).toEqual([0, 1]);
});
