import type { Rates } from '../../server/artifact/fit-record.js';
import type { Manifest } from '../../server/artifact/manifest.js';

/** The version that a fit starts from. */
export interface FittedFrom {
  modelName: string;
  version: number;
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
  const left = cells.excluded.trainingImages + cells.excluded.trainingPatients;
  return `# ${base.modelName}: fitted to a laboratory

Fitted from version ${base.version} (digest \`${fit.base}\`). The network is the same. The decision rules were fitted to ${
    cells.classes[0].cells + cells.classes[1].cells
  } cells that
were labelled in the laboratory. Decision support for research and development. **Not a medical device**: do not use it to diagnose.

## Fitted cells

| label | cells | patients |
| --- | ---: | ---: |
${cells.classes.map((each) => `| ${each.label} | ${each.cells} | ${each.patients ?? 'unknown'} |`).join('\n')}

Digest of the cells: \`${cells.digest}\`. ${percent(fit.samplePrevalence)} of them are ${classes[1]}; the probabilities are for a share of
${percent(fit.prevalence)}, as in the held-out images of the base version. Left out: ${left} cells of the training data of the base version, and
${cells.withheldPictures} pictures that do not show one whole cell at a known scale.
${warnings.map((warning) => `\n**Note.** ${warning}\n`).join('')}
## Before and after

${
  figures.isClearlyBetter
    ? 'On these cells the fitted version is better than its base by more than chance.'
    : '**On these cells the fitted version is not clearly better than its base.**'
} Each cell is answered with rules that were
fitted without ${figures.leftOut === 'PATIENT' ? 'its patient' : 'it, because the patients are unknown or too few'}.${figures.noInterval === null ? ' With 95 % intervals; the difference is paired.' : ` ${figures.noInterval}`}

| figure | before | after | difference |
| --- | ---: | ---: | ---: |
${rows.map(([name, key]) => `| ${name} | ${[figures.before, figures.after, figures.difference].map((rates) => rateText(rates[key])).join(' | ')} |`).join('\n')}

## Decision rules

The logit of the probability is ${correction.slope.toFixed(3)} times that of the base version, plus ${correction.intercept.toFixed(3)}. The threshold is
${percent(rules.decisionThreshold)} (${fit.isThresholdEstimated ? 'estimated on the fitted cells' : 'carried over'}); answers from ${percent(low)} to ${percent(high)} are withheld
(${fit.isBandEstimated ? 'estimated on the fitted cells' : 'carried over'}).

# The base version

Everything below is about version ${base.version}, with its own decision rules.

${base.modelCard}`;
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
