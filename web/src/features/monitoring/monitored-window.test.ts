import { windowNameOf, windowOf } from './monitored-window.js';

const now = new Date('2026-03-10T12:00:00.000Z');
const of = (address: string) => windowOf(new URLSearchParams(address), now);

it('reaches back from now', () => {
  expect(of('window=7d')).toEqual({ from: '2026-03-03T12:00:00.000Z', to: '2026-03-10T12:00:00.000Z' });
});

it('is a day where the address says nothing, or nothing that is known', () => {
  expect(of('')).toEqual({ from: '2026-03-09T12:00:00.000Z', to: '2026-03-10T12:00:00.000Z' });
  expect(windowNameOf(new URLSearchParams('window=toString'))).toBe('24h');
});

it('takes in the whole of its last day', () => {
  expect(of('window=custom&from=2026-03-01&to=2026-03-01')).toEqual({
    from: new Date(2026, 2, 1).toISOString(),
    to: new Date(2026, 2, 2).toISOString(),
  });
});

it.each(['window=custom', 'window=custom&from=2026-03-01', 'window=custom&from=2026-03-02&to=2026-03-01'])(
  'is none yet for %s',
  (address) => expect(of(address)).toBeNull(),
);
