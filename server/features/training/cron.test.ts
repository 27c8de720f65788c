import { CronError, nextTime } from './cron.js';

test.each([
  ['30 3 * * 1', '2026-11-24T08:00:00Z', '2026-11-30T03:30:00Z'], // a Tuesday → the next Monday
  ['* * * * *', '2026-11-24T08:00:59.999Z', '2026-11-24T08:01:00Z'],
  ['0 8 * * *', '2026-11-24T08:00:00Z', '2026-11-25T08:00:00Z'], // after, not at
  ['*/20 22-23 31 12 *', '2026-12-31T23:40:00Z', '2027-12-31T22:00:00Z'],
  ['0 0 1 * 7', '2026-11-24T00:00:00Z', '2026-11-29T00:00:00Z'], // the first or a Sunday
  ['0 0 29 2 *', '2096-03-01T00:00:00Z', '2104-02-29T00:00:00Z'], // 2100 is no leap year
  ['30 2 29 3 *', '2026-01-01T00:00:00Z', '2026-03-29T02:30:00Z'], // an hour that clocks of Europe skip
])('%s after %s is %s', (cron, after, next) => {
  expect(nextTime(cron, new Date(after))).toEqual(new Date(next));
});

test.each([
  ['every monday', /no cron expression/],
  ['* * * *', /no cron expression/],
  ['0 0 * * * *', /no cron expression/],
  ['0 24 * * *', /hours.*0-23/],
  ['0 3 * * MON', /no cron expression/],
  ['*/0 * * * *', /greater than zero/],
  ['0 0 30 2 *', /never comes/],
])("'%s' is refused with what would be right", (cron, reason) => {
  const read = () => nextTime(cron, new Date('2026-11-24T08:00:00Z'));
  expect(read).toThrow(CronError);
  expect(read).toThrow(reason);
  expect(read).toThrow("'30 3 * * 1' is every Monday at 03:30 UTC");
});
