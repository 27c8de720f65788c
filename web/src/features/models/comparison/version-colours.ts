/** A colour and a dash pattern for each of up to six versions, so that the lines differ without colour too. */
const styles = [
  { colour: '#4f3a8c', dashes: undefined },
  { colour: '#00696b', dashes: '7 4' },
  { colour: '#8a5300', dashes: '2 3' },
  { colour: '#2f5d8a', dashes: '10 3 2 3' },
  { colour: '#b3261e', dashes: '4 4' },
  { colour: '#1f6b3a', dashes: '12 4' },
] as const;

export interface LineStyle {
  colour: string;
  dashes: string | undefined;
}

export function lineStyle(index: number): LineStyle {
  return styles[index % styles.length] ?? styles[0];
}
