import { seriesColour } from '../../../ui/colours.js';

/** A dash pattern for each of up to six versions, so that the lines differ without colour too. */
const dashes = [undefined, '7 4', '2 3', '10 3 2 3', '4 4', '12 4'] as const;

export interface LineStyle {
  colour: string;
  dashes: string | undefined;
}

export function lineStyle(index: number): LineStyle {
  const number = index % dashes.length;
  return { colour: seriesColour(number), dashes: dashes[number] };
}
