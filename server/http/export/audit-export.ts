import { Router } from 'express';
import { z } from 'zod';
import { badUserInput } from '../../api/errors.js';
import { exportAuditEvents } from '../../features/audit-trail/export-audit-events.js';
import type { AuditEventConditions, AuditEventRow } from '../../features/audit-trail/list-audit-events.js';
import type { AppServices } from '../../graphql/app-services.js';
import type { RouteDescription } from '../openapi/route-description.js';
import { httpContext } from '../request-context.js';
import { type Column, sendExport } from './export-file.js';

/** The columns of an export, in this order. */
const COLUMNS: readonly Column<AuditEventRow>[] = [
  { name: 'chainPosition', type: 'STRING', valueOf: ({ seal }) => seal && String(seal.position) },
  { name: 'id', type: 'STRING', valueOf: ({ id }) => id },
  { name: 'createdAt', type: 'TIMESTAMP', valueOf: ({ createdAt }) => createdAt },
  { name: 'actorId', type: 'STRING', valueOf: ({ actorId }) => actorId },
  { name: 'action', type: 'STRING', valueOf: ({ action }) => action },
  { name: 'entityId', type: 'STRING', valueOf: ({ entityId }) => entityId },
  { name: 'outcome', type: 'STRING', valueOf: ({ outcome }) => outcome },
  { name: 'ip', type: 'STRING', valueOf: ({ ip }) => ip },
  { name: 'requestId', type: 'STRING', valueOf: ({ requestId }) => requestId },
  { name: 'credentialId', type: 'STRING', valueOf: ({ credentialId }) => credentialId },
  { name: 'casePseudonym', type: 'STRING', valueOf: ({ casePseudonym }) => casePseudonym },
  { name: 'answer', type: 'JSON', valueOf: ({ answer }) => answer },
  { name: 'detail', type: 'STRING', valueOf: ({ detail }) => detail },
];

/** The query of an export: the filter of `auditEvents`. */
const Query = z.strictObject({
  entityId: z.string().optional(),
  actorId: z.string().optional(),
  action: z.string().optional(),
  createdAfter: z.iso.datetime({ offset: true }).optional(),
  createdBefore: z.iso.datetime({ offset: true }).optional(),
  outcome: z.enum(['success', 'failure']).optional(),
  ip: z.string().optional(),
  requestId: z.string().optional(),
  credentialId: z.string().optional(),
  caseReference: z.string().optional(),
});

function exportDescription(kind: string, mediaType: string): RouteDescription {
  return {
    operationId: `exportAuditEventsAs${kind}`,
    summary: `The audit trail as ${kind === 'Csv' ? 'CSV' : 'JSON lines'}, newest event first.`,
    description: 'The query filters as auditEvents does.',
    permissions: ['read the audit trail'],
    query: Query,
    responses: { 200: { description: 'The events.', content: { [mediaType]: { type: 'string' } } } },
  };
}

export const auditExportDescriptions = {
  'GET /audit/events.csv': exportDescription('Csv', 'text/csv'),
  'GET /audit/events.jsonl': exportDescription('JsonLines', 'application/jsonl'),
} satisfies Record<string, RouteDescription>;

/** GET /audit/events.csv and /audit/events.jsonl: the audit trail as a file, streamed, with the filter of `auditEvents` as query. */
export function auditExport(services: AppServices): Router {
  const route = Router();
  for (const format of ['csv', 'jsonl'] as const) {
    route.get(`/events.${format}`, async (request, response) => {
      const context = await httpContext(services, request, response);
      const pages = await exportAuditEvents(context, conditionsOf(request.query));
      await sendExport(response, services.log, { name: 'audit-events', format, columns: COLUMNS, pages });
    });
  }
  return route;
}

/** Throws BAD_USER_INPUT for a name that is not a filter and for a time that is not one. */
function conditionsOf(query: unknown): AuditEventConditions {
  const parsed = Query.safeParse(query);
  if (!parsed.success) {
    const known = Object.keys(Query.shape).join(', ');
    throw badUserInput(
      `The query of an export may have ${known}, each once; times look like 2026-01-31T08:00:00Z.`,
    );
  }
  const { entityId, actorId, action, createdAfter, createdBefore, ...filter } = parsed.data;
  const date = (text: string | undefined) => (text === undefined ? null : new Date(text));
  return {
    ...{ entityId, actorId, action },
    filter: { ...filter, createdAfter: date(createdAfter), createdBefore: date(createdBefore) },
  };
}
