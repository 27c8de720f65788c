/** Copies a part of a picture, which contains it whole, to `to` from `at` on, as `[height, width, 3]` of the box. */
export function copyPart(
  { width, pixels }: { readonly width: number; readonly pixels: Uint8Array },
  box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  to: Uint8Array,
  at: number,
): void {
  const length = 3 * box.width;
  const first = 3 * (box.top * width + box.left);
  if (box.width === width)
    to.set(pixels.subarray(first, first + length * box.height), at); // at once: each copy takes a view
  else {
    for (let row = 0; row < box.height; row++) {
      const from = first + 3 * row * width;
      to.set(pixels.subarray(from, from + length), at + row * length);
    }
  }
}
