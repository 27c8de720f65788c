import { startOfDay } from '../../ui/start-of-day.js';

/** The filters of the audit trail, as text in the page's URL. An empty string means no filter. */
export interface AuditFilters {
  action: string;
  /** 'success' or 'failure' */
  outcome: string;
  /** Id of the user. */
  actor: string;
  /** Id of the object concerned. */
  entity: string;
  case: string;
  /** First and last day, 'YYYY-MM-DD', in the reader's time zone. */
  from: string;
  to: string;
}

export const filterNames = ['action', 'outcome', 'actor', 'entity', 'case', 'from', 'to'] as const;

export function filtersOf(search: URLSearchParams): AuditFilters {
  const of = (name: keyof AuditFilters) => search.get(name)?.trim() ?? '';
  return {
    action: of('action'),
    outcome: of('outcome'),
    actor: of('actor'),
    entity: of('entity'),
    case: of('case'),
    from: of('from'),
    to: of('to'),
  };
}

/** The conditions of a URL by their names in the API. Values that are not valid are ignored. */
export function conditionsOf(filters: AuditFilters) {
  return {
    action: filters.action || undefined,
    actorId: filters.actor || undefined,
    entityId: filters.entity || undefined,
    filter: {
      outcome: ['success', 'failure'].includes(filters.outcome) ? filters.outcome : undefined,
      caseReference: filters.case || undefined,
      createdAfter: startOfDay(filters.from),
      createdBefore: startOfDay(filters.to, 1),
    },
  };
}

/** The path of the export of these events, relative to the app's base. */
export function exportPath(format: 'csv' | 'jsonl', filters: AuditFilters): string {
  const { filter, ...conditions } = conditionsOf(filters);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...conditions, ...filter })) if (value) query.set(name, value);
  return `audit/events.${format}${query.size > 0 ? `?${query}` : ''}`;
}
