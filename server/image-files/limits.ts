/**
 * Width × height at most. 50 megapixels is above any microscope camera's picture of one field, and a decoded image of it
 * (200 MB) still fits in memory once for every thread.
 */
export const MAX_PIXELS = 50_000_000;
