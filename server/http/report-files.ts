import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { notFound } from '../api/errors.js';
import { FILE_COST } from '../api/request-limits.js';
import { idPattern } from '../database/ids.js';
import {
  bundleOf,
  findDraftReport,
  findSignedReport,
  type FoundReport,
  pdfOf,
} from '../features/reports/report-files.js';
import { markAllSeen } from '../features/readings/mark-answers-seen.js';
import type { AppContext, AppServices } from '../graphql/app-services.js';
import { BINARY, type RouteDescription } from './openapi/route-description.js';
import { httpContext } from './request-context.js';

/** The cost of drawing a report with its images, once it is found: about 0.1 s. */
const DRAWING_COST = 10_000;

const PDF = 'application/pdf';
const FHIR = 'application/fhir+json';

/** Reports of cases as PDF and as FHIR: signed ones, and as they would be signed now. */
export function reportFiles(services: AppServices): Router {
  const route = Router();

  route.get('/reports/:reportId/report.pdf', (request, response) => {
    const { reportId } = request.params;
    return serve(request, response, (context) => findSignedReport(context, reportId), asPdf);
  });
  route.get('/reports/:reportId/bundle.json', (request, response) => {
    const { reportId } = request.params;
    return serve(request, response, (context) => findSignedReport(context, reportId), asBundle);
  });
  route.get('/cases/:caseId/draft-report.pdf', (request, response) => {
    const { caseId } = request.params;
    return serve(request, response, (context) => findDraftReport(context, caseId), asPdf);
  });
  route.get('/cases/:caseId/draft-report.json', (request, response) => {
    const { caseId } = request.params;
    return serve(request, response, (context) => findDraftReport(context, caseId), asBundle);
  });
  return route;

  async function serve(
    request: Request,
    response: Response,
    find: (context: AppContext) => Promise<FoundReport | null>,
    { mediaType, ending, bytesOf }: Form,
  ): Promise<void> {
    const context = await httpContext(services, request, response);
    await services.limits.spend(context, FILE_COST);
    const endTurn = await services.limits.turn(context, context.signal);
    try {
      const found = await find(context);
      if (!found) throw notFound('There is no such report.');
      await services.limits.spend(context, DRAWING_COST);
      const { report, caseId } = found;
      await markAllSeen(context, 'cases', [caseId]);
      const isSigned = 'signedBy' in report;
      const name = isSigned ? `report-${report.version}` : 'draft-report';
      const item = `${caseId} ${isSigned ? `version ${report.version}` : 'draft'} ${ending}`;
      const bytes = await bytesOf(context, found);
      context.accesses.record(context, { action: 'REPORTS_VIEWED', items: [item], caseId });
      response.set({
        'Content-Type': mediaType,
        'Content-Disposition': `inline; filename="${name}-${caseId}.${ending}"`, // a case reference can name a patient
        'Cache-Control': 'private, no-store',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      });
      response.send(bytes);
    } finally {
      endTurn();
    }
  }
}

interface Form {
  mediaType: string;
  ending: string;
  bytesOf: (context: AppContext, found: FoundReport) => Promise<Buffer>;
}
const asPdf: Form = { mediaType: PDF, ending: 'pdf', bytesOf: pdfOf };
const asBundle: Form = { mediaType: FHIR, ending: 'json', bytesOf: bundleOf };

const ReportPath = z.object({
  reportId: z.string().meta({ description: 'The id of the report: Report.id.', pattern: idPattern('rep') }),
});
const CasePath = z.object({
  caseId: z.string().meta({ description: 'The id of the case: Case.id.', pattern: idPattern('case') }),
});

function describe(
  description: Pick<RouteDescription, 'operationId' | 'summary' | 'path'>,
  mediaType: string,
): RouteDescription {
  return {
    ...description,
    description:
      'Every download is recorded in the audit trail. Decision support for research and development. Not a medical device.',
    permissions: ['read predictions', 'see images'],
    responses: {
      200: {
        description: 'The report.',
        content: { [mediaType]: mediaType === PDF ? BINARY : { type: 'object' } },
      },
    },
    problems: [404],
  };
}

export const reportFileDescriptions = {
  'GET /files/reports/:reportId/report.pdf': describe(
    { operationId: 'getReport', summary: 'A signed report as a PDF.', path: ReportPath },
    PDF,
  ),
  'GET /files/reports/:reportId/bundle.json': describe(
    { operationId: 'getReportBundle', summary: 'A signed report as a FHIR R4 Bundle.', path: ReportPath },
    FHIR,
  ),
  'GET /files/cases/:caseId/draft-report.pdf': describe(
    {
      operationId: 'getDraftReport',
      summary: 'The report of a case as it would be signed now, as a PDF that is marked as a draft.',
      path: CasePath,
    },
    PDF,
  ),
  'GET /files/cases/:caseId/draft-report.json': describe(
    {
      operationId: 'getDraftReportBundle',
      summary:
        'The report of a case as it would be signed now, as a FHIR R4 Bundle with the status preliminary.',
      path: CasePath,
    },
    FHIR,
  ),
} satisfies Record<string, RouteDescription>;
