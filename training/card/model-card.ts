import type { Manifest } from '../../server/artifact/manifest.js';
import type { EvaluationMetrics, Interval } from '../../server/artifact/classification-metrics.js';
import { cellTypeSection } from './cell-type-section.js';
import { type ScannerResult, scannerTable } from './scanner-results.js';

/** The facts for the card that the manifest does not contain. */
export interface CardFacts {
  modelName: string;
  snapshot: { name: string; version: number; source: string };
  /** Images and groups (patients; null where unknown) of each split, or of each fold. */
  splits: { name: string; images: number; positives: number; groups: number | null }[];
  /** Of each member. */
  bestEpochs: readonly number[];
  epochs: number;
  /** Of the images held out to calibrate and decide on, and of the test split; empty where there is none. */
  results: { heldOut: readonly ScannerResult[]; test: readonly ScannerResult[] };
  /** Largest difference between the TensorFlow.js and the ONNX form, on held-out images. */
  parity: number;
}

/** The model card, in Markdown: what the version does, its training data, its performance and its limits. */
export function modelCard(manifest: Omit<Manifest, 'files'>, facts: CardFacts): string {
  const [negative, positive] = manifest.classes;
  const { metrics, network, preprocessing, provenance } = manifest;
  const [low, high] = manifest.abstentionBand;
  const members = facts.bestEpochs.length;
  const heldOut = members > 1 ? 'out of fold' : 'validation';
  return `# ${facts.modelName}: ${positive} or ${negative}

Decision support for research and development. **Not a medical device**: do not use it to diagnose.

## What it does

From one image of one white blood cell it gives the calibrated probability of **${positive}**. At ${percent(manifest.decisionThreshold)}
or above the answer is ${positive}, below it ${negative}. Between ${percent(low)} and ${percent(high)} it withholds the answer
(INDETERMINATE). It also withholds the answer for images unlike its training images (OUT_OF_DISTRIBUTION).

${
  members > 1
    ? `An ensemble of ${members} convolutional networks, trained from scratch and joined into one`
    : 'A convolutional network, trained from scratch'
} (${network.name}): ${network.parameters.toLocaleString('en')} weights,
${(network.macs / 1e6).toFixed(1)} million multiplications an image, input ${preprocessing.inputSize} × ${preprocessing.inputSize} pixels${partOfPicture(preprocessing)}${
    preprocessing.colour.kind === 'white-balance' ? ', white-balanced on the background of the slide' : ''
  }. The logit is the
${members > 1 ? 'mean of the calibrated logits of the members, and so the ' : ''}mean of the evidence map, so the map shows exactly where a score comes from.

## Data

Snapshot \`${facts.snapshot.name}\` version ${facts.snapshot.version}, from \`${publicSource(facts.snapshot.source)}\`; digest \`${provenance.snapshotDigest ?? 'none'}\`.${originOf(provenance)}${erasedFrom(provenance)}

| split | images | ${positive} | groups (patients) |
| --- | ---: | ---: | ---: |
${facts.splits
  .filter(({ images }) => images > 0)
  .map(
    ({ name, images, positives, groups }) =>
      `| ${name} | ${images} | ${positives} | ${groups ?? 'unknown'} |`,
  )
  .join('\n')}

${
  facts.splits.some(({ groups }) => groups !== null)
    ? `No group is in two ${members > 1 ? 'of them' : 'splits'}.`
    : '**The groups (patients) are not known**: images of one patient may be in several of them, so every figure below may be too optimistic.'
}

## Figures

95 % intervals are bootstrapped over ${metrics.validation.groupCount === null ? 'images' : 'groups and over images: the wider of both'}. ${whatFiguresAreOf(members, metrics.test !== null)}${
    provenance.parameters.simulatedScanners === true
      ? ` Calibration, threshold
and band were also chosen on held-out images with simulated scanner differences. On the original images the answers
are a little less certain than they could be, but remain reliable on other scanners.`
      : ''
  }${
    typeof provenance.parameters.targetSensitivity === 'number'
      ? ` The threshold is the highest that finds
${percent(provenance.parameters.targetSensitivity)} of these images of ${positive}.`
      : ''
  }

${figuresTable(heldOut, metrics)}

Rates are computed at the threshold over all images, including those with a withheld answer.
${simulatedSection(`Held-out images (${heldOut})`, facts.results.heldOut)}${simulatedSection('The test split', facts.results.test)}${cellTypeSection(manifest, heldOut)}
## Limits

- All figures are from one snapshot: its patients, its stain, its microscope. On another scanner the order of the scores
  holds better than their calibration: evaluate it on your own images before you rely on it.
- It knows the cells that the snapshot shows, one cell an image. Other cell kinds, debris and blurred images are not in its figures;
  the out-of-distribution score finds only part of them. The figures are of the network: the checks of what a picture shows (no cell,
  several cells, a cell cut off, another scale) withhold some more answers.
- Labels are those of the snapshot; where they are wrong, the figures are too.

## How it was made

Seed ${provenance.seed}, best of ${facts.epochs} epochs: ${facts.bestEpochs.join(', ')}. Parameters: ${Object.entries(
    provenance.parameters,
  )
    .map(([name, value]) => `\`${name}=${JSON.stringify(value)}\``)
    .join(', ')}. Libraries: ${Object.entries(provenance.libraries)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}. TensorFlow.js and ONNX agree to ${facts.parity.toExponential(1)}.
`;
}

/** What of the picture the network sees. */
function partOfPicture({ frame, crop = 1 }: Manifest['preprocessing']): string {
  if (frame) {
    const { micrometres, diameters, usualPicture: usual } = frame;
    const asWide = usual
      ? `; pictures that are ${usual.narrowest} to ${usual.widest} µm wide by their red cells count as ${usual.micrometres} µm wide`
      : '; the pictures have no usual width, so the scale is that of the red cells in each';
    return ` of the square of ${micrometres} µm around the cell (${diameters} times the cell's diameter where the scale is unknown${asWide})`;
  }
  return crop === 1 ? '' : ` of the inner ${percent(crop)} of the image`;
}

function whatFiguresAreOf(members: number, isTested: boolean): string {
  const chosen = 'the calibration, the threshold and the abstention band were chosen on';
  const ofTest = isTested
    ? `nothing was chosen on the test split${members > 1 ? ', which the whole ensemble answers' : ''}.`
    : 'there is no test split.';
  return members > 1
    ? `Out of fold: each image answered by the one member that
had not seen its group. These figures are of single members; the ensemble usually does better. The best epochs, ${chosen}
these images, so the figures are slightly too optimistic; ${ofTest}`
    : `The best epoch, ${chosen} the validation split, so
its figures are too optimistic; ${ofTest}`;
}

function simulatedSection(what: string, results: readonly ScannerResult[]): string {
  if (results.length < 2) return '';
  return `
${what} as simulated scanners would show them: a proxy for other laboratories, not a measurement of one. Coverage is the
share of the answers that are not withheld, the selective error the share of these that are wrong.

${scannerTable(results)}
`;
}

/** How many images were erased before the training, as a sentence; empty if none was. */
function erasedFrom({ erased }: Manifest['provenance']): string {
  if (!erased) return '';
  const images = erased.count === 1 ? 'image was' : 'images were';
  return ` ${erased.count.toLocaleString('en')} ${images} erased with their cases before the training; the digest of those that are left is \`${erased.digestOfOthers}\`.`;
}

/** How many images come from reviews, as a sentence; empty if none does. */
function originOf({ itemCounts }: Manifest['provenance']): string {
  if (!itemCounts) return '';
  const { reviewed, other } = itemCounts;
  const whole = (reviewed + other).toLocaleString('en');
  return ` Of its ${whole} images, ${reviewed.toLocaleString('en')} come from reviewed predictions with their final labels, and ${other.toLocaleString('en')} from a base snapshot.`;
}

/** Shows only the name of a folder: its path on the machine is private. */
function publicSource(source: string): string {
  return source.replace(/^file:.*[\\/](?=[^\\/]+[\\/]?$)/, 'file:…/');
}

function figuresTable(heldOut: string, { validation, test }: Manifest['metrics']): string {
  const figures: [string, (metrics: EvaluationMetrics) => string][] = [
    ['AUC', ({ auc }) => interval(auc)],
    ['sensitivity', ({ sensitivity }) => interval(sensitivity)],
    ['specificity', ({ specificity }) => interval(specificity)],
    ['balanced accuracy', ({ balancedAccuracy }) => interval(balancedAccuracy)],
    ['expected calibration error', ({ expectedCalibrationError }) => number(expectedCalibrationError)],
    ['Brier score', ({ brierScore }) => number(brierScore)],
    ['abstention rate', ({ abstentionRate }) => number(abstentionRate)],
    ['images', ({ itemCount }) => String(itemCount)],
    ['groups', ({ groupCount }) => (groupCount === null ? 'unknown' : String(groupCount))],
  ];
  const columns = [
    { title: heldOut, metrics: validation },
    ...(test ? [{ title: 'test', metrics: test }] : []),
  ];
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(['', ...columns.map(({ title }) => title)]),
    line(['---', ...columns.map(() => '---')]),
    ...figures.map(([name, show]) => line([name, ...columns.map(({ metrics }) => show(metrics))])),
  ].join('\n');
}

function interval(value: Interval | null): string {
  return value ? `${number(value.estimate)} (${number(value.lower)}–${number(value.upper)})` : 'undefined';
}

function number(value: number | null): string {
  return value === null ? 'undefined' : value.toFixed(4);
}

function percent(probability: number): string {
  return `${(100 * probability).toFixed(1)} %`;
}
