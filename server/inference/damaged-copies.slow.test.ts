import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import sharp from 'sharp';
import { readArtifact } from '../artifact/artifact-store.js';
import type { Manifest } from '../artifact/manifest.js';
import { measureImage } from '../imaging/measure-image.js';
import { type Random, randomFrom } from '../imaging/seeded-random.js';
import { thumbnail } from '../imaging/thumbnail.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';
import { openFolderStore } from '../storage/folder-store.js';
import { interpret } from '../decision/interpret.js';
import { type InferencePool, openInferencePool } from './pool.js';

const BUNDLED = fileURLToPath(new URL('../../../models/reference', import.meta.url));
/** A drawn blast of 160 × 160 pixels, and the same image as a JPEG with restart markers, which sharp cannot write. */
const FOLDER = fileURLToPath(new URL('./encodings/', import.meta.url));

/** The largest difference between two logits that count as the same answer. */
const SAME = 0.1;
/** The largest share of damaged JPEG files that may go unnoticed: JPEG has no checksum, so a valid but changed colour value cannot be detected. */
const MAX_UNDETECTED_JPEGS = 0.03;

let pool: InferencePool;
let manifest: Manifest;

beforeAll(async () => {
  const artifact = await readArtifact(openFolderStore(BUNDLED), '', null);
  manifest = artifact.manifest;
  pool = openInferencePool({ threads: 1, queueLimit: 100, maxBatch: 1, log: pino({ level: 'silent' }) });
  await pool.load('reference', manifest, artifact.onnx);
});
afterAll(() => pool.close());

const blast = async () => sharp(await readFile(`${FOLDER}blast.png`)).resize(360);

const GOOD: Record<string, () => Promise<Buffer>> = {
  'a JPEG (4:4:4)': async () => (await blast()).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer(),
  'a JPEG (4:2:0)': async () => (await blast()).jpeg({ quality: 92, chromaSubsampling: '4:2:0' }).toBuffer(),
  'a progressive JPEG': async () => (await blast()).jpeg({ quality: 92, progressive: true }).toBuffer(),
  'a JPEG with restart markers': () => readFile(`${FOLDER}restart-markers.jpg`),
  'a PNG': async () => (await blast()).png().toBuffer(),
  'an uncompressed TIFF': async () => (await blast()).tiff({ compression: 'none' }).toBuffer(),
  'a TIFF with LZW': async () => (await blast()).tiff({ compression: 'lzw' }).toBuffer(),
  'a TIFF with Deflate': async () => (await blast()).tiff({ compression: 'deflate' }).toBuffer(),
  'a WebP': async () => (await blast()).webp({ quality: 90 }).toBuffer(),
};

/** Typical damage of copied files: truncated, filled with zeros, and with bytes changed, lost or exchanged. */
function* damagedCopies(good: Buffer, random: Random): Generator<[damage: string, bytes: Buffer]> {
  const { length } = good;
  const edited = (edit: (copy: Buffer) => void) => {
    const copy = Buffer.from(good);
    edit(copy);
    return copy;
  };
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.85, 0.93, 0.96, 0.98, 0.995]) {
    const at = Math.floor(length * share);
    yield [`cut at ${share}`, good.subarray(0, at)];
    yield [`zeros from ${share}`, edited((copy) => copy.fill(0, at))];
  }
  for (let index = 0; index < 10; index++) {
    const at = Math.floor(length * random.between(0.02, 0.99));
    const bits = [1, 4, 16, 64, 128, 255][index % 6] ?? 1;
    yield [`byte ${at} changed by ${bits}`, edited((copy) => (copy[at] = (copy[at] ?? 0) ^ bits))];
  }
  for (const share of [0.2, 0.5, 0.8]) {
    const at = Math.floor(length * share);
    yield [`512 bytes lost at ${share}`, Buffer.concat([good.subarray(0, at), good.subarray(at + 512)])];
    yield [`512 zeros at ${share}`, edited((copy) => copy.fill(0, at, at + 512))];
  }
  for (const size of [512, 1024, 2048]) {
    const blocks = Math.floor(length / size);
    const one = 1 + random.below(Math.max(1, blocks - 2));
    const other = 1 + ((one + random.below(Math.max(1, blocks - 3))) % Math.max(1, blocks - 2));
    if (one === other) continue;
    const swapped = edited((copy) => {
      good.copy(copy, one * size, other * size, (other + 1) * size);
      good.copy(copy, other * size, one * size, (one + 1) * size);
    });
    if (!swapped.equals(good)) yield [`blocks ${one} and ${other} of ${size} exchanged`, swapped];
  }
}

/** Whether each reader of images (measurement, thumbnail) can read these bytes. */
async function isReadByAll(bytes: Buffer): Promise<boolean[]> {
  return Promise.all(
    [measureImage(bytes), thumbnail(bytes, 64)].map((reading) =>
      reading.then(
        () => true,
        (error: unknown) => {
          if (error instanceof UnreadableImageError) return false;
          throw error;
        },
      ),
    ),
  );
}

it.each(Object.entries(GOOD))(
  'refuses damaged copies of %s, gives the answer of the original, or warns',
  async (name, make) => {
    const good = await make();
    const original = await pool.infer('reference', good);
    const labelOf = (result: typeof original) => interpret(manifest, result);
    expect(labelOf(original)).toMatchObject({ outcome: 'CLASSIFIED', label: 'blast' });
    expect(original.qualityWarnings.filter((warning) => warning !== 'LOW_RESOLUTION')).toEqual([]);

    const outcomes = { copies: 0, refused: 0, same: 0, warned: 0 };
    const undetected: string[] = [];
    for (const [damage, bytes] of damagedCopies(good, randomFrom('damage', name))) {
      outcomes.copies++;
      const answer = await pool.infer('reference', bytes).catch((error: unknown) => {
        if (error instanceof UnreadableImageError) return null;
        throw error;
      });
      expect([damage, await isReadByAll(bytes)]).toEqual([damage, [answer !== null, answer !== null]]);
      if (!answer) outcomes.refused++;
      else if (answer.qualityWarnings.includes('POSSIBLY_DAMAGED')) outcomes.warned++;
      else if (answer.qualityWarnings.includes('FILE_FAULT')) outcomes.warned++;
      else if (Math.abs(answer.logit - original.logit) <= SAME) outcomes.same++;
      else {
        const { outcome, label } = labelOf(answer);
        undetected.push(`${damage}: ${outcome} ${label}, logit ${answer.logit} for ${original.logit}`);
      }
    }
    expect(outcomes.copies).toBeGreaterThanOrEqual(30);
    expect(outcomes.refused).toBeGreaterThan(10);
    const allowed = name.includes('JPEG') ? Math.ceil(MAX_UNDETECTED_JPEGS * outcomes.copies) : 0;
    expect(undetected.length > allowed ? undetected : []).toEqual([]);
    expect(undetected.filter((each) => each.includes('CLASSIFIED not blast'))).toEqual([]);
  },
  300_000,
);
