import type { FitRecord, Rates } from '../../server/artifact/fit-record.js';
import type { Manifest } from '../../server/artifact/manifest.js';

/** The version that a fit starts from. */
export interface FittedFrom {
  modelName: string;
  /** Null if it is not in a registry. */
  version: number | null;
  /** In Markdown. */
  modelCard: string;
}

/**
 * The model card of a fitted version, in Markdown: what was fitted, to which cells, the figures before and after, and then the card
 * of the base version.
 * @throws RangeError if the manifest is not that of a fit
 */
export function fitCard({ fit, classes, ...rules }: Manifest, base: FittedFrom): string {
  if (!fit) throw new RangeError('The manifest is not that of a fitted version.');
  const { cells, figures, correction, warnings } = fit;
  const [low, high] = rules.abstentionBand;
  const baseVersion = base.version === null ? 'the base version' : `version ${base.version}`;
  const left = cells.excluded.trainingImages + cells.excluded.trainingPatients;
  return `# ${base.modelName}: fitted to a laboratory

Fitted from ${baseVersion} (digest \`${fit.base}\`). The network is the same. The decision rules were fitted to ${
    cells.classes[0].cells + cells.classes[1].cells
  } cells that
were labelled in the laboratory. Decision support for research and development. **Not a medical device**: do not use it to diagnose.

## Fitted cells

| label | cells | patients |
| --- | ---: | ---: |
${cells.classes.map((each) => `| ${each.label} | ${each.cells} | ${each.patients ?? 'unknown'} |`).join('\n')}

Digest of the cells: \`${cells.digest}\`. ${percent(fit.samplePrevalence)} of them are ${classes[1]}; the probabilities are for a share of
${percent(fit.prevalence)}, an estimate for the laboratory. Left out: ${left} cells of the training data of the base version, and
${cells.withheldPictures} pictures that do not show one whole cell at a known scale.
${warnings.map((warning) => `\n**Note.** ${warning}\n`).join('')}
## Before and after

${
  figures.isClearlyBetter
    ? 'On these cells the fitted version is better than its base by more than chance.'
    : '**On these cells the fitted version is not clearly better than its base.**'
} Each cell is answered with rules that were
fitted without ${figures.leftOut === 'PATIENT' ? 'its patient, where the patient is known' : 'it, because the patients are unknown or too few'}.${figures.noInterval === null ? ' With 95 % intervals; the difference is paired.' : ` ${figures.noInterval}`}

${fitTable(figures)}

## Decision rules

The logit of the probability is ${correction.slope.toFixed(3)} times that of the base version, plus ${correction.intercept.toFixed(3)}. The threshold is
${percent(rules.decisionThreshold)} (${fit.isThresholdEstimated ? 'estimated on the fitted cells' : 'carried over'}); answers from ${percent(low)} to ${percent(high)} are withheld
(${fit.isBandEstimated ? 'estimated on the fitted cells' : 'carried over'}).

# The base version

Everything below is about ${baseVersion}, with its own decision rules.

${base.modelCard}`;
}

/** The figures before and after a fit, and their difference, as a Markdown table. */
export function fitTable({ before, after, difference }: FitRecord['figures']): string {
  return [
    '| figure | before | after | difference |',
    '| --- | ---: | ---: | ---: |',
    ...rows.map(
      ([name, key]) =>
        `| ${[name, ...[before, after, difference].map((rates) => rateText(rates[key]))].join(' | ')} |`,
    ),
  ].join('\n');
}

const rows: [name: string, key: keyof Rates][] = [
  ['Sensitivity', 'sensitivity'],
  ['Specificity', 'specificity'],
  ['Balanced accuracy', 'balancedAccuracy'],
  ['Expected calibration error', 'expectedCalibrationError'],
  ['Brier score', 'brierScore'],
  ['Coverage (not withheld)', 'coverage'],
  ['Wrong labels among answers that are not withheld', 'selectiveError'],
];

function rateText({ estimate, interval }: Rates[keyof Rates]): string {
  if (estimate === null) return '–';
  return interval === null
    ? estimate.toFixed(3)
    : `${estimate.toFixed(3)} (${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
