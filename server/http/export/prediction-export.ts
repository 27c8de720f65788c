import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { RequestContext, Viewer } from '../../api/context.js';
import { badUserInput, forbidden } from '../../api/errors.js';
import { PredictionOutcome, ReviewVerdict } from '../../database/generated/enums.js';
import { type ExportedPrediction, exportPredictions } from '../../features/predictions/export-predictions.js';
import { boxOf } from '../../features/predictions/box-of.js';
import { markAllSeen } from '../../features/readings/mark-answers-seen.js';
import { finalVerdictOf, newestLabelOf } from '../../features/reviews/final-review.js';
import type { PredictionFilter } from '../../features/predictions/types.js';
import type { AppServices } from '../../graphql/app-services.js';
import { viewerState } from '../../graphql/viewer-changes.js';
import { BINARY, type RouteDescription } from '../openapi/route-description.js';
import { queryParameters, readParameters } from '../parameters.js';
import { httpContext, socketContext } from '../request-context.js';
import { type Column, formats, sendExport } from './export-file.js';
import { inTurns } from './in-turns.js';

/** The columns of an export of predictions, in this order. */
const COLUMNS: readonly Column<ExportedPrediction>[] = [
  { name: 'id', type: 'STRING', valueOf: ({ prediction }) => prediction.id },
  { name: 'createdAt', type: 'TIMESTAMP', valueOf: ({ prediction }) => prediction.createdAt },
  { name: 'outcome', type: 'STRING', valueOf: ({ prediction }) => prediction.outcome },
  { name: 'label', type: 'STRING', valueOf: ({ prediction }) => prediction.label },
  { name: 'thresholdLabel', type: 'STRING', valueOf: (exported) => exported.thresholdLabel },
  { name: 'confidence', type: 'DOUBLE', valueOf: ({ prediction }) => prediction.confidence },
  { name: 'probabilities', type: 'JSON', valueOf: ({ probabilities }) => probabilities },
  {
    ...{ name: 'outOfDistributionScore', type: 'DOUBLE' },
    valueOf: ({ prediction }) => prediction.outOfDistributionScore,
  },
  { name: 'qualityWarnings', type: 'JSON', valueOf: ({ prediction }) => prediction.qualityWarnings },
  { name: 'reviewed', type: 'BOOLEAN', valueOf: ({ reviews }) => reviews.length > 0 },
  {
    ...{ name: 'finalLabel', type: 'STRING' },
    valueOf: ({ prediction, reviews }) => newestLabelOf(reviews) ?? prediction.label,
  },
  { name: 'finalVerdict', type: 'STRING', valueOf: ({ reviews }) => finalVerdictOf(reviews) },
  {
    ...{ name: 'reviews', type: 'JSON' },
    valueOf: ({ reviews }) =>
      reviews.map(({ id, createdAt, reviewerId, label, agreesWithModel, comment, ...review }) => ({
        ...{ id, createdAt, reviewerId, label, agreesWithModel, comment, verdict: review.verdict },
        ...{ cellType: review.cellType, blind: review.blind, origin: review.origin },
      })),
  },
  { name: 'caseReference', type: 'STRING', valueOf: ({ prediction }) => prediction.caseReference },
  { name: 'fileName', type: 'STRING', valueOf: ({ prediction }) => prediction.fileName },
  { name: 'imageSha256', type: 'STRING', valueOf: ({ prediction }) => prediction.imageSha256 },
  { name: 'modelName', type: 'STRING', valueOf: ({ model }) => model.name },
  { name: 'modelVersion', type: 'INT32', valueOf: ({ model }) => model.version },
  { name: 'modelVersionId', type: 'STRING', valueOf: ({ prediction }) => prediction.modelVersionId },
  { name: 'siteId', type: 'STRING', valueOf: ({ prediction }) => prediction.siteId },
  { name: 'siteName', type: 'STRING', valueOf: ({ siteName }) => siteName },
  { name: 'createdById', type: 'STRING', valueOf: ({ prediction }) => prediction.createdById },
  { name: 'createdByName', type: 'STRING', valueOf: ({ createdByName }) => createdByName },
  {
    ...{ name: 'bulkClassificationId', type: 'STRING' },
    valueOf: ({ bulkClassificationId }) => bulkClassificationId,
  },
  { name: 'repeatOfId', type: 'STRING', valueOf: ({ prediction }) => prediction.repeatOfId },
  { name: 'decodeMs', type: 'DOUBLE', valueOf: ({ prediction }) => prediction.decodeMs },
  { name: 'queueMs', type: 'DOUBLE', valueOf: ({ prediction }) => prediction.queueMs },
  { name: 'inferenceMs', type: 'DOUBLE', valueOf: ({ prediction }) => prediction.inferenceMs },
  { name: 'totalMs', type: 'DOUBLE', valueOf: ({ prediction }) => prediction.totalMs },
  { name: 'fieldId', type: 'STRING', valueOf: ({ prediction }) => prediction.fieldId },
  { name: 'region', type: 'JSON', valueOf: ({ prediction }) => boxOf(prediction.region) },
  { name: 'cellType', type: 'STRING', valueOf: ({ prediction }) => prediction.cellType },
  { name: 'cellTypes', type: 'JSON', valueOf: ({ cellTypes }) => cellTypes },
  { name: 'cursor', type: 'STRING', valueOf: ({ cursor }) => cursor },
];

/** The cost of one prediction: about 30 µs of CPU time. */
const ROW_COST = 3;
const PAGE_COST = 100;
/** The cost of counting what meets the filter, which can be the whole history. */
const COUNT_COST = 1_000;

const time = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-01-31T08:00:00Z' })
  .transform((text) => new Date(text));
const number = z
  .string()
  .regex(/^\d+(\.\d+)?(e-?\d+)?$/, 'must be a number from 0 to 1, such as 0.95')
  .transform(Number);
const oneOf = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values, `must be one of ${values.join(', ')}`);

/** The fields of `PredictionFilter`, as texts of a query. */
export const filterFields = {
  createdAfter: time,
  createdBefore: time,
  modelVersionId: z.string(),
  modelName: z.string(),
  label: z.string(),
  cellType: z.string(),
  outcome: oneOf(Object.values(PredictionOutcome)),
  caseReference: z.string(),
  caseId: z.string(),
  search: z.string(),
  qualityWarning: z.string(),
  bulkClassificationId: z.string(),
  createdById: z.string(),
  reviewed: oneOf(['true', 'false']).transform((text) => text === 'true'),
  verdict: oneOf(Object.values(ReviewVerdict)),
  imageSha256: z.string(),
  siteId: z.string(),
  minConfidence: number,
  maxConfidence: number,
} satisfies Record<keyof PredictionFilter, z.ZodType>;

const Query = z.strictObject({
  ...z.object(filterFields).partial().shape,
  format: oneOf(formats).default('csv'),
  moment: z
    .string()
    .optional()
    .meta({ description: 'The header Export-Moment of an earlier response: as it was then.' }),
  after: z
    .string()
    .optional()
    .meta({ description: 'The cursor of the last whole row of a file that was cut off.' }),
});

export const predictionExportDescription: RouteDescription = {
  operationId: 'exportPredictions',
  summary: 'All predictions that meet a filter, as a file, oldest first.',
  description:
    'The query filters as predictions does. The file has what was committed when the export began. A CSV or JSON lines file that was ' +
    'cut off continues with the parameters moment and after. The trailer Export-Rows-Sent has the number of rows of a complete response.',
  permissions: ['read predictions'],
  query: Query,
  problems: [404],
  responses: {
    200: {
      description: 'The predictions.',
      content: {
        'text/csv': { type: 'string' },
        'application/jsonl': { type: 'string' },
        'application/vnd.apache.parquet': BINARY,
      },
      headers: {
        'Export-Rows': {
          description: 'The number of predictions when the export began.',
          schema: { type: 'integer' },
        },
        'Export-Moment': {
          description: 'Names the moment when the export began.',
          schema: { type: 'string' },
        },
      },
    },
  },
};

/**
 * GET /export/predictions: the history as a file, streamed, oldest first. The query has the fields of `PredictionFilter`, and `format`:
 * 'csv' (the default), 'jsonl' or 'parquet'. The header Export-Rows has the number of predictions, and Export-Moment names the
 * moment. A CSV or JSON lines file that was cut off continues with `moment` and with `after`, the cursor of its last whole row.
 */
export function predictionExport(services: AppServices): Router {
  const route = Router();
  route.get('/predictions', async (request: Request, response: Response) => {
    const context = await httpContext(services, request, response);
    const { format, moment = null, after = null, ...filter } = queryOf(request.query);
    await services.limits.spend(context, moment === null ? COUNT_COST : PAGE_COST);
    const endTurn = await services.limits.turn(context, context.signal);
    const found = await exportPredictions(context, { filter, format, moment, after }).finally(endTurn);
    response.set({ 'Export-Rows': String(found.rowCount), 'Export-Moment': found.moment });
    const check = () => requireSameRights(services, request, context.viewer);
    const costOf = (rows: unknown[]) => PAGE_COST + ROW_COST * rows.length;
    const pages = inTurns(services.limits, context, markedAsSeen(context, found.pages), costOf, check);
    const file = { name: 'predictions', format, columns: COLUMNS, pages, isContinued: after !== null };
    await sendExport(response, services.log, file);
  });
  return route;
}

/** Records what the viewer's open blind readings have of each page, before it is sent. */
async function* markedAsSeen(
  context: RequestContext,
  pages: AsyncIterable<ExportedPrediction[]>,
): AsyncGenerator<ExportedPrediction[]> {
  for await (const rows of pages) {
    const ids = rows.map(({ prediction }) => prediction.id);
    await markAllSeen(context, 'predictions', ids);
    yield rows;
  }
}

function queryOf(query: object): z.infer<typeof Query> {
  const parameters = readParameters(Query, queryParameters(query));
  const { format, moment, after } = parameters;
  if (after !== undefined && moment === undefined) {
    throw badUserInput(
      "To continue an export, send 'moment' too: the header Export-Moment of its first part.",
    );
  }
  if (after !== undefined && format === 'parquet') {
    throw badUserInput(
      'A Parquet file that was cut off cannot be continued. Request it from the beginning, or use csv or jsonl.',
    );
  }
  return parameters;
}

/** Throws if the viewer's session or token has ended, or their roles, sites or scopes have changed, since the export began. */
async function requireSameRights(
  services: AppServices,
  request: Request,
  before: Viewer | null,
): Promise<void> {
  const findNow = async () => (await socketContext(services, request, false)).viewer;
  if ((await viewerState(before, findNow)) !== 'same')
    throw forbidden('Your rights have changed since the export began.');
}
