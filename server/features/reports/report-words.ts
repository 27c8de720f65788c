import type { CellType } from '../../database/generated/enums.js';
import { modelCellType } from '../cases/model-cell-type.js';
import type { ReportContent, ReportedCell, ReportedShare, SignedReport } from './report-content.js';

// The words of a report, the same in each of its forms.

/** Types whose name is not simply that of the enum. */
const otherNames: Partial<Record<CellType, string>> = {
  BLAST: 'Blast, lineage not known',
  ERYTHROBLAST: 'Erythroblast (nucleated red cell)',
  OTHER: 'Another cell type',
};

/** 'Band neutrophil'. Null: cells whose type is not stated. */
export function typeText(type: CellType | null): string {
  if (type === null) return 'Not a blast, type not stated';
  const words = type.toLowerCase().replaceAll('_', ' ');
  return otherNames[type] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** The name of a row of the differential. Band neutrophils are counted with segmented ones unless they have their own row. */
export function rowText(type: CellType | null, { differential }: ReportContent): string {
  return type === 'SEGMENTED_NEUTROPHIL' && !differential.countBandsSeparately
    ? 'Neutrophil, segmented and band'
    : typeText(type);
}

/** The name that a model gives a cell type, in words: 'segmented neutrophil' for 'neutrophil_seg'. */
export function modelTypeText(name: string): string {
  const type = modelCellType(name);
  return type === null ? name.replaceAll('_', ' ') : type.toLowerCase().replaceAll('_', ' ');
}

/** '12.5 %'; '–' without white cells. */
export function shareText({ share }: Pick<ReportedShare, 'share'>): string {
  return share === null ? '–' : percentText(share);
}

/** '8.3–17.7 %', or that the share is an estimate, which has no interval. */
export function intervalText({ lower, upper, isEstimate }: ReportedShare): string {
  if (isEstimate) return 'model estimate';
  return lower === null || upper === null ? '–' : `${numberText(lower)}–${percentText(upper)}`;
}

export function percentText(fraction: number): string {
  return `${numberText(fraction)} %`;
}

/** A probability of the model. Values close to 0 and 1 are not rounded to them, as on the screens. */
function probabilityText(probability: number): string {
  if (probability > 0.999 && probability < 1) return 'above 99.9 %';
  if (probability < 0.001 && probability > 0) return 'below 0.1 %';
  return percentText(probability);
}

function numberText(fraction: number): string {
  return (100 * fraction).toFixed(1);
}

/** What the model answered for a cell: 'blast 97.3 %', or that it withheld its answer. */
export function answerText({ outcome, positiveLabel, probability, cellType }: ReportedCell): string {
  const answer = `${positiveLabel} ${probabilityText(probability)}`;
  if (outcome === 'INDETERMINATE') return `${answer}, needs review`;
  if (outcome === 'OUT_OF_DISTRIBUTION') return `${answer}, not recognised`;
  return cellType === null || cellType === positiveLabel ? answer : `${answer}, ${modelTypeText(cellType)}`;
}

/** What the newest review says: 'Myeloblast, by Anna Kowalska'. */
export function reviewText({ review }: Pick<ReportedCell, 'review'>): string {
  if (!review) return 'Not reviewed';
  const { verdict, label, cellType, reviewer } = review;
  const words = {
    NOT_A_CELL: 'Not a cell',
    CANNOT_TELL: 'Cannot tell',
    LABEL: cellType === null ? `${label.charAt(0).toUpperCase()}${label.slice(1)}` : typeText(cellType),
  };
  return `${words[verdict]}, by ${reviewer}`;
}

/** What limits the report itself, in sentences. */
export function limitationsOf({ differential, fewCellsReason }: ReportContent): string[] {
  const { whiteCells, minimumCells, leftOut, repeats, undecided } = differential;
  const limitations: string[] = [];
  if (whiteCells < minimumCells) {
    const reason = fewCellsReason === '' ? '' : ` Reason: ${fewCellsReason}`;
    limitations.push(`Only ${whiteCells} of at least ${minimumCells} white cells were counted.${reason}`);
  }
  if (leftOut > 0)
    limitations.push(
      `${leftOut === 1 ? '1 cell that was found in a field was' : `${leftOut} cells that were found in fields were`} not classified, so the counted cells are not consecutive.`,
    );
  if (repeats > 0)
    limitations.push(
      `${repeats} of the counted cells ${repeats === 1 ? 'is' : 'are'} at the same place as another one.`,
    );
  if (undecided > 0)
    limitations.push(
      undecided === 1
        ? 'For 1 cell the reviewer could not tell the type; it is not counted.'
        : `For ${undecided} cells the reviewer could not tell the type; they are not counted.`,
    );
  return limitations;
}

/** 'Final report, version 1'. */
export function statusText(report: ReportContent | SignedReport): string {
  if (!('signedBy' in report)) return 'Preliminary report, not signed';
  return report.version === 1
    ? 'Final report, version 1'
    : `Amended report, version ${report.version}. It replaces version ${report.version - 1}`;
}

/** '2026-01-31 08:15 UTC'. */
export function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
