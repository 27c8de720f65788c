import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import PDFDocument from 'pdfkit';
import type { ReportContent, ReportedCell, SignedReport } from '../report-content.js';
import {
  answerText,
  intervalText,
  limitationsOf,
  percentText,
  reviewText,
  rowText,
  shareText,
  statusText,
  timeText,
} from '../report-words.js';

type Document = PDFKit.PDFDocument;
type Element = PDFKit.PDFStructureElement;

const { resolve } = createRequire(import.meta.url);
// DejaVu has the letters of nearly all European languages, and a condensed form that keeps a report on one page.
const FONTS = {
  regular: resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf'),
  bold: resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf'),
};

// In points (1/72 inch).
const MARGIN = 40;
const FOOTER = 46;
const LINE = 11.5;
const CELLS_PER_ROW = 6;
const IMAGE = 62;

const INK = '#1a1a1a';
const FAINT = '#5a5a5a';
const RULE = '#b0b0b0';
const DRAFT = 'DRAFT – not signed';

export interface ReportToPrint {
  report: ReportContent | SignedReport;
  /** SHA-256 of the report's canonical JSON. */
  digest: string;
  /** JPEG images of the supporting cells, by the id of the prediction. */
  images: ReadonlyMap<string, Uint8Array>;
}

/**
 * A report as a PDF: one A4 page, unless the conclusion is long. The text can be selected, and the document is tagged for screen readers.
 * The same signed report gives the same text in every release that lays it out in the same way; the digest names what was signed.
 */
export async function reportPdf({ report, digest, images }: ReportToPrint): Promise<Buffer> {
  const isSigned = 'signedBy' in report;
  const document = new PDFDocument({
    ...{ size: 'A4', pdfVersion: '1.7', tagged: true, lang: 'en', displayTitle: true, bufferPages: true },
    margins: { top: MARGIN - 4, left: MARGIN, right: MARGIN, bottom: FOOTER + 10 },
    info: {
      Title: `Report of case ${report.case.reference}: ${statusText(report)}`,
      Subject: report.notice,
      Creator: 'Cytograph',
      Author: isSigned ? report.signedBy.name : '',
      ...(isSigned ? { CreationDate: new Date(report.signedAt) } : {}),
    },
  });
  const bytes = buffer(document);
  document.registerFont('regular', FONTS.regular).registerFont('bold', FONTS.bold).fillColor(INK);
  const root = document.struct('Document');
  document.addStructure(root);

  drawTitle(document, root, report);
  drawConclusion(document, root, report);
  drawDifferential(document, root, report);
  drawCells(document, root, report.supportingCells, images);
  drawVersions(document, root, report);
  root.end();
  drawOnEveryPage(document, report, digest);
  document.end();
  return bytes;
}

/** Draws something that screen readers read as an element with this tag. */
function put(document: Document, parent: Element, tag: string, draw: () => void): void {
  parent.add(document.struct(tag, {}, draw));
}

/** Draws something that screen readers leave out. */
function decorate(document: Document, draw: () => void): void {
  document.markContent('Artifact', { type: 'Layout' });
  draw();
  document.endMarkedContent();
}

const widthOf = (document: Document) => document.page.width - 2 * MARGIN;
const bottomOf = (document: Document) => document.page.height - document.page.margins.bottom;

/** Begins a new page unless this height is left. */
function keepTogether(document: Document, height: number): void {
  if (document.y + height > bottomOf(document)) document.addPage();
}

function heading(document: Document, root: Element, text: string, spaceBelow: number): void {
  document.y += 7;
  keepTogether(document, 16 + spaceBelow);
  put(document, root, 'H2', () => document.font('bold').fontSize(9.5).text(text, MARGIN));
  decorate(document, () =>
    document
      .moveTo(MARGIN, document.y)
      .lineTo(MARGIN + widthOf(document), document.y)
      .lineWidth(0.5)
      .stroke(RULE),
  );
  document.y += 3;
}

function drawTitle(document: Document, root: Element, report: ReportContent | SignedReport): void {
  const isSigned = 'signedBy' in report;
  if (!isSigned) {
    const top = document.y;
    decorate(document, () => document.rect(MARGIN, top, widthOf(document), 20).lineWidth(1.2).stroke(INK));
    put(document, root, 'P', () =>
      document
        .font('bold')
        .fontSize(11)
        .text(DRAFT, MARGIN, top + 4, { width: widthOf(document), align: 'center' }),
    );
    document.y = top + 27;
  }
  put(document, root, 'H1', () =>
    document.font('bold').fontSize(15).text(`Blood cell report: case ${report.case.reference}`, MARGIN),
  );
  put(document, root, 'P', () => document.font('bold').fontSize(10).text(statusText(report)));
  document.y += 3;
  const reviewers = report.reviewers.map(
    ({ name, reviews }) => `${name} (${reviews} ${reviews === 1 ? 'review' : 'reviews'})`,
  );
  const facts: [string, string][] = [
    ['Case reference', report.case.reference],
    ['Site', report.case.site ?? 'No site'],
    ['Reviewed by', reviewers.join(', ') || 'Nobody'],
    ...(isSigned
      ? ([
          ['Signed by', report.signedBy.name],
          ['Signed at', timeText(report.signedAt)],
        ] satisfies [string, string][])
      : []),
  ];
  for (const [name, value] of facts) {
    const top = document.y;
    put(document, root, 'P', () => {
      document.font('regular').fontSize(8.5).fillColor(FAINT).text(name, MARGIN, top, { width: 80 });
      document.fillColor(INK).text(value, MARGIN + 80, top, { width: widthOf(document) - 80 });
    });
  }
}

function drawConclusion(document: Document, root: Element, report: ReportContent): void {
  heading(document, root, 'Conclusion', 24);
  put(document, root, 'P', () =>
    document
      .font('regular')
      .fontSize(9.5)
      .text(report.conclusion || 'No conclusion has been written.', MARGIN, document.y, {
        width: widthOf(document),
      }),
  );
  for (const limitation of limitationsOf(report)) {
    document.y += 2;
    put(document, root, 'P', () =>
      document
        .font('regular')
        .fontSize(8.5)
        .text(`Limitation: ${limitation}`, MARGIN, document.y, { width: widthOf(document) }),
    );
  }
}

/** Columns of the differential: where each begins, how wide it is, and whether it has numbers. */
const COLUMNS = [
  { left: 0, width: 158, align: 'left' },
  { left: 160, width: 42, align: 'right' },
  { left: 206, width: 48, align: 'right' },
  { left: 258, width: 72, align: 'right' },
] as const;
const OTHER_COUNTS = 352;

function drawDifferential(document: Document, root: Element, report: ReportContent): void {
  const { differential } = report;
  const rows = [
    ...differential.rows.map((row) => ({ name: rowText(row.type, report), isTotal: false, ...row })),
    { name: 'All blasts', isTotal: true, ...differential.blasts },
    ...(differential.blastsAndEquivalents.count === differential.blasts.count
      ? []
      : [{ name: 'Blasts and equivalents', isTotal: true, ...differential.blastsAndEquivalents }]),
  ];
  heading(document, root, 'Differential', Math.min((rows.length + 1) * LINE, 400));
  const top = document.y;
  const table = document.struct('Table');
  root.add(table);
  const drawRow = (tag: 'TH' | 'TD', texts: readonly string[], isBold: boolean) => {
    keepTogether(document, LINE);
    const y = document.y;
    const row = document.struct('TR');
    table.add(row);
    COLUMNS.forEach(({ left, width, align }, index) =>
      put(document, row, tag, () =>
        document
          .font(isBold ? 'bold' : 'regular')
          .fontSize(8.5)
          .text(texts[index] ?? '', MARGIN + left, y, { width, align, lineBreak: false, ellipsis: true }),
      ),
    );
    row.end();
    document.y = y + LINE;
  };
  drawRow('TH', ['Cell type', 'Count', 'Share', '95 % interval'], true);
  for (const { name, isTotal, ...share } of rows)
    drawRow('TD', [name, String(share.count), shareText(share), intervalText(share)], isTotal);
  table.end();
  const below = document.y;
  drawOtherCounts(document, root, report, top);
  document.x = MARGIN;
  document.y = Math.max(below, document.y);
  const isEstimated = rows.some(({ isEstimate }) => isEstimate);
  put(document, root, 'P', () =>
    document
      .font('regular')
      .fontSize(7)
      .fillColor(FAINT)
      .text(
        `The interval (Clopper and Pearson) covers only that other cells could have been counted.${
          isEstimated
            ? ' “Model estimate”: some of these cells have no review, so the share has no interval and is not confirmed by a person.'
            : ' A person reviewed every cell of these rows.'
        }`,
        MARGIN,
        document.y + 1,
        { width: widthOf(document) },
      )
      .fillColor(INK),
  );
}

/** Beside the table: what is not among the white cells. */
function drawOtherCounts(document: Document, root: Element, report: ReportContent, top: number): void {
  const { differential, cells } = report;
  const { erythroblasts, erythroblastsPer100: per100 } = differential;
  const counts: [string, string][] = [
    ['White cells counted', `${differential.whiteCells} (at least ${differential.minimumCells})`],
    [
      'Erythroblasts',
      per100 === null ? String(erythroblasts) : `${erythroblasts} (${per100.toFixed(1)} per 100)`,
    ],
    ['Smudge cells', String(differential.smudgeCells)],
    ['Not a cell', String(differential.notCells)],
    ['Undecided', String(differential.undecided)],
    ['Images in the case', String(cells.count)],
    ['Reviewed', `${cells.reviewed} of ${cells.count}`],
    ['Band neutrophils', differential.countBandsSeparately ? 'counted apart' : 'with segmented'],
  ];
  counts.forEach(([name, value], index) => {
    const y = top + index * LINE;
    put(document, root, 'P', () => {
      document
        .font('regular')
        .fontSize(8.5)
        .fillColor(FAINT)
        .text(name, MARGIN + OTHER_COUNTS, y, { width: 86 });
      document.fillColor(INK).text(value, MARGIN + OTHER_COUNTS + 88, y, { width: 76, align: 'right' });
    });
  });
  document.y = top + counts.length * LINE;
}

function drawCells(
  document: Document,
  root: Element,
  cells: readonly ReportedCell[],
  images: ReadonlyMap<string, Uint8Array>,
): void {
  if (cells.length === 0) return;
  const height = IMAGE + 34;
  heading(document, root, 'Cells that support the conclusion', height);
  const step = widthOf(document) / CELLS_PER_ROW;
  for (let first = 0; first < cells.length; first += CELLS_PER_ROW) {
    keepTogether(document, height);
    const top = document.y;
    cells.slice(first, first + CELLS_PER_ROW).forEach((cell, index) => {
      const left = MARGIN + index * step;
      const image = images.get(cell.predictionId);
      const caption = [answerText(cell), reviewText(cell)];
      root.add(
        document.struct('Figure', { alt: `Cell ${first + index + 1}: ${caption.join('. ')}` }, () => {
          if (image) document.image(Buffer.from(image), left, top, { fit: [IMAGE, IMAGE] });
          else document.rect(left, top, IMAGE, IMAGE).lineWidth(0.5).stroke(RULE);
        }),
      );
      put(document, root, 'Caption', () => {
        const width = step - 6;
        document.font('regular').fontSize(6.5);
        if (!image)
          document.fillColor(FAINT).text('Image not available', left + 3, top + 26, { width: IMAGE - 6 });
        document
          .fillColor(INK)
          .text(caption.join('\n'), left, top + IMAGE + 2, { width, height: 32, ellipsis: true });
      });
    });
    document.x = MARGIN;
    document.y = top + height;
  }
}

function drawVersions(document: Document, root: Element, { modelVersions }: ReportContent): void {
  heading(document, root, 'Model versions and their limits', 20);
  for (const { model, version, digest, cells, limits, ...rules } of modelVersions) {
    const [low = 0, high = 1] = rules.abstentionBand;
    const text = [
      `${model}, version ${version} (SHA-256 ${digest.slice(0, 16)}…) answered ${cells} ${cells === 1 ? 'cell' : 'cells'}.`,
      `${rules.positiveLabel} from ${percentText(rules.decisionThreshold)} on; needs review from ${percentText(low)} to ${percentText(high)}.`,
      ...limits,
    ].join(' ');
    put(document, root, 'P', () =>
      document
        .font('regular')
        .fontSize(7)
        .text(text, MARGIN, document.y, { width: widthOf(document) }),
    );
    document.y += 2;
  }
}

/** The footer of each page, and the mark of a draft. */
function drawOnEveryPage(document: Document, report: ReportContent | SignedReport, digest: string): void {
  const { start, count } = document.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    document.switchToPage(page);
    document.page.margins.bottom = 0; // the footer is below it
    const top = document.page.height - FOOTER;
    const width = widthOf(document);
    document.markContent('Artifact', { type: 'Pagination' });
    document
      .moveTo(MARGIN, top)
      .lineTo(MARGIN + width, top)
      .lineWidth(0.5)
      .stroke(RULE);
    document
      .font('bold')
      .fontSize(7.5)
      .fillColor(INK)
      .text(report.notice, MARGIN, top + 4, { width });
    const name = 'signedBy' in report ? `Version ${report.version}` : 'Draft';
    document
      .font('regular')
      .fontSize(6.5)
      .text(`${name}, case ${report.case.reference}. SHA-256 ${digest}`, MARGIN, top + 16, {
        width: width - 60,
      })
      .text(`Page ${page - start + 1} of ${count}`, MARGIN + width - 60, top + 16, {
        width: 60,
        align: 'right',
      });
    if (!('signedBy' in report)) {
      document
        .save()
        .rotate(-50, { origin: [document.page.width / 2, document.page.height / 2] })
        .font('bold')
        .fontSize(64)
        .fillOpacity(0.07)
        .text('DRAFT', 0, document.page.height / 2 - 40, { width: document.page.width, align: 'center' })
        .restore();
    }
    document.endMarkedContent();
  }
}
