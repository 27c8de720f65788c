import { parseCronItem } from 'graphile-worker';

/** It is no cron expression, or never comes; `message` is a sentence that says what would be right. */
export class CronError extends Error {
  override readonly name = 'CronError';
}

const EXAMPLE =
  "Give five fields, minute, hour, day of the month, month and day of the week, in UTC: '30 3 * * 1' is every Monday at " +
  '03:30 UTC.';
/** The rarest day, the 29th of February, is eight years away at most, around 2100. */
const LONGEST_WAIT_DAYS = 8 * 366;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * The first minute after `after` that a cron expression names, in UTC. The language is graphile-worker's: numbers, lists,
 * ranges, `*` and steps of `*`; 7 and 0 are Sunday; where day of the month and day of the week are both given, either counts.
 * Throws CronError.
 */
export function nextTime(cron: string, after: Date): Date {
  const { isDay, minutes } = fieldsOf(cron);
  const today = Math.floor(after.getTime() / DAY_MS);
  for (let day = today; day < today + LONGEST_WAIT_DAYS; day++) {
    const midnight = day * DAY_MS;
    if (!isDay(new Date(midnight))) continue;
    const minute = minutes.find((each) => midnight + each * MINUTE_MS > after.getTime());
    if (minute !== undefined) return new Date(midnight + minute * MINUTE_MS);
  }
  throw new CronError(`'${cron}' never comes: no year has such a day. ${EXAMPLE}`);
}

/** Whether the expression names a day, and the minutes that it names of such a day, ascending, 0 to 1439. */
function fieldsOf(cron: string): { isDay: (day: Date) => boolean; minutes: number[] } {
  matcherOf(cron);
  const [minute, hour, ...days] = cron.split(/\s+/);
  const ofDay = matcherOf(['*', '*', ...days].join(' '));
  const ofTime = matcherOf([minute, hour, '*', '*', '*'].join(' '));
  const isDay = (day: Date) =>
    ofDay({
      ...{ min: 0, hour: 0 },
      ...{ date: day.getUTCDate(), month: day.getUTCMonth() + 1, dow: day.getUTCDay() },
    });
  const minutes = Array.from({ length: DAY_MS / MINUTE_MS }, (_, index) => index).filter((index) =>
    ofTime({ min: index % 60, hour: Math.floor(index / 60), date: 1, month: 1, dow: 1 }),
  );
  return { isDay, minutes };
}

function matcherOf(cron: string) {
  try {
    return parseCronItem({ task: 'tick', match: cron }, 'the expression').match;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CronError(`'${cron}' is no cron expression (${reason}). ${EXAMPLE}`);
  }
}
