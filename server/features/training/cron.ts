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
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The first minute after `after` that a cron expression names, in UTC. The language is graphile-worker's: numbers, lists,
 * ranges, `*` and steps of `*`; 7 and 0 are Sunday; where day of the month and day of the week are both given, either counts.
 * Throws CronError.
 */
export function nextTime(cron: string, after: Date): Date {
  const matches = matcherOf(cron);
  const firstDay = Math.floor(after.getTime() / DAY_MS);
  for (let day = firstDay; day < firstDay + LONGEST_WAIT_DAYS; day++) {
    const midnight = new Date(day * DAY_MS);
    const date = midnight.getUTCDate();
    const month = midnight.getUTCMonth() + 1;
    const dow = midnight.getUTCDay();
    for (let minute = 0; minute < 24 * 60; minute++) {
      const time = midnight.getTime() + minute * 60_000;
      if (time <= after.getTime()) continue;
      if (matches({ min: minute % 60, hour: Math.floor(minute / 60), date, month, dow })) {
        return new Date(time);
      }
    }
  }
  throw new CronError(`'${cron}' never comes: no year has such a day. ${EXAMPLE}`);
}

function matcherOf(cron: string) {
  try {
    return parseCronItem({ task: 'tick', match: cron }, 'the expression').match;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CronError(`'${cron}' is no cron expression (${reason}). ${EXAMPLE}`);
  }
}
