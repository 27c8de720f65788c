import { filtersOf, nextPage, orderOf, previousPage, variablesOf, withChange } from './history-search.js';

test('an address without anything asks for the first page of everything, newest first', () => {
  const variables = variablesOf(new URLSearchParams());
  expect(variables).toEqual({ first: 25, after: undefined, order: 'NEWEST_FIRST', filter: {} });
});

test('each filter of the address reaches the query in its units', () => {
  const search = new URLSearchParams(
    'label=blast&outcome=INDETERMINATE&case=A-1&version=mver_1&reviewed=no&min=50&max=97.5&order=LEAST_CONFIDENT_FIRST',
  );
  expect(variablesOf(search)).toMatchObject({
    order: 'LEAST_CONFIDENT_FIRST',
    filter: {
      label: 'blast',
      outcome: 'INDETERMINATE',
      caseReference: 'A-1',
      modelVersionId: 'mver_1',
      reviewed: false,
      minConfidence: 0.5,
      maxConfidence: 0.975,
    },
  });
});

test('days are whole days of the reader: the last one is included to its end', () => {
  const { filter } = variablesOf(new URLSearchParams('from=2026-03-01&to=2026-03-01'));
  expect(filter.createdAfter).toBe(new Date(2026, 2, 1).toISOString());
  expect(filter.createdBefore).toBe(new Date(2026, 2, 2).toISOString());
});

test('what means nothing filters nothing', () => {
  const search = new URLSearchParams(
    'outcome=toString&order=SIDEWAYS&reviewed=perhaps&from=soon&min=a&max=200',
  );
  expect(variablesOf(search).filter).toEqual({});
  expect(orderOf(search)).toBe('NEWEST_FIRST');
});

test('the pages keep the filters, and a changed filter starts on the first page', () => {
  const search = new URLSearchParams('label=blast');
  const second = nextPage(search, 'cursor');
  expect(variablesOf(second)).toMatchObject({ first: 25, after: 'cursor', filter: { label: 'blast' } });
  const back = previousPage(second, 'start');
  expect(variablesOf(back)).toMatchObject({ last: 25, before: 'start' });
  expect(variablesOf(back)).not.toHaveProperty('first');
  const changed = withChange(second, 'case', 'A-1');
  expect([...changed.keys()]).toEqual(['label', 'case']);
  expect(filtersOf(withChange(changed, 'label', '')).label).toBe('');
});
