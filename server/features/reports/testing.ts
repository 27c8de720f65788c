import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import type { Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { canonicalForm } from './report-content.js';
import type { ReportContent, ReportedCell, ReportedShare, SignedReport } from './report-content.js';

const run = promisify(execFile);

const VERSION_ID = `mver_${'1'.repeat(32)}`;

/** A share of 187 white cells, reviewed, with some interval; or an estimate of the model. */
export function share(count: number, isEstimate = false): ReportedShare {
  const fraction = count / 187;
  return {
    ...{ count, reviewed: isEstimate ? 0 : count, share: fraction, isEstimate },
    lower: isEstimate ? null : Math.max(0, fraction - 0.02),
    upper: isEstimate ? null : fraction + 0.03,
  };
}

/** A report of a case with letters outside Latin-1, a row of each kind and twelve cells. */
export function exampleReport(changes: Partial<ReportContent> = {}): ReportContent {
  const cells = Array.from({ length: 12 }, (_, index): ReportedCell => ({
    ...{ predictionId: `pred_${String(index).padStart(32, '0')}`, imageSha256: 'ab'.repeat(32), region: [] },
    ...{ outcome: 'CLASSIFIED', positiveLabel: 'blast', probability: 0.973, cellType: 'blast' },
    modelVersionId: VERSION_ID,
    review: {
      ...{ id: `rev_${'2'.repeat(32)}`, verdict: 'LABEL', label: 'blast', cellType: 'MYELOBLAST' },
      reviewer: 'Zdzisława Brzęczyszczykiewicz',
    },
  }));
  return {
    format: 'cytograph-report/1',
    notice: 'Decision support for research and development. Not a medical device.',
    case: { id: `case_${'3'.repeat(32)}`, reference: 'Ασθενής & Łódź 7', site: 'Ευαγγελισμός' },
    differential: {
      ...{ whiteCells: 187, minimumCells: 200, countBandsSeparately: false },
      rows: [
        { type: 'MYELOBLAST', ...share(65) },
        { type: 'PROMONOCYTE', ...share(2) },
        { type: 'SEGMENTED_NEUTROPHIL', ...share(80) },
        { type: 'LYMPHOCYTE', ...share(36, true) },
        { type: null, ...share(4, true) },
      ],
      ...{ blasts: share(65), blastsAndEquivalents: share(67), erythroblasts: 9, erythroblastsPer100: 4.81 },
      ...{ smudgeCells: 3, notCells: 7, undecided: 2, leftOut: 0, repeats: 0 },
    },
    conclusion: 'Suspicious of acute myeloid leukaemia.',
    fewCellsReason: 'Leukopenia.',
    supportingCells: cells,
    modelVersions: [
      {
        ...{ id: VERSION_ID, model: 'reference', version: 1, digest: 'cd'.repeat(32), cells: 208 },
        ...{ decisionThreshold: 0.233, abstentionBand: [0.085, 0.899], positiveLabel: 'blast' },
        limits: ['It does not know promonocytes and abnormal promyelocytes, which can count as blasts.'],
      },
    ],
    reviewers: [{ id: `user_${'4'.repeat(32)}`, name: 'Zdzisława Brzęczyszczykiewicz', reviews: 168 }],
    cells: { count: 208, reviewed: 168, reviews: 168, digest: 'ef'.repeat(32) },
    ...changes,
  };
}

/** The same report with a signature. */
export function exampleSignedReport(version = 1, changes: Partial<ReportContent> = {}): SignedReport {
  return {
    ...exampleReport(changes),
    ...{ version, amends: version === 1 ? null : '12'.repeat(32), signedAt: '2026-11-29T13:05:11.000Z' },
    signedBy: { id: `user_${'5'.repeat(32)}`, name: 'Ἑλένη Παπαδοπούλου' },
    cellList: '',
  };
}

/** Stores a signed report of a case with this conclusion, which need not fit the cells of the case. Returns its id. */
export async function storeReport(
  database: Database,
  of: { id: string; reference: string },
  signedById: string,
  conclusion: string,
): Promise<string> {
  const content = exampleSignedReport(1, {
    ...{ case: { id: of.id, reference: of.reference, site: null }, conclusion },
    supportingCells: [],
  });
  const { text, digest } = canonicalForm(content);
  const { id } = await database.report.create({
    data: { ...{ id: newId('rep'), caseId: of.id, version: 1 }, content: text, digest, signedById },
  });
  return id;
}

/** A small JPEG for each supporting cell. */
export async function exampleImages({ supportingCells }: ReportContent): Promise<Map<string, Uint8Array>> {
  const background = { r: 150, g: 90, b: 170 };
  const image = await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .jpeg()
    .toBuffer();
  return new Map(supportingCells.map(({ predictionId }) => [predictionId, image]));
}

/** What other programs read in a PDF: its text, page by page, and its properties, with pdftotext and pdfinfo. */
export async function readPdf(bytes: Uint8Array): Promise<{ pages: string[]; properties: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-pdf-'));
  try {
    const file = path.join(folder, 'report.pdf');
    await writeFile(file, bytes);
    const { stdout: text } = await run('pdftotext', ['-layout', file, '-']);
    const { stdout: properties } = await run('pdfinfo', [file]);
    return { pages: text.split('\f').slice(0, -1), properties };
  } finally {
    await rm(folder, { recursive: true });
  }
}
