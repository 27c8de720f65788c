/** The opacity (0–255) below which a pixel is invisible. */
const VISIBLE = 8;

/** Whether all, some or no pixels of a picture are visible. @param pixels `[n, 4]`, the fourth value is the opacity */
export function opacityOf(pixels: Uint8Array): 'whole' | 'partial' | 'none' {
  let least = 255;
  let most = 0;
  for (let at = 3; at < pixels.length; at += 4) {
    const value = pixels[at] ?? 0;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return most < VISIBLE ? 'none' : least < 255 ? 'partial' : 'whole';
}
