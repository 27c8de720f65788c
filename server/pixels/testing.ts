/** Optical densities in red, green and blue. */
export type Dye = readonly [red: number, green: number, blue: number];

/** Usual densities on stained smears. */
export const NUCLEUS: Dye = [1, 1.3, 0.55];
export const CYTOPLASM: Dye = [0.3, 0.3, 0.15];
export const RED_CELL: Dye = [0.4, 0.6, 0.42];
export const PLATELET: Dye = [0.7, 0.8, 0.4];

/** Jest looks up names such as Math in its sandbox each time, which is slow: not once for each pixel. */
const { exp, sqrt } = Math;

/** A smear drawn as light through dyes, for tests: discs that darken the slide, without any random numbers but `noise`. */
export class DrawnSmear {
  private readonly light: Float32Array;

  constructor(
    readonly width: number,
    readonly height: number,
    slide: readonly [red: number, green: number, blue: number] = [245, 232, 215],
  ) {
    this.light = new Float32Array(width * height * 3);
    for (let at = 0; at < this.light.length; at++) this.light[at] = slide[at % 3] ?? 0;
  }

  /** A disc of a dye, its border softened over two pixels. `instead` replaces what was there: without it, light is absorbed twice. */
  disc(x: number, y: number, diameter: number, dye: Dye, instead?: Dye): this {
    const reach = diameter / 2 + 1;
    const left = Math.max(0, Math.floor(x - reach));
    const right = Math.min(this.width - 1, Math.floor(x + reach));
    const bottom = Math.min(this.height - 1, Math.floor(y + reach));
    const added = dye.map((density, channel) => density - (instead?.[channel] ?? 0));
    const passed = added.map((density) => exp(-density));
    for (let row = Math.max(0, Math.floor(y - reach)); row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const cover = (diameter / 2 - sqrt((column - x) ** 2 + (row - y) ** 2)) / 2 + 0.5;
        if (cover <= 0) continue;
        const at = (row * this.width + column) * 3;
        for (let channel = 0; channel < 3; channel++) {
          const share = cover >= 1 ? (passed[channel] ?? 1) : exp(-cover * (added[channel] ?? 0));
          this.light[at + channel] = (this.light[at + channel] ?? 0) * share;
        }
      }
    }
    return this;
  }

  /** A red cell with a paler middle. */
  redCell(x: number, y: number, diameter: number): this {
    const middle: Dye = [0.2, 0.3, 0.21];
    return this.disc(x, y, diameter, RED_CELL).disc(x, y, diameter * 0.35, middle, RED_CELL);
  }

  /** Red cells in a grid, wherever `isFree`. */
  redCells(diameter: number, isFree: (x: number, y: number) => boolean): this {
    const step = diameter * 1.5;
    for (let y = step * 0.6; y < this.height - diameter / 2; y += step) {
      for (let x = step * 0.6; x < this.width - diameter / 2; x += step)
        if (isFree(x, y)) this.redCell(x, y, diameter);
    }
    return this;
  }

  /** A white cell with a round nucleus. */
  whiteCell(x: number, y: number, diameter: number, nucleus = 0.75 * diameter): this {
    return this.disc(x, y, diameter, CYTOPLASM).disc(x, y, nucleus, NUCLEUS, CYTOPLASM);
  }

  /** `[height, width, 3]`, RGB 0–255. @param change what a camera does to each value */
  pixels(change: (value: number, channel: number) => number = (value) => value): Uint8Array {
    return new Uint8Array(Uint8ClampedArray.from(this.light, (value, at) => change(value, at % 3)).buffer);
  }
}
