import type { CellTypeMetrics, Interval } from '../../server/artifact/classification-metrics.js';
import { type Manifest } from '../../server/artifact/manifest.js';
import { calibratedCellTypes } from '../../server/decision/decision-rules.js';

/**
 * The section of a model card about the cell types, in Markdown; empty for a version that does not know them.
 * @param heldOut the name of the images that the validation figures are of
 */
export function cellTypeSection(manifest: Pick<Manifest, 'cellTypes' | 'metrics'>, heldOut: string): string {
  const { validation, test } = manifest.metrics;
  const cellTypes = calibratedCellTypes(manifest);
  if (!cellTypes || !validation.cellTypes) return '';
  const thresholdOf = new Map(cellTypes.labels.map((label, index) => [label, cellTypes.thresholds[index]]));
  return `
### Cell types

A second output gives a probability of each label of the snapshot. The most probable type is named if the answer is classified and the
type reaches its threshold. A named type never changes the answer: if the two contradict each other, the answer is withheld. A type is
never named if it has fewer than 50 training cells, or if no threshold is reliable enough. Sensitivity is the share of the type's images
that are named so, precision the share of the images named so that are of this type. 95 % intervals are Wilson's, over images, and so
too narrow if the images are of few patients. The probabilities are calibrated by one temperature, ${cellTypes.temperature.toFixed(2)}.

${cellTypeTable(`images (${heldOut})`, validation.cellTypes, thresholdOf)}
${test?.cellTypes ? `\n${cellTypeTable('images (test)', test.cellTypes, thresholdOf)}\n` : ''}`;
}

function cellTypeTable(
  images: string,
  { types }: CellTypeMetrics,
  thresholdOf: ReadonlyMap<string, number | null | undefined>,
): string {
  return [
    `| type | threshold | ${images} | AUC against the rest | sensitivity | precision |`,
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...types.map(({ label, itemCount, auc, sensitivity, precision }) => {
      const cells = [
        label,
        threshold(thresholdOf.get(label)),
        String(itemCount),
        auc === null ? '–' : auc.toFixed(4),
        interval(sensitivity),
        interval(precision),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}

function threshold(value: number | null | undefined): string {
  if (value === undefined) return 'unknown type';
  return value === null ? 'never named' : percent(value);
}

function interval(value: Interval | null): string {
  return value ? `${percent(value.estimate)} (${percent(value.lower)}–${percent(value.upper)})` : '–';
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
