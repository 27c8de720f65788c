import { isDeepStrictEqual } from 'node:util';
import type { ReportContent, SignedReport } from './report-content.js';

/** The differences between a signed report and what a report would say now, in sentences. */
export function changesBetween(signed: SignedReport, now: ReportContent): string[] {
  const changes = changesOfCells(signed.cells, now.cells);
  if (!isDeepStrictEqual(signed.differential, now.differential))
    changes.push('The differential is different.');
  if (signed.conclusion !== now.conclusion) changes.push('The conclusion was changed.');
  if (signed.fewCellsReason !== now.fewCellsReason)
    changes.push('The reason for counting fewer cells was changed.');
  if (!isDeepStrictEqual(chosenIn(signed), chosenIn(now)))
    changes.push('Other cells were chosen for the report.');
  return changes;
}

function changesOfCells(signed: ReportContent['cells'], now: ReportContent['cells']): string[] {
  if (signed.digest === now.digest) return [];
  const changes: string[] = [];
  const cells = now.count - signed.count;
  const reviews = now.reviews - signed.reviews;
  if (cells !== 0)
    changes.push(`${numberOf(cells, 'cell was', 'cells were')} ${cells > 0 ? 'added' : 'removed'}.`);
  if (reviews !== 0)
    changes.push(
      `${numberOf(reviews, 'review was', 'reviews were')} ${reviews > 0 ? 'added' : 'withdrawn'}.`,
    );
  return changes.length > 0 ? changes : ['Cells or their reviews were replaced by others.'];
}

function numberOf(count: number, one: string, several: string): string {
  return Math.abs(count) === 1 ? `1 ${one}` : `${Math.abs(count)} ${several}`;
}

function chosenIn({ supportingCells }: ReportContent): string[] {
  return supportingCells.map(({ predictionId }) => predictionId);
}
