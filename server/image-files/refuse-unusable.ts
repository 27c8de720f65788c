import { UnreadableImageError } from './unreadable-image.js';

/** The smallest width and height; a smaller image cannot show a cell. */
export const MIN_SIDE = 16;

/** What is known about a picture before it is decoded. */
export interface PictureKind {
  readonly width: number;
  readonly height: number;
  readonly pages?: number | undefined;
  /** 'srgb' for RGB, 'b-w' for greyscale, 'cmyk', or the name of another space. */
  readonly space: string;
  /** 'uchar' for 8 bits. */
  readonly depth: string;
}

/**
 * Throws UnreadableImageError, which says what would be right, for a picture that no model can classify.
 * @param channels without one that is to be left out
 */
export function refuseUnusable(
  { width, height, pages = 1, space, depth }: PictureKind,
  channels: number,
): void {
  if (width === 0 || height === 0) {
    throw new UnreadableImageError(
      `The image has no pixels (${width} × ${height}). Send one that shows a cell.`,
    );
  }
  if (pages > 1) {
    throw new UnreadableImageError(
      `The file holds ${pages} pictures (pages, a focus stack or an animation). Send only the picture that shows the cell in focus.`,
    );
  }
  if (space === 'cmyk') {
    throw new UnreadableImageError(
      'The image is in CMYK, the colours of printing, which do not represent the colours of the stain. Export it as RGB.',
    );
  }
  if (depth !== 'uchar') {
    throw new UnreadableImageError(
      'The image has more than 8 bits per channel, and the brightness of its values is not defined. ' +
        'Export it with 8 bits per channel.',
    );
  }
  if (space === 'b-w' || channels < 3) {
    throw new UnreadableImageError(
      'The image is greyscale; the model reads the colours of the stain. Send the colour picture.',
    );
  }
  if (space !== 'srgb') {
    throw new UnreadableImageError(`The image is in the colour space '${space}'. Export it as RGB.`);
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new UnreadableImageError(
      `The image has only ${width} × ${height} pixels, too few to show a cell. Send it in its original size.`,
    );
  }
}
