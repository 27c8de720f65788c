import { createHash } from 'node:crypto';
import { pino } from 'pino';
import sharp from 'sharp';
import { randomArtifact } from '../server/artifact/testing.js';
import { DrawnSmear } from '../server/pixels/testing.js';
import { imageKey } from '../server/storage/keys.js';
import { measureUsualPicture } from './measure-usual-picture.js';
import { measurePictures } from './train-model.js';

const SIZE = 140;
const RED = 24;
const images = new Map<string, Buffer>();
const store = { get: async (key: string) => images.get(key) ?? Buffer.alloc(0) };
const signal = new AbortController().signal;

/** Pictures of one cell each among red cells that are up to 10 % larger or smaller than `red` pixels. */
async function draw(count: number, red: number): Promise<{ imageSha256: string }[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => drawOne(red * (0.9 + (0.2 * index) / count))),
  );
}

async function drawOne(red: number): Promise<{ imageSha256: string }> {
  const smear = new DrawnSmear(SIZE, SIZE);
  smear.redCells(red, (x, y) => Math.hypot(x - SIZE / 2, y - SIZE / 2) > 23 + red / 2);
  smear.whiteCell(SIZE / 2, SIZE / 2, 40);
  const raw = { width: SIZE, height: SIZE, channels: 3 as const };
  const bytes = await sharp(smear.pixels(), { raw }).png().toBuffer();
  const imageSha256 = createHash('sha256').update(bytes).digest('hex');
  images.set(imageKey(imageSha256), bytes);
  return { imageSha256 };
}

it('is the median width by the red cells, with the limits between which a picture counts as so wide', async () => {
  const usual = await measureUsualPicture(store, await draw(30, RED), signal);
  if (!usual) throw new Error('The pictures have no usual width.');
  const width = (SIZE / RED) * 7.5;
  expect(Math.abs(usual.micrometres / width - 1)).toBeLessThan(0.08);
  expect(usual.micrometres / usual.narrowest).toBeCloseTo(1.4, 1);
  expect(usual.widest / usual.micrometres).toBeCloseTo(1.25, 1);
});

it('is unknown where pictures differ in width, and where few show red cells', async () => {
  const mixed = [...(await draw(15, RED)), ...(await draw(15, 0.6 * RED))];
  expect(await measureUsualPicture(store, mixed, signal)).toBeNull();
  expect(await measureUsualPicture(store, await draw(19, RED), signal)).toBeNull();
  const stopped = AbortSignal.abort(new Error('Stopped by the test.'));
  await expect(measureUsualPicture(store, mixed, stopped)).rejects.toThrow('Stopped by the test.');
});

it('does not measure cut-outs of fields, and logs that there is no usual width', async () => {
  const { preprocessing } = randomArtifact().manifest;
  const frame = { kind: 'cell' as const, micrometres: 20, diameters: 1.35 };
  const classes: [string, string] = ['lymphocyte', 'blast'];
  const plan = { classes, members: [], test: [], preprocessing: { ...preprocessing, frame } };
  const pictures = [...(await draw(24, RED)), ...(await draw(24, 0.6 * RED))];
  const items = pictures.map(({ imageSha256 }, index) => ({
    ...{ key: String(index), label: 'blast', group: null, split: null, imageSha256 },
  }));
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  const frameOf = async (cutOuts: ReadonlySet<string>) =>
    (await measurePictures({ store, log }, { items, cutOuts }, plan, signal)).preprocessing.frame;

  const cutOuts = new Set(items.slice(24).map(({ key }) => key));
  expect((await frameOf(cutOuts))?.usualPicture?.micrometres).toBeGreaterThan(40);
  expect(lines).toEqual([]);
  expect(await frameOf(new Set())).toEqual(frame);
  expect(lines).toEqual([expect.stringContaining('no usual width')]);
});
