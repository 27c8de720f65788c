import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { loadCases } from '../cases/load-cases.js';
import type { EvidenceMaps } from '../predictions/evidence-maps.js';
import { cellImage } from '../predictions/fields/cell-image.js';
import { loadCurrentReports } from './current-report.js';
import { reportBundle } from './fhir/report-bundle.js';
import { signedContentOf } from './load-reports.js';
import { reportPdf, type ReportToPrint } from './pdf/report-pdf.js';

type ImageContext = RequestContext & { cellImages: EvidenceMaps };

/** A report that can be sent, and the case that it is of. */
export interface FoundReport extends Pick<ReportToPrint, 'report' | 'digest'> {
  caseId: string;
}

/** A signed report by its id, for users who may see images; null if there is none at a site that the user sees. */
export async function findSignedReport(context: RequestContext, id: string): Promise<FoundReport | null> {
  authorise(context, 'read predictions');
  authorise(context, 'see images');
  const row = isId('rep', id) ? await context.database.report.findUnique({ where: { id } }) : null;
  const visible = row && (await batched(context, loadCases).load(row.caseId));
  return row && visible && { report: signedContentOf(row), digest: row.digest, caseId: row.caseId };
}

/** The report of a case as it would be signed now, for the same users; null if there is no such case. */
export async function findDraftReport(context: RequestContext, caseId: string): Promise<FoundReport | null> {
  authorise(context, 'read predictions');
  authorise(context, 'see images');
  const current = isId('case', caseId) ? await batched(context, loadCurrentReports).load(caseId) : null;
  return current && { report: current.content, digest: current.digest, caseId };
}

/** The report as a PDF. */
export async function pdfOf(context: ImageContext, found: FoundReport): Promise<Buffer> {
  return reportPdf({ ...found, images: await imagesOf(context, found) });
}

/** The report as JSON of a FHIR R4 Bundle, which contains the PDF. */
export async function bundleOf(context: ImageContext, found: FoundReport): Promise<Buffer> {
  const images = await imagesOf(context, found);
  const pdf = await reportPdf({ ...found, images });
  return Buffer.from(JSON.stringify(reportBundle({ ...found, images, pdf })));
}

/** The longer side of the images in a report, in pixels: 300 dpi on paper. */
const IMAGE_SIZE = 256;

/** Reduced images of the supporting cells. A cell whose image cannot be read is left out: the report says so. */
async function imagesOf(
  context: ImageContext,
  { report }: FoundReport,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const images = new Map<string, Uint8Array>();
  for (const { predictionId } of report.supportingCells) {
    try {
      const image = await cellImage(context, predictionId, IMAGE_SIZE);
      if (image) images.set(predictionId, image.bytes);
    } catch (error) {
      if (context.signal.aborted) throw error;
      context.log.error({ err: error, predictionId }, 'A report is sent without the image of a cell');
    }
  }
  return images;
}
