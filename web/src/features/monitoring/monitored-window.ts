const HOUR_MS = 3_600_000;

/** The windows that end now, by their names in the address. */
export const recentWindows = {
  '24h': { name: 'The last 24 hours', hours: 24 },
  '7d': { name: 'The last 7 days', hours: 7 * 24 },
  '30d': { name: 'The last 30 days', hours: 30 * 24 },
} as const;

export type WindowName = keyof typeof recentWindows | 'custom';

export interface MonitoredWindow {
  from: string;
  to: string;
}

/** What an address asks for; a day when it says nothing. */
export function windowNameOf(search: URLSearchParams): WindowName {
  const name = search.get('window') ?? '';
  if (name === 'custom') return name;
  return isRecent(name) ? name : '24h';
}

/**
 * From when to when an address means, at `now`: days ('YYYY-MM-DD') are whole ones, in the reader's time zone. Null while
 * days are missing or the last is before the first.
 */
export function windowOf(search: URLSearchParams, now: Date): MonitoredWindow | null {
  const name = windowNameOf(search);
  if (name !== 'custom') {
    const from = new Date(now.getTime() - recentWindows[name].hours * HOUR_MS);
    return { from: from.toISOString(), to: now.toISOString() };
  }
  const from = startOfDay(search.get('from'), 0);
  const to = startOfDay(search.get('to'), 1);
  return from && to && from < to ? { from: from.toISOString(), to: to.toISOString() } : null;
}

function startOfDay(day: string | null, daysLater: number): Date | null {
  const date = new Date(`${day}T00:00`);
  if (Number.isNaN(date.getTime())) return null;
  date.setDate(date.getDate() + daysLater);
  return date;
}

function isRecent(name: string): name is keyof typeof recentWindows {
  return Object.hasOwn(recentWindows, name);
}
