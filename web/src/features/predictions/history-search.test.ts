import {
  exportPath,
  filtersOf,
  isPerCent,
  isSearch,
  nextPage,
  orderOf,
  previousPage,
  variablesOf,
  withChange,
} from './history-search.js';

test('a URL without parameters means the first page of all predictions, newest first', () => {
  const variables = variablesOf(new URLSearchParams());
  expect(variables).toEqual({ first: 25, after: undefined, order: 'NEWEST_FIRST', filter: {} });
});

test('each filter of the URL is converted to the units of the query', () => {
  const search = new URLSearchParams(
    'label=blast&outcome=INDETERMINATE&case=A-1+&search=+Smear&version=mver_1&reviewed=no&min=50&max=97.5&order=LEAST_CONFIDENT_FIRST',
  );
  expect(variablesOf(search)).toMatchObject({
    order: 'LEAST_CONFIDENT_FIRST',
    filter: {
      label: 'blast',
      outcome: 'INDETERMINATE',
      caseReference: 'A-1',
      search: 'Smear',
      modelVersionId: 'mver_1',
      reviewed: false,
      minConfidence: 0.5,
      maxConfidence: 0.975,
    },
  });
});

test('a label finds the predictions that were answered with it, not withheld ones', () => {
  expect(variablesOf(new URLSearchParams('label=blast')).filter).toEqual({
    label: 'blast',
    outcome: 'CLASSIFIED',
  });
});

test('an export has the filters of the URL in the units of the query, and all pages', () => {
  const search = new URLSearchParams(
    'case=A 1&reviewed=no&min=97.5&label=&outcome=none&after=abc&order=OLDEST_FIRST',
  );
  expect(exportPath('jsonl', variablesOf(search).filter)).toBe(
    'export/predictions?format=jsonl&caseReference=A+1&reviewed=false&minConfidence=0.975',
  );
});

test.each(['LABEL', 'NOT_A_CELL', 'CANNOT_TELL'])('the reviews are filtered by the verdict %s', (verdict) => {
  const search = new URLSearchParams({ reviewed: verdict });
  expect(variablesOf(search).filter).toEqual({ verdict });
  expect(exportPath('csv', variablesOf(search).filter)).toBe(
    `export/predictions?format=csv&verdict=${verdict}`,
  );
});

test('days are whole days in the reader’s time zone, and the last day is included', () => {
  const { filter } = variablesOf(new URLSearchParams('from=2026-03-01&to=2026-03-01'));
  expect(filter.createdAfter).toBe(new Date(2026, 2, 1).toISOString());
  expect(filter.createdBefore).toBe(new Date(2026, 2, 2).toISOString());
});

test('invalid values in the URL are ignored', () => {
  const search = new URLSearchParams(
    'outcome=toString&order=SIDEWAYS&reviewed=perhaps&from=soon&min=a&max=200&search=+a+',
  );
  expect(variablesOf(search).filter).toEqual({});
  expect(orderOf(search)).toBe('NEWEST_FIRST');
});

test.each([
  ['', true],
  ['0', true],
  ['97.5', true],
  ['100', true],
  ['100.1', false],
  ['-1', false],
  ['a', false],
])('a limit of the confidence of %j %% is used: %j', (text, isUsed) => {
  expect(isPerCent(text)).toBe(isUsed);
});

test.each([
  ['', true],
  ['ab', true],
  [' a ', false],
  ['a'.repeat(200), true],
  ['a'.repeat(201), false],
])('a search for %j is used: %j', (text, isUsed) => {
  expect(isSearch(text)).toBe(isUsed);
});

test('paging keeps the filters, and changing a filter returns to the first page', () => {
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
