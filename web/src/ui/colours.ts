/**
 * What each colour means, on every page. The text or the shape beside a colour says the same, so that nothing depends on colour.
 * The first value is for the light scheme, the second for the dark one. Text in one of these colours has a contrast of at least
 * 4.5 to the background of its scheme, lines and areas of at least 3.
 *
 * Problems, warnings, success and links have the colours of the palette in app/theme.ts. Red means a failure, never a cell.
 */
const meanings = {
  /** A cell with the positive label, such as a blast. */
  positive: ['#9c1f6b', '#ff9ad5'],
  /** Text on an area in the colour `positive`. */
  onPositive: ['#ffffff', '#3d0026'],
  /** A cell with the negative label. */
  negative: ['#00696b', '#5cd0d0'],
  /** A cell that needs review, and the abstention band. */
  needsReview: ['#8a5300', '#ffb95c'],
  /** A cell that the model does not recognise. */
  notRecognised: ['#4a4458', '#cfc7dc'],
  /** A cell of a field that was not classified. */
  leftOut: ['#5b5664', '#b0a9bd'],
  /** The decision threshold, and limits of statistics. */
  threshold: ['#2b2633', '#f1ecf7'],
  /** The scale of the probability, from the negative to the positive class. */
  scaleNegative: ['#cfe4e4', '#1d4546'],
  scaleMiddle: ['#efe9f2', '#37313f'],
  scalePositive: ['#f5cfe4', '#5a2345'],
  /** Between the lines of the abstention band. */
  bandBackground: ['#fff6e5', '#3a2a12'],
  /** The evidence map, as server/pixels/colour-evidence.ts draws it over the picture. */
  evidenceRaises: ['#d55e00', '#d55e00'],
  evidenceLowers: ['#0072b2', '#0072b2'],
  /** Behind a picture that is loading or narrower than its place. */
  pictureBackground: ['#ece8f3', '#2c2735'],
  /** What is selected, or ready to receive files. */
  selectedBackground: ['#ece5f8', '#3a3052'],
  /** The rest of a bar that is not filled, and areas in charts. */
  track: ['#e4deed', '#443d50'],
  /** The lines of a chart's grid, and the border of a place for files. */
  gridLine: ['#d8d1e2', '#4a4356'],
  strongLine: ['#8d86a0', '#8d86a0'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

/** Lines and areas that only differ from each other, such as versions, members and labels, in this order. */
const series = [
  ['#4f3a8c', '#b9a5f5'],
  ['#2c7f9e', '#6cc5e6'],
  ['#b06a1a', '#f0b06a'],
  ['#5b7fc7', '#8fb0f5'],
  ['#6d7f2f', '#bccb77'],
  ['#7a4a35', '#d8a58c'],
  ['#b04a8f', '#eb9ad0'],
  ['#6b6b6b', '#b5b5b5'],
] as const;

type Meaning = keyof typeof meanings;

const variableOf = (name: string) => `--cytograph-${name}`;

/** The colour of each meaning in the present scheme, as a CSS value. */
export const colours = Object.fromEntries(
  Object.keys(meanings).map((name) => [name, `var(${variableOf(name)})`]),
) as Record<Meaning, string>;

/** The colour of a line or an area by its position, as a CSS value. After the last colour, the first follows again. */
export function seriesColour(index: number): string {
  return `var(${variableOf(`series-${index % series.length}`)})`;
}

/** The colours of the light scheme, for lines that are drawn over a picture of a smear, which is light in both schemes. */
export const coloursOnPictures = Object.fromEntries(
  Object.entries(meanings).map(([name, [light]]) => [name, light]),
) as Record<Meaning, string>;

/** The CSS variables of one scheme. */
export function colourVariables(scheme: 'light' | 'dark'): Record<string, string> {
  const index = scheme === 'light' ? 0 : 1;
  return Object.fromEntries([
    ...Object.entries(meanings).map(([name, values]) => [variableOf(name), values[index]] as const),
    ...series.map((values, number) => [variableOf(`series-${number}`), values[index]] as const),
  ]);
}
