import { windowNameOf, windowOf } from './monitored-window.js';

const now = new Date('2026-03-10T12:00:00.000Z');
const of = (address: string) => windowOf(new URLSearchParams(address), now);

it('ends now if its name is a number of days', () => {
  expect(of('window=7d')).toEqual({ from: '2026-03-03T12:00:00.000Z', to: '2026-03-10T12:00:00.000Z' });
});

it('is the last 24 hours if the URL has no valid window', () => {
  expect(of('')).toEqual({ from: '2026-03-09T12:00:00.000Z', to: '2026-03-10T12:00:00.000Z' });
  expect(windowNameOf(new URLSearchParams('window=toString'))).toBe('24h');
});

it('includes the whole last day', () => {
  expect(of('window=custom&from=2026-03-01&to=2026-03-01')).toEqual({
    from: new Date(2026, 2, 1).toISOString(),
    to: new Date(2026, 2, 2).toISOString(),
  });
});

it.each(['window=custom', 'window=custom&from=2026-03-01', 'window=custom&from=2026-03-02&to=2026-03-01'])(
  'is null for the incomplete or invalid range %s',
  (address) => expect(of(address)).toBeNull(),
);
