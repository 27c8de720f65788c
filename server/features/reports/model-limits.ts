import type { Interval } from '../../artifact/classification-metrics.js';
import { type Manifest, validationPart } from '../../artifact/manifest.js';
import { calibratedCellTypes, type CellTypes } from '../../decision/decision-rules.js';
import { unknownBlastEquivalents } from '../differential/unknown-blast-equivalents.js';
import { modelTypeText } from './report-words.js';

type MeasuredManifest = Pick<Manifest, 'metrics' | 'positiveLabel'> & {
  /** Of a version whose decision rules were fitted to local cells. */
  readonly fit?: object | undefined;
};

/**
 * What a version was measured on and which cells it does not know, in sentences for a report.
 * @param trainedElsewhere whether its figures are claims of the person who registered it
 */
export function limitsOf(
  manifest: MeasuredManifest & Pick<Manifest, 'cellTypes'>,
  trainedElsewhere: boolean,
): string[] {
  const cellTypes = calibratedCellTypes(manifest);
  const unknown = unknownBlastEquivalents(manifest);
  return [
    measured(manifest),
    ...(trainedElsewhere ? ['These figures are claims of the person who registered the version.'] : []),
    cellTypes === null
      ? `It does not name cell types; it only separates ${manifest.positiveLabel} from other cells.`
      : namedTypes(cellTypes),
    ...(unknown.length > 0
      ? [
          `It does not know ${unknown.map((type) => `${modelTypeText(type)}s`).join(' and ')}, which can count as blasts.`,
        ]
      : []),
  ];
}

function namedTypes({ labels, thresholds }: CellTypes): string {
  const named = labels.filter((_, index) => thresholds[index] !== null);
  const never = labels.filter((_, index) => thresholds[index] === null);
  if (named.length === 0) return `It never names the cell types that it learned: ${listOf(never)}.`;
  return `It names only the cell types ${listOf(named)}${never.length > 0 ? `, and never ${listOf(never)}` : ''}.`;
}

/** The figures in the manifest of a fit are those of the version before it. */
function measured({ metrics, positiveLabel, fit }: MeasuredManifest): string {
  const of = metrics.test ?? metrics.validation;
  const part = metrics.test ? 'test' : validationPart(metrics);
  const patients = of.groupCount === null ? '' : ` of ${of.groupCount} patients or slides`;
  const { sensitivity, specificity } = of;
  const rates = [
    ...(sensitivity ? [`${percent(sensitivity)} of ${positiveLabel} found`] : []),
    ...(specificity ? [`${percent(specificity)} of other cells recognised as such`] : []),
  ].join(', ');
  const measuredOn = fit
    ? 'Before its decision rules were fitted to local cells, it was measured on'
    : 'Measured on';
  return `${measuredOn} ${of.itemCount} cells${patients} of one data set (${part})${rates && `: ${rates}`}. The figures do not cover other stains and scanners.`;
}

/** '95.2 % (92.1–97.2 %)', with the 95 % interval. */
function percent({ estimate, lower, upper }: Interval): string {
  const text = (value: number) => (100 * value).toFixed(1);
  return `${text(estimate)} % (${text(lower)}–${text(upper)} %)`;
}

function listOf(labels: readonly string[]): string {
  return labels.map(modelTypeText).join(', ');
}
