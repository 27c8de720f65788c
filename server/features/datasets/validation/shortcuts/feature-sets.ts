import type { Colour } from '../../../../pixels/measure-pixels.js';
import { countsOf } from '../cramers-v.js';
import type { MeasuredItem } from '../measured-items.js';
import type { Table } from './linear-classifier.js';

/** The number of most frequent values of a category that get a column each; all other values have no column. */
const MOST_VALUES = 8;

/** `[items, 15]`: the mean colours of the four corners, darkest first (so that rotation makes no difference), and their spread. */
export function cornerFeatures(items: readonly MeasuredItem[]): Table {
  return tableOf(
    items.map(({ measurements: { corners, cornerSpread } }) => [
      ...corners.toSorted((a, b) => brightnessOf(a) - brightnessOf(b)).flat(),
      ...cornerSpread,
    ]),
  );
}

/** `[items, 6]`: mean and spread of the border's colour. */
export function borderFeatures(items: readonly MeasuredItem[]): Table {
  return tableOf(items.map(({ measurements: { border, borderSpread } }) => [...border, ...borderSpread]));
}

/** `[items, 6]`: mean and spread of the whole image's colour. */
export function colourFeatures(items: readonly MeasuredItem[]): Table {
  return tableOf(items.map(({ measurements: { colour, colourSpread } }) => [...colour, ...colourSpread]));
}

/** `[items, 1]`: natural logarithm of the bytes per pixel. */
export function fileSizeFeatures(items: readonly MeasuredItem[]): Table {
  return tableOf(items.map(({ byteSize, width, height }) => [Math.log(byteSize / (width * height))]));
}

/** `[items, 1]`: natural logarithm of the diameter of red cells in pixels, which must be known. */
export function redCellFeatures(items: readonly MeasuredItem[]): Table {
  return tableOf(items.map(({ cells }) => [Math.log(cells.redCellDiameter ?? NaN)]));
}

/** `[items, 1]`: natural logarithm of the diameter of the white cell in pixels, which must be known. */
export function cellSizeFeatures(items: readonly MeasuredItem[]): Table {
  return tableOf(items.map(({ cells }) => [Math.log(cells.subject?.diameter ?? NaN)]));
}

/** `[items, columns]`: dimensions, format and compression: properties of the file, regardless of the picture's content. */
export function filePropertyFeatures(items: readonly MeasuredItem[]): Table {
  const categories = [
    ({ width, height }: MeasuredItem) => `${width}x${height}`,
    ({ mediaType }: MeasuredItem) => mediaType,
    ({ measurements: { jpeg } }: MeasuredItem) => jpeg?.tables ?? 'none',
    ({ measurements: { jpeg } }: MeasuredItem) => `${jpeg?.subsampling} ${jpeg?.progressive}`,
  ].map((valueOf) => {
    const counts = [...countsOf(items.map(valueOf))].sort((a, b) => b[1] - a[1]);
    return { valueOf, values: counts.slice(0, MOST_VALUES).map(([value]) => value) };
  });
  return tableOf(
    items.map((item) => [
      Math.log(item.width * item.height),
      Math.log(item.width / item.height),
      item.measurements.jpeg?.quality ?? 100,
      ...categories.flatMap(({ valueOf, values }) => values.map((value) => Number(valueOf(item) === value))),
    ]),
  );
}

function brightnessOf([red, green, blue]: Colour): number {
  return red + green + blue;
}

function tableOf(rows: readonly (readonly number[])[]): Table {
  const columnCount = rows[0]?.length ?? 0;
  return { rowCount: rows.length, columnCount, values: Float64Array.from(rows.flat()) };
}
