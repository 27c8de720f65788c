import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { type Random, randomFrom } from './seeded-random.js';

export const demoLabels = ['blast', 'lymphocyte'] as const;
export type DemoLabel = (typeof demoLabels)[number];

export interface DemoCell {
  /** Path below the folder: its label's folder and a file name. */
  key: string;
  label: DemoLabel;
  /** The patient it is drawn for. */
  group: string;
  /** A JPEG file. */
  bytes: Buffer;
}

export interface DemoCellOptions {
  /** The number of cells. Labels alternate, and patients take turns. */
  count: number;
  seed: number;
  /** Side of an image in pixels. */
  size?: number;
  patients?: number;
}

/**
 * Draws blood cells for tests and for people without data: white cells of two kinds among red cells, none of them real.
 *
 * A `blast` is large, with a nucleus that fills most of the cell, fine chromatin, pale nucleoli and a thin blue rim; a
 * `lymphocyte` is small, with a round, dense, clumped nucleus. There is no other difference: stain, illumination and the
 * number of red cells vary by patient and image, and every patient has both labels. The same seed draws the same pixels.
 */
export async function* drawDemoCells(options: DemoCellOptions): AsyncGenerator<DemoCell> {
  const { count, seed, size = 160, patients = 12 } = options;
  for (let index = 0; index < count; index++) {
    const label = demoLabels[index % 2] ?? 'blast';
    const patient = Math.floor(index / 2) % patients;
    const group = `demo-${String(patient + 1).padStart(2, '0')}`;
    const pixels = drawCell(
      label,
      size,
      randomFrom(seed, 'patient', patient),
      randomFrom(seed, 'cell', index),
    );
    const bytes = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .jpeg({ quality: 92 })
      .toBuffer();
    yield { key: `${label}/${group}_${String(index).padStart(5, '0')}.jpg`, label, group, bytes };
  }
}

/** Writes demo cells as labelled sub-folders of `folder`, and `groups.csv` (file, patient) beside them. */
export async function writeDemoCells(folder: string, options: DemoCellOptions): Promise<void> {
  const rows = ['file,patient'];
  for await (const cell of drawDemoCells(options)) {
    const path = join(folder, cell.key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, cell.bytes);
    rows.push(`${cell.key},${cell.group}`);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'groups.csv'), `${rows.join('\n')}\n`);
}

type Colour = readonly [red: number, green: number, blue: number];

function drawCell(label: DemoLabel, size: number, patient: Random, cell: Random): Buffer {
  const jitter = (colour: Colour, random: Random, amount: number): Colour => [
    colour[0] + random.between(-amount, amount),
    colour[1] + random.between(-amount, amount),
    colour[2] + random.between(-amount, amount),
  ];
  const plasma = jitter([246, 228, 208], patient, 9);
  const redCell = jitter([176, 118, 122], patient, 14);
  const chromatin = jitter([84, 44, 122], patient, 14);
  const rim = jitter([128, 130, 190], patient, 14);
  const illumination = patient.between(0.88, 1.04) * cell.between(0.97, 1.03);
  const slopeX = cell.between(-0.05, 0.05);
  const slopeY = cell.between(-0.05, 0.05);

  const canvas = new Canvas(size, jitter(plasma, cell, 3));
  const redCells = 5 + cell.below(8);
  for (let index = 0; index < redCells; index++) {
    const angle = cell.between(0, 2 * Math.PI);
    const distance = cell.between(0.34, 0.66) * size;
    const x = size / 2 + distance * Math.cos(angle);
    const y = size / 2 + distance * Math.sin(angle);
    const radius = cell.between(0.085, 0.11) * size;
    const colour = jitter(redCell, cell, 8);
    canvas.fill(outline(x, y, radius, 0.05, cell), () => colour);
    canvas.fill(
      outline(x, y, radius * cell.between(0.3, 0.5), 0.1, cell),
      () => jitter(plasma, cell, 4),
      0.5,
    );
  }

  const x = size * cell.between(0.46, 0.54);
  const y = size * cell.between(0.46, 0.54);
  if (label === 'blast') {
    const radius = size * cell.between(0.21, 0.28);
    canvas.fill(outline(x, y, radius, 0.12, cell), () => rim);
    const nucleus = outline(
      x + cell.between(-2, 2),
      y + cell.between(-2, 2),
      radius * cell.between(0.82, 0.9),
      0.1,
      cell,
    );
    const paler: Colour = [chromatin[0] + 34, chromatin[1] + 26, chromatin[2] + 18];
    canvas.fill(nucleus, () => jitter(paler, cell, 12));
    for (let nucleolus = 1 + cell.below(3); nucleolus > 0; nucleolus--) {
      const at = outline(
        x + radius * cell.between(-0.4, 0.4),
        y + radius * cell.between(-0.4, 0.4),
        radius * cell.between(0.1, 0.17),
        0.1,
        cell,
      );
      canvas.fill(at, () => jitter([168, 140, 196], cell, 8), 0.7);
    }
  } else {
    const radius = size * cell.between(0.12, 0.17);
    canvas.fill(outline(x, y, radius * cell.between(1.1, 1.3), 0.08, cell), () => [
      rim[0] + 38,
      rim[1] + 42,
      rim[2] + 24,
    ]);
    canvas.fill(outline(x, y, radius, 0.04, cell), () => jitter(chromatin, cell, 8));
    for (let clump = 6 + cell.below(5); clump > 0; clump--) {
      const at = outline(
        x + radius * cell.between(-0.6, 0.6),
        y + radius * cell.between(-0.6, 0.6),
        radius * cell.between(0.15, 0.25),
        0.2,
        cell,
      );
      canvas.fill(at, () => [chromatin[0] - 26, chromatin[1] - 20, chromatin[2] - 26], 0.8);
    }
  }
  return canvas.develop(illumination, slopeX, slopeY, cell);
}

/** A closed shape: its distance from a centre to its border at every angle. */
interface Outline {
  x: number;
  y: number;
  /** The farthest that the border is from the centre. */
  reach: number;
  radiusAt(angle: number): number;
}

/** A circle of which three low waves make a cell's border. `wobble` is their size as a part of the radius. */
function outline(x: number, y: number, radius: number, wobble: number, random: Random): Outline {
  const waves = [2, 3, 5].map((frequency) => ({
    frequency,
    height: (wobble * random.between(0.3, 1)) / Math.sqrt(frequency),
    phase: random.between(0, 2 * Math.PI),
  }));
  return {
    x,
    y,
    reach: radius * (1 + 2 * wobble) + 1,
    radiusAt: (angle) =>
      radius *
      waves.reduce(
        (sum, { frequency, height, phase }) => sum + height * Math.sin(frequency * angle + phase),
        1,
      ),
  };
}

/** An RGB image that is being drawn, in floating point. */
class Canvas {
  private readonly values: Float32Array;

  constructor(
    private readonly size: number,
    background: Colour,
  ) {
    this.values = Float32Array.from({ length: size * size * 3 }, (_, index) => background[index % 3] ?? 0);
  }

  /** Paints the inside of a shape, its border softened over about two pixels. */
  fill(shape: Outline, colourOf: () => Colour, opacity = 1): void {
    const from = (centre: number) => Math.max(0, Math.floor(centre - shape.reach));
    const to = (centre: number) => Math.min(this.size - 1, Math.ceil(centre + shape.reach));
    for (let row = from(shape.y); row <= to(shape.y); row++) {
      for (let column = from(shape.x); column <= to(shape.x); column++) {
        const dx = column - shape.x;
        const dy = row - shape.y;
        const inside = shape.radiusAt(Math.atan2(dy, dx)) - Math.hypot(dx, dy);
        const cover = opacity * Math.min(1, Math.max(0, inside / 2 + 0.5));
        if (cover === 0) continue;
        const colour = colourOf();
        const at = (row * this.size + column) * 3;
        for (let channel = 0; channel < 3; channel++) {
          const below = this.values[at + channel] ?? 0;
          this.values[at + channel] = below + cover * ((colour[channel] ?? 0) - below);
        }
      }
    }
  }

  /** The photograph: uneven light and the camera's noise over what was painted. Bytes `[size, size, 3]`. */
  develop(illumination: number, slopeX: number, slopeY: number, random: Random): Buffer {
    return Buffer.from(
      Uint8ClampedArray.from(this.values, (value, index) => {
        const position = Math.floor(index / 3);
        const x = (position % this.size) / this.size - 0.5;
        const y = Math.floor(position / this.size) / this.size - 0.5;
        return value * illumination * (1 + slopeX * x + slopeY * y) + random.between(-3, 3);
      }),
    );
  }
}
