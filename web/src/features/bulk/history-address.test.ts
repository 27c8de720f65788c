import { historyAddress } from './history-address.js';

const folder = {
  caseReference: 'Case 7 & 8',
  modelVersion: { id: 'mver_1' },
  startedAt: new Date(2026, 0, 31, 23, 50).toISOString(),
  finishedAt: new Date(2026, 1, 1, 0, 10).toISOString(),
};

it('contains version, case and dates, in the reader’s time zone', () => {
  const search = new URL(historyAddress(folder), 'http://localhost').searchParams;
  expect(Object.fromEntries(search)).toEqual({
    version: 'mver_1',
    case: 'Case 7 & 8',
    from: '2026-01-31',
    to: '2026-02-01',
    order: 'OLDEST_FIRST',
  });
});

it('omits the filters that are not known', () => {
  const search = new URL(
    historyAddress({ ...folder, caseReference: null, finishedAt: null }),
    'http://localhost',
  );
  expect(search.searchParams.has('case')).toBe(false);
  expect(search.searchParams.has('to')).toBe(false);
});
