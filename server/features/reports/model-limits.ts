import type { Interval } from '../../artifact/classification-metrics.js';
import { type Manifest, validationPart } from '../../artifact/manifest.js';
import { calibratedCellTypes } from '../../decision/decision-rules.js';
import { modelTypeText } from './report-words.js';

/** Cells that count as blasts in some leukaemias, and how labels name them. */
const BLAST_EQUIVALENTS = [
  { name: 'promonocytes', pattern: /promonocyte/i },
  { name: 'abnormal promyelocytes', pattern: /promyelocyte/i },
];

/**
 * What a version was measured on and which cells it does not know, in sentences for a report.
 * @param trainedElsewhere whether its figures are claims of the person who registered it
 */
export function limitsOf(
  manifest: Pick<Manifest, 'metrics' | 'cellTypes' | 'positiveLabel' | 'fit'>,
  trainedElsewhere: boolean,
): string[] {
  const cellTypes = calibratedCellTypes(manifest);
  const never = cellTypes?.labels.filter((_, index) => cellTypes.thresholds[index] === null) ?? [];
  const known = cellTypes?.labels ?? [manifest.positiveLabel];
  const unknown = BLAST_EQUIVALENTS.filter(({ pattern }) => !known.some((label) => pattern.test(label)));
  return [
    measured(manifest),
    ...(manifest.fit ? ['Its decision rules were fitted to local cells afterwards.'] : []),
    ...(trainedElsewhere ? ['These figures are claims of the person who registered the version.'] : []),
    cellTypes === null
      ? `It does not name cell types; it only separates ${manifest.positiveLabel} from other cells.`
      : `It names only the cell types ${listOf(cellTypes.labels.filter((label) => !never.includes(label)))}${
          never.length > 0 ? `, and never ${listOf(never)}` : ''
        }.`,
    ...(unknown.length > 0
      ? [`It does not know ${unknown.map(({ name }) => name).join(' and ')}, which can count as blasts.`]
      : []),
  ];
}

function measured({ metrics, positiveLabel }: Pick<Manifest, 'metrics' | 'positiveLabel'>): string {
  const of = metrics.test ?? metrics.validation;
  const part = metrics.test ? 'test' : validationPart(metrics);
  const patients = of.groupCount === null ? '' : ` of ${of.groupCount} patients or slides`;
  const { sensitivity, specificity } = of;
  const rates = [
    ...(sensitivity ? [`${percent(sensitivity)} of ${positiveLabel} found`] : []),
    ...(specificity ? [`${percent(specificity)} of other cells recognised as such`] : []),
  ].join(', ');
  return `Measured on ${of.itemCount} cells${patients} of one data set (${part})${rates && `: ${rates}`}. Other stains and scanners were not measured.`;
}

/** '95.2 % (92.1–97.2 %)', with the 95 % interval. */
function percent({ estimate, lower, upper }: Interval): string {
  const text = (value: number) => (100 * value).toFixed(1);
  return `${text(estimate)} % (${text(lower)}–${text(upper)} %)`;
}

function listOf(labels: readonly string[]): string {
  return labels.map(modelTypeText).join(', ');
}
