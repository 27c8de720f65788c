import type { CellType, CountedShareFragment, DifferentialFragment } from '../../../graphql/graphql.js';
import { count, decimal, percent } from '../../../ui/format.js';
import { cellTypeLabels } from '../../../ui/labels.js';

type Version = DifferentialFragment['versions'][number];

/** The name of a row. Null: other cells than blasts whose type is not stated. */
export function rowName(type: CellType | null, countBandsSeparately: boolean): string {
  if (type === null) return 'Other, type not stated';
  if (type === 'SEGMENTED_NEUTROPHIL' && !countBandsSeparately) return 'Neutrophils, segmented and band';
  return cellTypeLabels[type];
}

export function shareText({ share }: Pick<CountedShareFragment, 'share'>): string {
  return share === null ? '–' : unbroken(percent(share));
}

/** '1.6 % to 11.3 %'. Null for an estimate, and without white cells. */
export function intervalText({ lower, upper }: Pick<CountedShareFragment, 'lower' | 'upper'>): string | null {
  return lower === null || upper === null
    ? null
    : `${unbroken(percent(lower))} to ${unbroken(percent(upper))}`;
}

/** '3 blasts by the model, 2 cells that need review and 1 cell that is not recognised'. Null if nothing is left to review. */
export function toReviewText({
  blasts,
  needsReview,
  notRecognised,
}: DifferentialFragment['toReview']): string | null {
  const parts = [
    ...(blasts > 0 ? [`${count(blasts, 'blast')} by the model`] : []),
    ...(needsReview > 0 ? [`${count(needsReview, 'cell')} under “needs review”`] : []),
    ...(notRecognised > 0 ? [`${count(notRecognised, 'cell')} under “not recognised”`] : []),
  ];
  return parts.length > 0 ? listed(parts) : null;
}

/** Why the count is not yet a count of enough consecutive cells, one sentence each. */
export function countWarnings({
  whiteCells,
  minimumCells,
  leftOut,
  repeats,
}: Pick<DifferentialFragment, 'whiteCells' | 'minimumCells' | 'leftOut' | 'repeats'>): string[] {
  return [
    ...(whiteCells < minimumCells
      ? [
          `${count(whiteCells, 'white cell')} of at least ${minimumCells.toLocaleString()} ${whiteCells === 1 ? 'is' : 'are'} counted.`,
        ]
      : []),
    ...(leftOut > 0
      ? [
          `${count(leftOut, 'cell')} of fields ${leftOut === 1 ? 'was' : 'were'} found and not classified, so the cells that are counted are not consecutive.`,
        ]
      : []),
    ...(repeats > 0
      ? [
          `${count(repeats, 'cell')} ${repeats === 1 ? 'is' : 'are'} counted twice, because the same image was sent to this case again. Move the repeats to another case.`,
        ]
      : []),
  ];
}

/** How often a version is wrong before a review. Null if that was not measured. */
export function errorsText({ specificity, sensitivity, modelVersion }: Version): string | null {
  if (!specificity) return null;
  const label = modelVersion.positiveLabel;
  const wrong = Math.round((1 - specificity.estimate) * 100);
  const missed =
    sensitivity &&
    ` Of 100 cells that are, about ${Math.round((1 - sensitivity.estimate) * 100)} are missed (sensitivity ${decimal(sensitivity.estimate, 2)}).`;
  return (
    `Of 100 cells that are not “${label}”, about ${wrong} are counted as “${label}” by ${versionName(modelVersion)} ` +
    `(specificity ${decimal(specificity.estimate, 2)}).${missed ?? ''}`
  );
}

/** Which blast equivalents a version does not know. Null if it knows all. */
export function unknownTypesText({ unknownBlastEquivalents, modelVersion }: Version): string | null {
  if (unknownBlastEquivalents.length === 0) return null;
  const names = listed(unknownBlastEquivalents.map((type) => `${cellTypeLabels[type].toLowerCase()}s`));
  return `${names.charAt(0).toUpperCase()}${names.slice(1)} are not recognised by ${versionName(modelVersion)}. In some leukaemias they are counted like blasts.`;
}

function versionName({ version, model }: Version['modelVersion']): string {
  return `${model.name} version ${version}`;
}

/** 'a, b and c' */
function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** The same text, which stays on one line. */
function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}
