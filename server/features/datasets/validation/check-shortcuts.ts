import { rowsByKey } from '../../../api/batched.js';
import type { Colour } from '../../../imaging/measure-image.js';
import { mostFrequentByLabel } from './check-mix.js';
import { EXAMPLE_IMAGES, type Finding } from './finding.js';
import type { ImageCheck } from './image-check.js';
import type { MeasuredItem } from './measured-items.js';
import {
  borderFeatures,
  colourFeatures,
  cornerFeatures,
  filePropertyFeatures,
  fileSizeFeatures,
} from './shortcuts/feature-sets.js';
import type { Table } from './shortcuts/linear-classifier.js';
import { type LabelPrediction, predictLabel } from './shortcuts/predict-label.js';

// The shortcut audit: can the label be predicted from what is not the cell? Then a model will learn that, its figures will
// be splendid, and in another hospital it will fail (Geirhos et al., Shortcut learning in deep neural networks, 2020; Zech
// et al., Variable generalization performance of a deep learning model to detect pneumonia in chest radiographs, 2018).
// How it is measured is said in shortcuts/predict-label.ts.

/** As good as a diagnosis: nine pairs of ten are told apart without a look at the cell. The snapshot is rejected. */
const ERROR_AT = 0.9;
/** Seven pairs of ten: enough for a model to make use of it. Must be acknowledged. */
const WARNING_AT = 0.7;
/** A finding as strong as that comes about by chance in one audit of a hundred. */
const P_AT_MOST = 0.01;

interface Audit {
  check: string;
  features: (items: readonly MeasuredItem[]) => Table;
  /** 'the image corners alone, without any cell' */
  from: string;
  /** What the labels look like there, as the end of a sentence. */
  describe: (items: readonly MeasuredItem[]) => string;
  /** What is wrong, where the label can be told. */
  meaning: string;
  /** AUC from which on it is an ERROR; null: never. */
  errorAt: number | null;
  /** AUC from which on it is a WARNING; null: never. */
  warningAt: number | null;
}

export const shortcutInCorners: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-corners',
    features: cornerFeatures,
    from: 'the image corners alone, without any cell',
    describe: (of) => meanColours(of, 'corners are', ({ corners }) => corners),
    meaning:
      'The images probably come from different microscopes or stains; a model would learn the microscope. Give images of all labels from the same slides.',
    errorAt: ERROR_AT,
    warningAt: WARNING_AT,
  });

export const shortcutInBorder: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-border',
    features: borderFeatures,
    from: "the image's edge alone, a narrow frame without any cell",
    describe: (of) => meanColours(of, 'edges are', ({ border }) => [border]),
    meaning:
      'The images probably come from different microscopes, or were cropped or marked in different ways; a model would learn that. Give images of all labels from the same slides, prepared alike.',
    errorAt: ERROR_AT,
    warningAt: WARNING_AT,
  });

export const shortcutInFileProperties: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-file-properties',
    features: filePropertyFeatures,
    from: 'the files alone (dimensions, format, compression), without a look at the picture',
    describe: (of) => mostFrequentByLabel(of.map((item) => [item.label, fileKind(item)])),
    meaning:
      'The images were probably taken or saved in different places, and the traces of that are in every pixel; a model would learn them. Give images of all labels from one source, saved alike.',
    errorAt: ERROR_AT,
    warningAt: WARNING_AT,
  });

/** How much there is in a picture, the cell among it, decides on a file's size too: it takes more to be suspicious. */
export const shortcutInFileSize: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'shortcut-in-file-size',
    features: fileSizeFeatures,
    from: "the files' sizes alone",
    describe: meanFileSizes,
    meaning:
      'Cells of one kind may fill more of their files than others; a difference as large as this is more often one of compression or sharpness. Compare the images, and save them alike.',
    errorAt: null,
    warningAt: 0.97,
  });

/** The colour of the whole image is the cell's too: a large blue blast makes it bluer. So it is only told, never held against the data. */
export const labelInColour: ImageCheck = ({ sample }) =>
  audit(sample, {
    check: 'label-in-colour',
    features: colourFeatures,
    from: 'the mean colour of the whole image',
    describe: (of) => meanColours(of, 'images are', ({ colour }) => [colour]),
    meaning: 'The cell has a part in that, so it is no fault; compare it with what the corners tell.',
    errorAt: null,
    warningAt: null,
  });

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
    `AUC ${auc.toFixed(3)}${which}, on ${byGroup ? 'patients' : 'images'} not learned from; ` +
    `by chance ${chance[0].toFixed(2)} to ${chance[1].toFixed(2)}`;
  if (p > P_AT_MOST) return `From ${from}, the label cannot be told better than by chance (${figures}).`;
  if (severity === 'INFO' && warningAt !== null) {
    return `From ${from}, the label can hardly be told (${figures}): it would count from ${warningAt} on.`;
  }
  const partly = auc < ERROR_AT ? 'partly ' : '';
  const compared = labelCount > 2 ? items.map((item) => againstTheRest(item, label)) : items;
  return `The label can ${partly}be told from ${from} (${figures}): ${describe(compared)}. ${meaning}`;
}

function againstTheRest(item: MeasuredItem, label: string): MeasuredItem {
  return item.label === label ? item : { ...item, label: 'the others' };
}

/** 'basophil corners are on average rgb(233, 202, 187), myeloblast rgb(240, 231, 236)' */
function meanColours(
  items: readonly MeasuredItem[],
  things: string,
  coloursOf: (measurements: MeasuredItem['measurements']) => readonly Colour[],
): string {
  return [...itemsByLabel(items)]
    .map(([label, same], index) => {
      const colours = same.flatMap(({ measurements }) => coloursOf(measurements));
      const mean = (channel: 0 | 1 | 2) => meanOf(colours.map((colour) => colour[channel])).toFixed(0);
      return `${label}${index === 0 ? ` ${things} on average` : ''} rgb(${mean(0)}, ${mean(1)}, ${mean(2)})`;
    })
    .join(', ');
}

/** 'blast 12.1 kB a file on average, lymphocyte 9.8 kB' */
function meanFileSizes(items: readonly MeasuredItem[]): string {
  return [...itemsByLabel(items)]
    .map(([label, same], index) => {
      const kilobytes = meanOf(same.map(({ byteSize }) => byteSize / 1000)).toFixed(1);
      return `${label} ${kilobytes} kB${index === 0 ? ' a file on average' : ''}`;
    })
    .join(', ');
}

function fileKind({ width, height, mediaType, measurements: { jpeg } }: MeasuredItem): string {
  const quality = jpeg ? ` of quality ${jpeg.quality}` : '';
  return `${width} × ${height} ${mediaType.replace('image/', '').toUpperCase()}${quality}`;
}

/** Keys of some images of each label, to look at side by side. */
function someOfEachLabel(items: readonly MeasuredItem[]): string[] {
  const labels = [...itemsByLabel(items).values()];
  const each = Math.max(1, Math.floor(EXAMPLE_IMAGES / labels.length));
  return labels.flatMap((same) => same.slice(0, each).map(({ key }) => key)).slice(0, EXAMPLE_IMAGES);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The items of each label, labels in alphabetical order. */
function itemsByLabel(items: readonly MeasuredItem[]): Map<string, MeasuredItem[]> {
  const byLabel = rowsByKey(items, ({ label }) => label);
  return new Map([...byLabel].sort(([a], [b]) => (a < b ? -1 : 1)));
}
