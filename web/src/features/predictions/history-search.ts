import type { PredictionFilter, PredictionOrder } from '../../graphql/graphql.js';
import { outcomeLabels, verdictLabels } from '../../ui/labels.js';
import { startOfDay } from '../../ui/start-of-day.js';

/** Predictions per page of the history. */
export const PAGE_SIZE = 25;

/** The filters of the history, as text in the page's URL. An empty string means no filter. */
export interface HistoryFilters {
  label: string;
  /** A named cell type. */
  type: string;
  outcome: string;
  /** Part of the file name or case reference. */
  search: string;
  case: string;
  version: string;
  site: string;
  /** 'yes', 'no' or the verdict of the newest review */
  reviewed: string;
  /** First and last day, 'YYYY-MM-DD', in the reader's time zone. */
  from: string;
  to: string;
  /** Lowest and highest probability of the chosen label, in per cent: the confidence of the API. */
  min: string;
  max: string;
}

export const filterNames = [
  'label',
  'type',
  'outcome',
  'search',
  'case',
  'version',
  'site',
  'reviewed',
  'from',
  'to',
  'min',
  'max',
] as const satisfies readonly (keyof HistoryFilters)[];

export const orders = {
  NEWEST_FIRST: 'Newest first',
  OLDEST_FIRST: 'Oldest first',
  LEAST_CONFIDENT_FIRST: 'Least confident first',
} as const satisfies Record<PredictionOrder, string>;

export function filtersOf(search: URLSearchParams): HistoryFilters {
  const of = (name: keyof HistoryFilters) => search.get(name) ?? '';
  return {
    label: of('label'),
    type: of('type'),
    outcome: of('outcome'),
    search: of('search'),
    case: of('case'),
    version: of('version'),
    site: of('site'),
    reviewed: of('reviewed'),
    from: of('from'),
    to: of('to'),
    min: of('min'),
    max: of('max'),
  };
}

export function orderOf(search: URLSearchParams): PredictionOrder {
  const order = search.get('order');
  return isKeyOf(orders, order) ? order : 'NEWEST_FIRST';
}

/** The query variables for a URL. Values in the URL that are not valid are ignored. */
export function variablesOf(search: URLSearchParams) {
  const before = search.get('before');
  const paging = before
    ? { last: PAGE_SIZE, before }
    : { first: PAGE_SIZE, after: search.get('after') ?? undefined };
  return { ...paging, filter: filterOf(filtersOf(search)), order: orderOf(search) };
}

function filterOf(filters: HistoryFilters): PredictionFilter {
  return {
    label: filters.label || undefined,
    cellType: filters.type || undefined,
    // A withheld prediction has a label too, which nobody was shown.
    outcome: isKeyOf(outcomeLabels, filters.outcome)
      ? filters.outcome
      : filters.label
        ? 'CLASSIFIED'
        : undefined,
    search: isSearch(filters.search) ? filters.search.trim() || undefined : undefined,
    caseReference: filters.case.trim() || undefined,
    modelVersionId: filters.version || undefined,
    siteId: filters.site || undefined,
    reviewed: filters.reviewed === 'yes' ? true : filters.reviewed === 'no' ? false : undefined,
    verdict: isKeyOf(verdictLabels, filters.reviewed) ? filters.reviewed : undefined,
    createdAfter: startOfDay(filters.from),
    createdBefore: startOfDay(filters.to, 1),
    minConfidence: fraction(filters.min),
    maxConfidence: fraction(filters.max),
  };
}

export const exportFormats = [
  { format: 'csv', name: 'CSV, for spreadsheets' },
  { format: 'jsonl', name: 'JSON lines' },
  { format: 'parquet', name: 'Parquet' },
] as const;

/** The address of the file with all predictions that meet a filter. */
export function exportPath(
  format: (typeof exportFormats)[number]['format'],
  filter: PredictionFilter,
): string {
  const query = new URLSearchParams({ format });
  const conditions: Record<string, string | number | boolean | null | undefined> = { ...filter };
  for (const [name, value] of Object.entries(conditions)) {
    if (value != null) query.set(name, String(value));
  }
  return `export/predictions?${query}`;
}

/** The URL with one filter or the order changed. It leads to the first page, because a cursor is only valid for its filters. */
export function withChange(search: URLSearchParams, name: keyof HistoryFilters | 'order', value: string) {
  const next = firstPage(search);
  if (value === '') next.delete(name);
  else next.set(name, value);
  return next;
}

export function firstPage(search: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(search);
  next.delete('after');
  next.delete('before');
  return next;
}

export function nextPage(search: URLSearchParams, endCursor: string): URLSearchParams {
  const next = firstPage(search);
  next.set('after', endCursor);
  return next;
}

export function previousPage(search: URLSearchParams, startCursor: string): URLSearchParams {
  const next = firstPage(search);
  next.set('before', startCursor);
  return next;
}

function fraction(perCent: string): number | undefined {
  return perCent.trim() !== '' && isPerCent(perCent) ? Number(perCent) / 100 : undefined;
}

/** Whether a text is searched for: 2 to 200 characters without the white space around it, or none. */
export function isSearch(text: string): boolean {
  const { length } = Array.from(text.trim());
  return length === 0 || (length >= 2 && length <= 200);
}

/** Whether a limit of the confidence is used: a number from 0 to 100, or no text. */
export function isPerCent(text: string): boolean {
  return Number(text) >= 0 && Number(text) <= 100;
}

function isKeyOf<Names extends object>(names: Names, key: unknown): key is keyof Names {
  return typeof key === 'string' && Object.hasOwn(names, key);
}
