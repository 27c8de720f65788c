/** A part of an image, in its pixels. */
export interface CropBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The part `crop` (above 0, at most 1) of an image's width and height about its centre, in whole pixels, at least one. */
export function cropBox(width: number, height: number, crop: number): CropBox {
  const own = {
    width: Math.max(1, Math.round(width * crop)),
    height: Math.max(1, Math.round(height * crop)),
  };
  return { left: (width - own.width) >> 1, top: (height - own.height) >> 1, ...own };
}
