/** A rectangle in an image, in pixels. */
export interface CropBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The box around the centre that covers the share `crop` (above 0, at most 1) of width and height: whole pixels, at least one. */
export function cropBox(width: number, height: number, crop: number): CropBox {
  const size = {
    width: Math.max(1, Math.round(width * crop)),
    height: Math.max(1, Math.round(height * crop)),
  };
  return { left: (width - size.width) >> 1, top: (height - size.height) >> 1, ...size };
}
