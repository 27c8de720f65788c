import { Pace } from './pace.js';

/** A task of so many parts, each of which uses the event loop for a while. */
async function work(pace: Pace, parts: number, milliseconds: number, done: () => void): Promise<void> {
  const task = {};
  await Promise.all(
    Array.from({ length: parts }, async () => {
      const pause = pace.pause(task);
      if (pause) await pause;
      for (const begun = performance.now(); performance.now() - begun < milliseconds;);
      done();
    }),
  );
}

test('input and output are handled between the parts of a long task', async () => {
  const pace = new Pace();
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  await work(pace, 200, 1, () => {});
  clearInterval(counting);
  expect(turns).toBeGreaterThanOrEqual(10);
});

test('a short task is not delayed', () => {
  expect(new Pace().pause({})).toBeNull();
});

test('a short task does not wait for the whole of a long one', async () => {
  const pace = new Pace();
  let parts = 0;
  const long = work(pace, 400, 0.2, () => parts++);
  await work(pace, 2, 0, () => {});
  expect(parts).toBeLessThan(300);
  await long;
  expect(parts).toBe(400);
});
