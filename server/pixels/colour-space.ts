/** x and y of CIE 1931. */
type Chromaticity = readonly [x: number, y: number];

interface Primaries {
  readonly white: Chromaticity;
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
}

/** What a file states about its colours, apart from an ICC profile, which the decoder applies. */
export type StatedColours =
  | { readonly kind: 'none' }
  /** Exif: DCF option file, that is Adobe RGB (1998). */
  | { readonly kind: 'adobe rgb' }
  /** Exif: "uncalibrated", with no other information. */
  | { readonly kind: 'unknown' }
  /** PNG gAMA and cHRM. `gamma` is the exponent from value to light, null for sRGB's curve. `primaries` is null for those of sRGB. */
  | { readonly kind: 'measured'; readonly gamma: number | null; readonly primaries: Primaries | null }
  /** PNG cICP: code points of ITU-T H.273. */
  | { readonly kind: 'code points'; readonly primaries: number; readonly transfer: number };

/** An RGB colour space: its primaries, and the function from a value (0–1) to light (0–1). */
interface ColourSpace {
  readonly primaries: Primaries;
  readonly light: (value: number) => number;
}

const D65: Chromaticity = [0.3127, 0.329];
const SRGB: Primaries = { white: D65, red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06] }; // IEC 61966-2-1
const ADOBE: Primaries = { ...SRGB, green: [0.21, 0.71] }; // Adobe RGB (1998) color image encoding, 4.3.1
const ADOBE_GAMMA = 2.19921875;

/** ITU-T H.273, table 2. */
const PRIMARIES: Record<number, Primaries> = {
  1: SRGB,
  5: { white: D65, red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06] },
  6: { white: D65, red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07] },
  9: { white: D65, red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046] },
  11: { white: [0.314, 0.351], red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] },
  12: { white: D65, red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] },
};

const srgbLight = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const bt709Light = (value: number) => (value < 0.081 ? value / 4.5 : ((value + 0.099) / 1.099) ** (1 / 0.45));

/** ITU-T H.273, table 3. PQ (16) and HLG (18) are missing: they are for brightness beyond white. */
const TRANSFERS: Record<number, (value: number) => number> = {
  1: bt709Light,
  4: (value) => value ** 2.2,
  5: (value) => value ** 2.8,
  6: bt709Light,
  8: (value) => value,
  13: srgbLight,
  14: bt709Light,
  15: bt709Light,
};

/** A gamma or a chromaticity this close to sRGB's counts as sRGB, rounded: 1 part in 50, the tolerance of libpng. */
const CLOSE = 0.02;

/** The colour space of a file: null for sRGB, `unknown` if the file states too little or states values that cannot be used. */
export function colourSpaceOf(stated: StatedColours): ColourSpace | 'unknown' | null {
  switch (stated.kind) {
    case 'none':
      return null;
    case 'unknown':
      return 'unknown';
    case 'adobe rgb':
      return { primaries: ADOBE, light: (value) => value ** ADOBE_GAMMA };
    case 'measured': {
      const { gamma, primaries } = stated;
      const sameGamma = gamma === null || Math.abs(gamma / 2.2 - 1) <= CLOSE;
      const samePrimaries = primaries === null || isNear(primaries, SRGB);
      if (sameGamma && samePrimaries) return null;
      if (gamma !== null && (gamma < 0.2 || gamma > 5)) return 'unknown';
      if (primaries && !isPossible(primaries)) return 'unknown';
      return {
        primaries: samePrimaries ? SRGB : primaries,
        light: sameGamma ? srgbLight : (value) => value ** gamma,
      };
    }
    case 'code points': {
      const primaries = PRIMARIES[stated.primaries];
      const light = TRANSFERS[stated.transfer];
      if (stated.primaries === 1 && stated.transfer === 13) return null;
      return primaries && light ? { primaries, light } : 'unknown';
    }
  }
}

/**
 * Converts pixels from a colour space to sRGB, in place: from values to light, through CIE XYZ to the light of sRGB's primaries
 * (relative to the white point of each space), and back to values. Colours outside sRGB are clipped.
 *
 * @param pixels `[n, channels]`, 0–255. The first three channels are red, green and blue; the others do not change.
 */
export function toSrgb(pixels: Uint8Array, channels: number, { primaries, light }: ColourSpace): void {
  const lights = Float64Array.from({ length: 256 }, (_, value) => light(value / 255));
  const [a, b, c, d, e, f, g, h, i] = multiply(inverse(toXyz(SRGB)), toXyz(primaries)) as NineNumbers;
  const values = valuesOfLight();
  const valueOf = (amount: number) =>
    values[Math.round(Math.min(1, Math.max(0, amount)) * (values.length - 1))] ?? 0;
  for (let at = 0; at + 2 < pixels.length; at += channels) {
    const red = lights[pixels[at] ?? 0] ?? 0;
    const green = lights[pixels[at + 1] ?? 0] ?? 0;
    const blue = lights[pixels[at + 2] ?? 0] ?? 0;
    pixels[at] = valueOf(a * red + b * green + c * blue);
    pixels[at + 1] = valueOf(d * red + e * green + f * blue);
    pixels[at + 2] = valueOf(g * red + h * green + i * blue);
  }
}

type NineNumbers = [number, number, number, number, number, number, number, number, number];

/** The sRGB value for light in 65,535 steps, fine enough to distinguish the darkest values. */
function valuesOfLight(): Uint8Array {
  return Uint8Array.from({ length: 65_536 }, (_, step) => {
    const amount = step / 65_535;
    return Math.round(255 * (amount <= 0.0031308 ? 12.92 * amount : 1.055 * amount ** (1 / 2.4) - 0.055));
  });
}

function isNear(one: Primaries, other: Primaries): boolean {
  return (['white', 'red', 'green', 'blue'] as const).every(
    (name) =>
      Math.abs(one[name][0] - other[name][0]) < CLOSE / 2 &&
      Math.abs(one[name][1] - other[name][1]) < CLOSE / 2,
  );
}

function isPossible({ white, red, green, blue }: Primaries): boolean {
  return [white, red, green, blue].every(([x, y]) => x >= 0 && y > 0.001 && x + y <= 1.5 && x <= 1);
}

/** The matrix from linear RGB to XYZ relative to white, row by row (SMPTE RP 177). */
function toXyz({ white, red, green, blue }: Primaries): NineNumbers {
  const columns = [red, green, blue].map(([x, y]) => [x / y, 1, (1 - x - y) / y] as const);
  const [r = [0, 0, 0], g = [0, 0, 0], b = [0, 0, 0]] = columns;
  const unscaled: NineNumbers = [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
  const [p, q, s, t, u, v, w, x, y] = inverse(unscaled);
  const [whiteX, whiteZ] = [white[0] / white[1], (1 - white[0] - white[1]) / white[1]];
  const scale = [p * whiteX + q + s * whiteZ, t * whiteX + u + v * whiteZ, w * whiteX + x + y * whiteZ];
  const relative = [1 / whiteX, 1, 1 / whiteZ];
  return unscaled.map(
    (value, index) => value * (scale[index % 3] ?? 1) * (relative[Math.floor(index / 3)] ?? 1),
  ) as NineNumbers;
}

function multiply(one: NineNumbers, other: NineNumbers): number[] {
  return Array.from({ length: 9 }, (_, index) => {
    const [row, column] = [3 * Math.floor(index / 3), index % 3];
    return [0, 1, 2].reduce((sum, k) => sum + (one[row + k] ?? 0) * (other[3 * k + column] ?? 0), 0);
  });
}

function inverse([a, b, c, d, e, f, g, h, i]: NineNumbers): NineNumbers {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const cofactors: NineNumbers = [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ];
  return cofactors.map((value) => value / determinant) as NineNumbers;
}
