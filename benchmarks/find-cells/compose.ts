import { findCells } from '../../server/pixels/find-cells.js';
import { slideColour } from '../../server/pixels/cell-finding/stain.js';
import type { Random } from '../../server/imaging/seeded-random.js';
import type { Picture } from './image-sets.js';

/** A white cell cut out of a picture along its border. */
export interface CutOut {
  readonly picture: Picture;
  readonly centre: { readonly x: number; readonly y: number };
  /** Distance from the centre to the border in 32 directions, in pixels of the picture. */
  readonly radii: readonly number[];
  readonly redCellDiameter: number;
  readonly slide: readonly number[];
}

/** A picture put together from cells, with the cell that each pixel belongs to (from 1; 0 for none). */
export interface ComposedField extends Picture {
  readonly cells: number;
  readonly owners: Int32Array;
}

const DIRECTIONS = 32;

/** Cuts out the white cells that are whole and apart from others; a picture of unknown scale gives none. */
export function cutOut(picture: Picture): CutOut[] {
  const { cells, scale } = findCells(picture.pixels, picture.width, picture.height);
  if (!scale) return [];
  const { red, green, blue } = slideColour(picture.pixels);
  return cells.flatMap(({ centre, outline, isCutOff, diameter }) => {
    const isApart = cells.every(
      (other) =>
        other.centre === centre ||
        Math.hypot(other.centre.x - centre.x, other.centre.y - centre.y) > diameter,
    );
    if (isCutOff || !isApart) return [];
    return [
      {
        picture,
        centre,
        radii: radiiOf(outline, centre),
        redCellDiameter: scale.redCellDiameter,
        slide: [red, green, blue],
      },
    ];
  });
}

/** Distances from a point to a border that was found from another point. */
function radiiOf(outline: Float64Array, centre: { readonly x: number; readonly y: number }): number[] {
  const points = Array.from({ length: outline.length / 2 }, (_, at) => {
    const x = (outline[2 * at] ?? 0) - centre.x;
    const y = (outline[2 * at + 1] ?? 0) - centre.y;
    return { angle: Math.atan2(y, x), radius: Math.hypot(x, y) };
  });
  return Array.from({ length: DIRECTIONS }, (_, direction) => {
    const angle = (2 * Math.PI * direction) / DIRECTIONS;
    const away = (point: { angle: number }) =>
      Math.abs(Math.atan2(Math.sin(point.angle - angle), Math.cos(point.angle - angle)));
    return points.reduce(
      (best, point) => (away(point) < away(best) ? point : best),
      points[0] ?? { angle: 0, radius: 0 },
    ).radius;
  });
}

/**
 * Composes a field of `count` white cells among drawn red cells of `diameter` pixels. Cells are turned at random; `touching` is the
 * part of them that touch another white cell; `redCells` false leaves the red cells out.
 */
export function composeField(
  cutOuts: readonly CutOut[],
  options: {
    readonly count: number;
    readonly diameter: number;
    readonly touching: number;
    readonly redCells?: boolean;
  },
  random: Random,
): ComposedField {
  const { count, diameter, touching, redCells = true } = options;
  const side = Math.round(Math.sqrt(count) * 3.7 * diameter + 2 * diameter);
  const canvas = new Canvas(side, cutOuts[random.below(cutOuts.length)]?.slide ?? [230, 225, 220], random);
  const placed: { x: number; y: number; reach: number; turn: number; cell: CutOut }[] = [];
  const distanceTo = (cell: CutOut, turn: number, angle: number) =>
    radiusAt(cell, angle - turn) * (diameter / cell.redCellDiameter);
  for (let attempt = 0; attempt < 300 * count && placed.length < count; attempt++) {
    const cell = cutOuts[random.below(cutOuts.length)];
    if (!cell) break;
    const turn = random.between(0, 2 * Math.PI);
    const reach = Math.max(...cell.radii) * (diameter / cell.redCellDiameter);
    const beside = random.next() < touching ? placed[random.below(Math.max(1, placed.length))] : undefined;
    const angle = random.between(0, 2 * Math.PI);
    const apart = beside
      ? (distanceTo(beside.cell, beside.turn, angle) + distanceTo(cell, turn, angle + Math.PI)) *
        random.between(0.95, 1.05)
      : 0;
    const x = beside ? beside.x + apart * Math.cos(angle) : random.between(reach, side - reach);
    const y = beside ? beside.y + apart * Math.sin(angle) : random.between(reach, side - reach);
    if (x < reach || y < reach || x > side - reach || y > side - reach) continue;
    const isFree = placed.every(
      (other) => other === beside || Math.hypot(other.x - x, other.y - y) > 0.97 * (other.reach + reach),
    );
    if (isFree) placed.push({ x, y, reach, turn, cell });
  }
  for (let redCell = 0; redCells && redCell < 3 * count + 8; redCell++) {
    const x = random.between(0, side);
    const y = random.between(0, side);
    if (placed.every((cell) => Math.hypot(cell.x - x, cell.y - y) > cell.reach + diameter / 2)) {
      canvas.drawRedCell(x, y, diameter * random.between(0.93, 1.07));
    }
  }
  for (const [index, { x, y, turn, cell }] of placed.entries()) {
    canvas.paste(cell, x, y, turn, diameter / cell.redCellDiameter, index + 1);
  }
  return { ...canvas.develop(), cells: placed.length };
}

function radiusAt({ radii }: CutOut, angle: number): number {
  const position = (((angle / (2 * Math.PI)) % 1) + 1) * DIRECTIONS;
  const before = Math.floor(position);
  const share = position - before;
  return (radii[before % DIRECTIONS] ?? 0) * (1 - share) + (radii[(before + 1) % DIRECTIONS] ?? 0) * share;
}

class Canvas {
  private readonly values: Float32Array;
  private readonly owners: Int32Array;

  constructor(
    private readonly side: number,
    private readonly slide: readonly number[],
    random: Random,
  ) {
    this.owners = new Int32Array(side * side);
    this.values = new Float32Array(side * side * 3);
    for (let at = 0; at < this.values.length; at++) {
      this.values[at] = (slide[at % 3] ?? 0) + random.between(-4, 4);
    }
  }

  /** A disc with a paler middle, of optical densities that are usual for red cells. */
  drawRedCell(x: number, y: number, diameter: number): void {
    this.around(x, y, diameter / 2, (index, dx, dy) => {
      const part = Math.hypot(dx, dy) / (diameter / 2);
      if (part > 1) return;
      const density = 0.45 * Math.min(1, 6 * (1 - part)) * (part < 0.4 ? 0.6 : 1);
      for (const [channel, share] of [0.85, 1.2, 0.9].entries()) {
        const at = 3 * index + channel;
        this.values[at] = (this.values[at] ?? 0) * Math.exp(-density * share);
      }
    });
  }

  /** Pastes a cell, its colours relative to the slide, with a soft border of three pixels. */
  paste(cell: CutOut, x: number, y: number, turn: number, scale: number, owner: number): void {
    const { pixels, width, height } = cell.picture;
    this.around(x, y, Math.max(...cell.radii) * scale * 1.1 + 3, (index, dx, dy) => {
      const across = (dx * Math.cos(turn) + dy * Math.sin(turn)) / scale;
      const down = (dy * Math.cos(turn) - dx * Math.sin(turn)) / scale;
      const limit = radiusAt(cell, Math.atan2(down, across));
      const cover = Math.min(1, Math.max(0, ((limit * 1.04 + 2 - Math.hypot(across, down)) / 3) * scale));
      if (cover === 0) return;
      const fromX = Math.min(width - 1, Math.max(0, Math.round(cell.centre.x + across)));
      const fromY = Math.min(height - 1, Math.max(0, Math.round(cell.centre.y + down)));
      for (let channel = 0; channel < 3; channel++) {
        const light = (pixels[(fromY * width + fromX) * 3 + channel] ?? 0) / (cell.slide[channel] ?? 255);
        const at = 3 * index + channel;
        this.values[at] = (this.values[at] ?? 0) * (1 - cover) + light * (this.slide[channel] ?? 0) * cover;
      }
      if (cover > 0.5) this.owners[index] = owner;
    });
  }

  develop(): Omit<ComposedField, 'cells'> {
    const pixels = Uint8Array.from(this.values, (value) => Math.max(0, Math.min(255, Math.round(value))));
    return { name: 'composed', pixels, width: this.side, height: this.side, owners: this.owners };
  }

  private around(
    x: number,
    y: number,
    reach: number,
    visit: (index: number, dx: number, dy: number) => void,
  ): void {
    for (let row = Math.max(0, Math.floor(y - reach)); row <= Math.min(this.side - 1, y + reach); row++) {
      for (
        let column = Math.max(0, Math.floor(x - reach));
        column <= Math.min(this.side - 1, x + reach);
        column++
      ) {
        visit(row * this.side + column, column - x, row - y);
      }
    }
  }
}
