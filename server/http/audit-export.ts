import { type Request, type Response, Router } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { badUserInput } from '../api/errors.js';
import { exportAuditEvents } from '../features/audit-trail/export-audit-events.js';
import type { AuditEventConditions, AuditEventRow } from '../features/audit-trail/list-audit-events.js';
import type { AppServices } from '../graphql/app-services.js';
import type { RouteDescription } from './openapi/route-description.js';
import { httpContext } from './request-context.js';

/** The columns of an export, in this order. */
const COLUMNS = {
  chainPosition: ({ seal }: AuditEventRow) => seal && String(seal.position),
  id: ({ id }: AuditEventRow) => id,
  createdAt: ({ createdAt }: AuditEventRow) => createdAt.toISOString(),
  actorId: ({ actorId }: AuditEventRow) => actorId,
  action: ({ action }: AuditEventRow) => action,
  entityId: ({ entityId }: AuditEventRow) => entityId,
  outcome: ({ outcome }: AuditEventRow) => outcome,
  ip: ({ ip }: AuditEventRow) => ip,
  requestId: ({ requestId }: AuditEventRow) => requestId,
  credentialId: ({ credentialId }: AuditEventRow) => credentialId,
  casePseudonym: ({ casePseudonym }: AuditEventRow) => casePseudonym,
  answer: ({ answer }: AuditEventRow) => answer,
  detail: ({ detail }: AuditEventRow) => detail,
};

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
    summary: `The audit trail as ${kind}, newest event first.`,
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
  route.get('/events.csv', (request, response) => send(request, response, 'text/csv; charset=utf-8', csvOf));
  route.get('/events.jsonl', (request, response) =>
    send(request, response, 'application/jsonl', jsonLinesOf),
  );
  return route;

  async function send(
    request: Request,
    response: Response,
    mediaType: string,
    textOf: (pages: AsyncIterable<AuditEventRow[]>) => AsyncIterable<string>,
  ): Promise<void> {
    const context = await httpContext(services, request, response);
    const pages = await exportAuditEvents(context, conditionsOf(request.query));
    const name = request.path.slice(1);
    response.set({
      'Content-Type': mediaType,
      'Content-Disposition': `attachment; filename="audit-${name}"`,
      'Cache-Control': 'no-store',
    });
    await pipeline(Readable.from(textOf(pages)), response);
  }
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

async function* jsonLinesOf(pages: AsyncIterable<AuditEventRow[]>): AsyncGenerator<string> {
  for await (const rows of pages) {
    yield rows
      .map((row) => Object.fromEntries(Object.entries(COLUMNS).map(([name, of]) => [name, of(row)])))
      .map((event) => `${JSON.stringify(event)}\n`)
      .join('');
  }
}

/** RFC 4180 with a byte order mark, which Excel needs to read UTF-8. */
async function* csvOf(pages: AsyncIterable<AuditEventRow[]>): AsyncGenerator<string> {
  yield `\uFEFF${Object.keys(COLUMNS).join(',')}\r\n`;
  for await (const rows of pages) {
    yield rows
      .map(
        (row) =>
          `${Object.values(COLUMNS)
            .map((of) => cell(of(row)))
            .join(',')}\r\n`,
      )
      .join('');
  }
}

/** A value that begins like a formula gets an apostrophe, so that no spreadsheet runs it. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
