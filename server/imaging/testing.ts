import sharp, { type Sharp } from 'sharp';

// What each lets through of the light.
const NUCLEUS = { red: 0.42, green: 0.25, blue: 0.6 };
const RED_CELL = { red: 0.88, green: 0.68, blue: 0.74 };
const SLIDE = { red: 1, green: 1, blue: 1 };

/**
 * A drawn stained smear for tests: white slide, pale red cells, one granular violet nucleus in the middle. Large enough
 * and sharp enough to carry no quality warning up to an input size of 224. The same seed draws the same picture.
 *
 * @param background RGB 0–255 of the empty slide: the instrument's colour cast
 */
export function drawSmear(
  options: {
    seed?: number;
    width?: number;
    height?: number;
    background?: readonly [number, number, number];
  } = {},
): Sharp {
  const { seed = 1, width = 240, height = 240, background = [235, 228, 232] } = options;
  const radius = Math.min(width, height) / 5;
  const grain = (x: number, y: number) =>
    Math.abs(Math.sin((x * 12.9898 + y * 78.233 + seed) * 43758.5453)) % 1;
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromCentre = Math.hypot(x - width / 2, y - height / 2);
      const inRedCell = Math.hypot((x % (3 * radius)) - radius, (y % (3 * radius)) - radius) < radius * 0.6;
      const inNucleus = fromCentre < radius;
      const passes = inNucleus ? NUCLEUS : inRedCell ? RED_CELL : SLIDE;
      // grains of about 3 pixels, as chromatin and sensor noise look through a microscope
      const texture = 1 - (inNucleus ? 0.22 : 0.04) * grain(Math.floor(x / 3), Math.floor(y / 3));
      const at = 3 * (y * width + x);
      pixels[at] = background[0] * passes.red * texture;
      pixels[at + 1] = background[1] * passes.green * texture;
      pixels[at + 2] = background[2] * passes.blue * texture;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** A minimal uncompressed TIFF: what sharp does not write, as 16 bits per channel or tags that nobody knows. */
export function writeTiff(options: {
  width: number;
  height: number;
  bitsPerChannel: 8 | 16;
  /** 2 is RGB, 5 is CMYK. */
  photometric: 2 | 5;
  samples: Uint8Array;
  privateTag?: number;
}): Buffer {
  const { width, height, bitsPerChannel, photometric, samples, privateTag } = options;
  const channels = photometric === 2 ? 3 : 4;
  const SHORT = 3;
  const LONG = 4;
  const tags: [tag: number, type: number, value: number][] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, bitsPerChannel],
    [259, SHORT, 1], // no compression
    [262, SHORT, photometric],
    [273, LONG, 8], // the samples follow the header
    [277, SHORT, channels],
    [278, LONG, height],
    [279, LONG, samples.length],
    [284, SHORT, 1], // interleaved
    ...(privateTag === undefined ? [] : [[privateTag, LONG, 42] as [number, number, number]]),
  ];
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length, 0);
  tags.forEach(([tag, type, value], index) => {
    const at = 2 + 12 * index;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(1, at + 4);
    directory.writeUInt32LE(value, at + 8);
  });
  const header = Buffer.from([0x49, 0x49, 0x2a, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(8 + samples.length, 4);
  return Buffer.concat([header, samples, directory]);
}
