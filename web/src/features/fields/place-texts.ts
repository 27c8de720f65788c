import type { Box, Size } from './view.js';

interface Marked {
  readonly region: Box;
  /** Texts for the box, the most informative first. The last is used if all others would cover another text. */
  readonly texts: readonly string[];
}

export interface PlacedText {
  readonly text: string;
  /** Start of the text and its baseline, in pixels of the picture. */
  readonly x: number;
  readonly y: number;
}

/** Distance of a text from its box, in pixels of the screen. */
const GAP = 6;

/**
 * Chooses a text for each box, and its place: above the box, or in it at the top border of the picture. As far as possible, texts do not
 * cover each other. Earlier boxes choose first.
 * @param scale pixels of the screen for each pixel of the picture
 * @param size height of a text in pixels of the screen; a letter is about 0.6 times as wide
 */
export function placeTexts(
  marks: readonly Marked[],
  picture: Size,
  scale: number,
  size: number,
): PlacedText[] {
  const height = size / scale;
  const gap = GAP / scale;
  const taken: Box[] = [];
  return marks.map(({ region, texts }) => {
    const isAtTop = region.top < height + gap;
    const y = isAtTop ? region.top + gap / 2 + height : region.top - gap;
    const placeOf = (text: string): Box => {
      const width = text.length * height * 0.6;
      const start = isAtTop ? region.left + gap : region.left;
      return { left: Math.max(0, Math.min(start, picture.width - width)), top: y - height, width, height };
    };
    const text =
      texts.find((text) => !taken.some((other) => overlap(placeOf(text), other))) ?? texts.at(-1) ?? '';
    const place = placeOf(text);
    if (text !== '') taken.push(place);
    return { text, x: place.left, y };
  });
}

function overlap(one: Box, other: Box): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  );
}
