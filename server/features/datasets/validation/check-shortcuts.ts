import type { Colour } from '../../../pixels/measure-pixels.js';
import { itemsByLabel, sharesByLabel, someOfEachLabel } from './by-label.js';
import { mostFrequentByLabel } from './check-mix.js';
import type { Finding } from './finding.js';
import type { ImageCheck } from './image-check.js';
import type { ImageItem, MeasuredItem } from './measured-items.js';
import {
  borderFeatures,
  cellSizeFeatures,
  colourFeatures,
  cornerFeatures,
  filePropertyFeatures,
  fileSizeFeatures,
  redCellFeatures,
} from './shortcuts/feature-sets.js';
import type { Table } from './shortcuts/linear-classifier.js';
import { type LabelPrediction, predictLabel } from './shortcuts/predict-label.js';

// The shortcut audit: can the label be predicted from anything but the cell? If so, a model will learn that shortcut, have
// excellent metrics, and fail in another hospital (Geirhos et al., Shortcut learning in deep neural networks, 2020; Zech
// et al., Variable generalization performance of a deep learning model to detect pneumonia in chest radiographs, 2018).
// shortcuts/predict-label.ts describes how it is measured.

/** AUC: nine of ten pairs of images are ranked correctly without looking at the cell. The snapshot is rejected. */
const ERROR_AT = 0.9;
/** AUC: seven of ten pairs, enough for a model to use the shortcut. The warning must be acknowledged. */
const WARNING_AT = 0.7;
/** Significance level: a finding this strong occurs by chance in one of a hundred audits. */
const P_AT_MOST = 0.01;

interface Audit {
  check: string;
  features: (items: readonly MeasuredItem[]) => Table;
  /** What the label is predicted from: 'the image corners alone, without any cell' */
  from: string;
  /** Describes how the labels differ there, as the end of a sentence. */
  describe: (items: readonly MeasuredItem[]) => string;
  /** The likely cause and what to do, if the label can be predicted. */
  meaning: string;
  /** The lowest AUC that is an ERROR; null: never an ERROR. */
  errorAt: number | null;
  /** The lowest AUC that is a WARNING; null: never a WARNING. */
  warningAt: number | null;
}

export const shortcutInCorners: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-corners',
    features: cornerFeatures,
    from: 'the image corners alone, without any cell',
    describe: (of) => meanColours(of, 'corners are', ({ corners }) => corners),
    meaning:
      'The images probably come from different microscopes or stains, and a model would learn the microscope instead of the cell. Use images of all labels from the same slides.',
    errorAt: ERROR_AT,
    warningAt: WARNING_AT,
  });

export const shortcutInBorder: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-border',
    features: borderFeatures,
    from: 'the image border alone, a narrow frame without any cell',
    describe: (of) => meanColours(of, 'borders are', ({ border }) => [border]),
    meaning:
      'The images probably come from different microscopes, or were cropped or marked in different ways, and a model would learn that instead of the cell. Use images of all labels from the same slides, prepared in the same way.',
    errorAt: ERROR_AT,
    warningAt: WARNING_AT,
  });

export const shortcutInFileProperties: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-file-properties',
    features: filePropertyFeatures,
    from: 'the file properties alone (dimensions, format, compression), without looking at the picture',
    describe: (of) => mostFrequentByLabel(of.map((item) => [item.label, fileKind(item)])),
    meaning:
      'The images were probably taken or saved in different places, which leaves traces in every pixel that a model would learn instead of the cell. Use images of all labels from one source, saved in the same way.',
    errorAt: ERROR_AT,
    warningAt: WARNING_AT,
  });

/** File size also depends on the picture's content, including the cell, so this warning has a higher threshold. */
export const shortcutInFileSize: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-file-size',
    features: fileSizeFeatures,
    from: 'the file sizes alone',
    describe: meanFileSizes,
    meaning:
      'Cells of one kind may need larger files than others, but a difference this large is usually one of compression or sharpness. Compare the images, and save them all in the same way.',
    errorAt: null,
    warningAt: 0.97,
  });

/** The colour of the whole image includes the cell: a large blue blast makes it bluer. So this is only reported as INFO, never as a fault of the data. */
export const labelInColour: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'label-in-colour',
    features: colourFeatures,
    from: 'the mean colour of the whole image',
    describe: (of) => meanColours(of, 'images are', ({ colour }) => [colour]),
    meaning:
      'This includes the colour of the cell itself, so it is not a fault. Compare it with the result for the corners.',
    errorAt: null,
    warningAt: null,
  });

/**
 * The scale is the diameter of red cells in pixels, which have the same size in all images of one microscope: the means of patients differ
 * by about ±15 %. If it is unknown for most images of a label, the white cells are compared instead. Their size also depends on their
 * kind, so that warning has a higher threshold.
 */
export const scaleOfLabels: ImageCheck = ({ sample }) => {
  const unknown = sharesByLabel(sample, ({ cells }) => cells.redCellDiameter === null);
  const byRedCells = unknown.every(({ share }) => share <= UNKNOWN_SCALES_AT_MOST);
  const [finding] = byRedCells
    ? audit(
        sample.filter(({ cells }) => cells.redCellDiameter !== null),
        {
          check: 'scale',
          features: redCellFeatures,
          from: 'the scale alone, the diameter of red cells in pixels',
          describe: (of) => medianSizes(of, 'red cells are', ({ redCellDiameter }) => redCellDiameter),
          ...(isSameScale(sample)
            ? {
                meaning:
                  'The medians differ by less than 5 %, which is about as much as measuring red cells varies.',
                errorAt: null,
                warningAt: null,
              }
            : {
                meaning:
                  'The scale differs between the labels, which is a shortcut: the images were probably magnified, cropped or resized in different ways, and a model would learn that instead of the cell. Use images of all labels from the same microscope, prepared in the same way.',
                errorAt: ERROR_AT,
                warningAt: WARNING_AT,
              }),
        },
      )
    : audit(
        sample.filter(({ cells }) => cells.subject !== null),
        {
          check: 'scale',
          features: cellSizeFeatures,
          from: 'the diameter of the white cells in pixels alone',
          describe: (of) => medianSizes(of, 'cells are', ({ subject }) => subject?.diameter),
          meaning:
            'Cells of one kind may be larger than others, but a difference this large is usually one of scale, which is a shortcut. Compare the images, and use images of all labels from the same microscope, prepared in the same way.',
          errorAt: null,
          warningAt: 0.97,
        },
      );
  if (!finding) return [];
  const each = unknown.filter(({ count }) => count > 0).map(({ text }) => text);
  const noScale =
    each.length > 0 ? ` No red cell could be measured in some of the images: ${each.join(', ')}.` : '';
  return [{ ...finding, message: finding.message + noScale }];
};

/** Labels whose median red cells differ by less than this factor have the same scale: large cells hide red cells, which biases their size. */
const SAME_SCALE = 1.05;

function isSameScale(items: readonly MeasuredItem[]): boolean {
  const medians = [...itemsByLabel(items)].map(([, same]) =>
    medianOf(same.flatMap(({ cells }) => cells.redCellDiameter ?? [])),
  );
  return Math.max(...medians) < SAME_SCALE * Math.min(...medians);
}

/** The largest share of the images of each label with an unknown scale, for the others to represent them. */
const UNKNOWN_SCALES_AT_MOST = 0.5;

function audit(audited: readonly MeasuredItem[], { check, features, ...terms }: Audit): Finding[] {
  const prediction = predictLabel(features(audited), audited);
  if (!prediction) return [];
  const severity = severityOf(prediction, terms);
  const threshold = (severity === 'ERROR' ? terms.errorAt : terms.warningAt) ?? undefined;
  return [
    {
      check,
      severity,
      message: sentencesOf(prediction, severity, terms, audited),
      count: audited.length,
      examples: [],
      exampleKeys: severity === 'INFO' ? [] : someOfEachLabel(audited),
      statistic: prediction.auc,
      threshold,
    },
  ];
}

type Terms = Omit<Audit, 'check' | 'features'>;

function severityOf({ auc, p }: LabelPrediction, { errorAt, warningAt }: Terms): Finding['severity'] {
  if (p > P_AT_MOST) return 'INFO';
  if (errorAt !== null && auc >= errorAt) return 'ERROR';
  return warningAt !== null && auc >= warningAt ? 'WARNING' : 'INFO';
}

function sentencesOf(
  { label, auc, chance, p, byGroup, labelCount }: LabelPrediction,
  severity: Finding['severity'],
  { from, describe, meaning, warningAt }: Terms,
  items: readonly MeasuredItem[],
): string {
  const which = labelCount > 2 ? ` for ${label} against the rest` : '';
  const figures =
    `AUC ${auc.toFixed(3)}${which}, on held-out ${byGroup ? 'patients' : 'images'}; ` +
    `by chance ${chance[0].toFixed(2)} to ${chance[1].toFixed(2)}`;
  if (p > P_AT_MOST) return `The label cannot be predicted better than by chance from ${from} (${figures}).`;
  if (severity === 'INFO' && warningAt !== null) {
    return `The label can hardly be predicted from ${from} (${figures}). An AUC of ${warningAt} or more would be a warning.`;
  }
  const partly = auc < ERROR_AT ? 'partly ' : '';
  const compared = labelCount > 2 ? items.map((item) => againstTheRest(item, label)) : items;
  return `The label can ${partly}be predicted from ${from} (${figures}): ${describe(compared)}. ${meaning}`;
}

function againstTheRest(item: MeasuredItem, label: string): MeasuredItem {
  return item.label === label ? item : { ...item, label: 'the others' };
}

/** 'basophil corners are on average rgb(233, 202, 187), myeloblast rgb(240, 231, 236)' */
function meanColours(
  items: readonly MeasuredItem[],
  subject: string,
  coloursOf: (measurements: MeasuredItem['measurements']) => readonly Colour[],
): string {
  return [...itemsByLabel(items)]
    .map(([label, same], index) => {
      const colours = same.flatMap(({ measurements }) => coloursOf(measurements));
      const mean = (channel: 0 | 1 | 2) => meanOf(colours.map((colour) => colour[channel])).toFixed(0);
      return `${label}${index === 0 ? ` ${subject} on average` : ''} rgb(${mean(0)}, ${mean(1)}, ${mean(2)})`;
    })
    .join(', ');
}

/** 'red cells are 46 pixels wide in blast (median), 61 in lymphocyte' */
function medianSizes(
  items: readonly MeasuredItem[],
  subject: string,
  sizeOf: (cells: ImageItem['cells']) => number | null | undefined,
): string {
  const sizes = [...itemsByLabel(items)].map(([label, same]) => {
    const median = medianOf(same.flatMap(({ cells }) => sizeOf(cells) ?? []));
    return { label, median: median.toFixed(0) };
  });
  return sizes
    .map(({ label, median }, index) =>
      index === 0 ? `${subject} ${median} pixels wide in ${label} (median)` : `${median} in ${label}`,
    )
    .join(', ');
}

/** 'blast 12.1 kB per file on average, lymphocyte 9.8 kB' */
function meanFileSizes(items: readonly MeasuredItem[]): string {
  return [...itemsByLabel(items)]
    .map(([label, same], index) => {
      const kilobytes = meanOf(same.map(({ byteSize }) => byteSize / 1000)).toFixed(1);
      return `${label} ${kilobytes} kB${index === 0 ? ' per file on average' : ''}`;
    })
    .join(', ');
}

function fileKind({ width, height, mediaType, measurements: { jpeg } }: MeasuredItem): string {
  const quality = jpeg ? ` of quality ${jpeg.quality}` : '';
  return `${width} × ${height} ${mediaType.replace('image/', '').toUpperCase()}${quality}`;
}

/** NaN if there are no values. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [below = NaN, above = NaN] = [(sorted.length - 1) / 2, sorted.length / 2].map(
    (index) => sorted[Math.floor(index)],
  );
  return (below + above) / 2;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
