import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type DemoCell, type DemoCellOptions, drawDemoCells, writeDemoCells } from './demo-cells.js';

async function draw(options: DemoCellOptions): Promise<DemoCell[]> {
  const cells: DemoCell[] = [];
  for await (const cell of drawDemoCells(options)) cells.push(cell);
  return cells;
}

/** Mean of each channel over a part of the image, given as parts of its side. */
async function meanColour({ bytes }: DemoCell, left: number, right: number): Promise<number[]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const sums = [0, 0, 0];
  let count = 0;
  for (let row = Math.floor(left * info.height); row < right * info.height; row++) {
    for (let column = Math.floor(left * info.width); column < right * info.width; column++, count++) {
      for (let channel = 0; channel < 3; channel++) {
        sums[channel] = (sums[channel] ?? 0) + (data[(row * info.width + column) * 3 + channel] ?? 0);
      }
    }
  }
  return sums.map((sum) => sum / count);
}

describe('drawDemoCells', () => {
  it('draws the same bytes from the same seed, others from another', async () => {
    const [first] = await draw({ count: 1, seed: 1, size: 64 });
    const [again] = await draw({ count: 1, seed: 1, size: 64 });
    const [other] = await draw({ count: 1, seed: 2, size: 64 });
    expect(again).toEqual(first);
    expect(other?.bytes).not.toEqual(first?.bytes);
  });

  it('gives both labels the same count, and every patient both', async () => {
    const cells = await draw({ count: 24, seed: 1, size: 32, patients: 4 });
    const kinds = new Map<string, number>();
    for (const { label, group } of cells) {
      kinds.set(`${group} ${label}`, (kinds.get(`${group} ${label}`) ?? 0) + 1);
    }
    expect(kinds.size).toBe(8);
    expect(new Set(kinds.values())).toEqual(new Set([3]));
    expect(new Set(cells.map(({ key }) => key)).size).toBe(24);
  });

  it('makes the labels distinguishable by the cell only, not by the border', async () => {
    const cells = await draw({ count: 30, seed: 1, size: 48 });
    const meanOver = async (label: string, left: number, right: number) => {
      const colours = await Promise.all(
        cells.filter((cell) => cell.label === label).map((cell) => meanColour(cell, left, right)),
      );
      return colours.reduce((sum, [, green]) => sum + (green ?? NaN), 0) / colours.length;
    };
    const centre = (await meanOver('lymphocyte', 0.3, 0.7)) - (await meanOver('blast', 0.3, 0.7));
    const corner = (await meanOver('lymphocyte', 0, 0.1)) - (await meanOver('blast', 0, 0.1));
    expect(centre).toBeGreaterThan(20);
    expect(Math.abs(corner)).toBeLessThan(5);
  });
});

it('writeDemoCells writes a folder a label, and the patient of each file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cytograph-demo-'));
  try {
    await writeDemoCells(folder, { count: 10, seed: 1, size: 32 });
    expect((await readdir(folder)).sort()).toEqual(['blast', 'groups.csv', 'lymphocyte']);
    const files = [...(await readdir(join(folder, 'blast'))), ...(await readdir(join(folder, 'lymphocyte')))];
    const [header, ...rows] = (await readFile(join(folder, 'groups.csv'), 'utf8')).trim().split('\n');
    expect(header).toBe('file,patient');
    expect(rows).toHaveLength(files.length);
    expect(rows[0]).toBe('blast/demo-01_00000.jpg,demo-01');
  } finally {
    await rm(folder, { recursive: true });
  }
});
