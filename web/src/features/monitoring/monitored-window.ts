import { startOfDay } from '../../ui/start-of-day.js';

const HOUR_MS = 3_600_000;

/** The time windows that end now, by their names in the URL. */
export const recentWindows = {
  '24h': { name: 'Last 24 hours', hours: 24 },
  '7d': { name: 'Last 7 days', hours: 7 * 24 },
  '30d': { name: 'Last 30 days', hours: 30 * 24 },
} as const;

export type WindowName = keyof typeof recentWindows | 'custom';

export interface MonitoredWindow {
  from: string;
  to: string;
}

/** The name of the window in a URL. Default: '24h'. */
export function windowNameOf(search: URLSearchParams): WindowName {
  const name = search.get('window') ?? '';
  if (name === 'custom') return name;
  return isRecent(name) ? name : '24h';
}

/**
 * The start and end of the window in a URL. A custom window has whole days ('YYYY-MM-DD') in the reader's time zone. Null if
 * a day is missing or the last day is before the first.
 */
export function windowOf(search: URLSearchParams, now: Date): MonitoredWindow | null {
  const name = windowNameOf(search);
  if (name !== 'custom') {
    const from = new Date(now.getTime() - recentWindows[name].hours * HOUR_MS);
    return { from: from.toISOString(), to: now.toISOString() };
  }
  const from = startOfDay(search.get('from') ?? '');
  const to = startOfDay(search.get('to') ?? '', 1);
  return from && to && new Date(from) < new Date(to) ? { from, to } : null;
}

function isRecent(name: string): name is keyof typeof recentWindows {
  return Object.hasOwn(recentWindows, name);
}
