import type { Box, Size } from './view.js';

interface Marked {
  readonly region: Box;
  /** Texts for the box, the most informative first. Without room for any of them, the box has no text. */
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
/** A box narrower than this, in pixels of the screen, has longer texts only where they do not cover another box. */
const NARROW = 48;

/**
 * Chooses a text for each box, and its place: above the box, or in it at the top border of the picture. No text covers another one: where
 * there is room for the shortest texts only, such as the numbers, these are written, and of two that would cover each other only the
 * earlier one. The longer texts of narrow boxes do not cover other boxes either.
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
  const placeOf = ({ region }: Marked, text: string): PlacedText & { box: Box } => {
    const isAtTop = region.top < height + gap;
    const y = isAtTop ? region.top + gap / 2 + height : region.top - gap;
    const width = text.length * height * 0.6;
    const start = isAtTop ? region.left + gap : region.left;
    const x = Math.max(0, Math.min(start, picture.width - width));
    return { text, x, y, box: { left: x, top: y - height, width, height } };
  };

  const placed: (PlacedText & { box: Box })[] = [];
  const coversAnother = (box: Box, own?: number) =>
    placed.some((other, index) => index !== own && other.text !== '' && overlap(box, other.box));
  for (const mark of marks) {
    const shortest = placeOf(mark, mark.texts.at(-1) ?? '');
    placed.push(coversAnother(shortest.box) ? placeOf(mark, '') : shortest);
  }
  for (const [index, mark] of marks.entries()) {
    const isNarrow = mark.region.width * scale < NARROW;
    const longest = mark.texts
      .slice(0, -1)
      .map((text) => placeOf(mark, text))
      .find(
        ({ box }) =>
          !coversAnother(box, index) &&
          !(isNarrow && marks.some((other) => other !== mark && overlap(box, other.region))),
      );
    if (longest) placed[index] = longest;
  }
  return placed.map(({ text, x, y }) => ({ text, x, y }));
}

function overlap(one: Box, other: Box): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  );
}
