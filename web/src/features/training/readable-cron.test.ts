import { readableCron } from './readable-cron.js';

test.each([
  ['30 3 * * 1', 'every Monday at 03:30 UTC'],
  ['0 0 * * 7', 'every Sunday at 00:00 UTC'],
  ['5 14 * * *', 'every day at 14:05 UTC'],
  ['0 6 * * 1-5', 'Monday to Friday at 06:00 UTC'],
  ['0 6 * * 1,4', 'every Monday and Thursday at 06:00 UTC'],
  ['0 2 1 * *', 'on day 1 of every month at 02:00 UTC'],
  ['0 2 24 12 *', 'every 24 December at 02:00 UTC'],
  ['15 * * * *', 'every hour at 15 minutes past'],
])('%s is "%s"', (cron, words) => {
  expect(readableCron(cron)).toBe(words);
});

test.each([
  '*/5 3 * * *',
  '0 3 1 * 1',
  '0 3 * * 9',
  '0 3 * *',
  '0 3 * * * *',
  'nightly',
  '',
  '0 25 * * *',
  '60 3 * * *',
  '0 3 32 * *',
])('%s has no description', (cron) => {
  expect(readableCron(cron)).toBeNull();
});
