import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import sharp, { type Sharp } from 'sharp';
import { openImage } from '../../server/imaging/open-image.js';
import { prepareImage } from '../../server/imaging/prepare-image.js';
import { drawSmear } from '../../server/imaging/testing.js';
import { cropBox } from '../../server/pixels/crop-box.js';
import { normalise } from '../../server/pixels/normalise.js';
import type * as PixelCode from '../../server/pixels/prepare-pixels.js';
import type { Preprocessing } from '../../server/pixels/preprocessing.js';
import { launchBrowser } from './browser.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** The global of the page that has the functions of server/pixels. */
interface PageGlobals {
  pixelCode: typeof PixelCode & { normalise: typeof normalise };
}

/** Bundles server/pixels for a browser, as Vite bundles the app. Vite cannot run within Jest, so it runs in a child process. */
async function bundlePixelCode(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-pixel-code-'));
  try {
    const modules = ['prepare-pixels', 'normalise'].map((name) =>
      path.join(ROOT, `server/pixels/${name}.ts`),
    );
    const entry = path.join(folder, 'entry.ts');
    await writeFile(entry, modules.map((module) => `export * from ${JSON.stringify(module)};`).join('\n'));
    const lib = { entry, formats: ['iife'], name: 'pixelCode', fileName: 'bundle' };
    const options = { configFile: false, logLevel: 'error', root: folder, build: { outDir: folder, lib } };
    const script = `import { build } from 'vite'; await build(${JSON.stringify(options)});`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: ROOT });
    return await readFile(path.join(folder, 'bundle.iife.js'), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

const preprocessings: Preprocessing[] = [
  {
    crop: 0.75,
    inputSize: 64,
    colour: { kind: 'white-balance', percentile: 95, target: 240 },
    mean: [0.78, 0.73, 0.81],
    std: [0.2, 0.2, 0.2],
  },
  { inputSize: 224, colour: { kind: 'none' }, mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] },
];

describe('the pixel code in the browser', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.addScriptTag({ content: await bundlePixelCode() });
  });
  afterAll(async () => browser.close());

  /** Runs the preprocessing in the page on the pixels that the server's decoder resized. */
  const prepareInPage = (
    picture: { width: number; height: number; pixels: string },
    preprocessing: Preprocessing,
    resized: string,
  ) =>
    page.evaluate(
      async (given) => {
        const { pixelCode } = globalThis as unknown as PageGlobals;
        const base64 = (bytes: Uint8Array) =>
          btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
        const bytesOf = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        let resizedPart = {};
        const prepared = await pixelCode.preparePixels(
          { ...given.picture, pixels: bytesOf(given.picture.pixels) },
          given.preprocessing,
          async (box, width, height) => {
            resizedPart = { box, width, height };
            return bytesOf(given.resized);
          },
        );
        return {
          resizedPart,
          pixels: base64(prepared.pixels),
          qualityWarnings: prepared.qualityWarnings,
          frame: prepared.frame,
          input: base64(new Uint8Array(pixelCode.normalise(prepared.pixels, given.preprocessing).buffer)),
        };
      },
      { picture, preprocessing, resized },
    );

  it.each<[string, () => Sharp]>([
    ['a good picture', () => drawSmear()],
    ['an oblong picture', () => drawSmear({ width: 333, height: 210, seed: 2 })],
    ['a picture under a yellow lamp', () => drawSmear({ background: [210, 190, 150], seed: 3 })],
    ['a picture out of focus', () => drawSmear({ seed: 4 }).blur(5)],
    ['a picture with too much light', () => drawSmear({ seed: 5 }).linear(1.4)],
  ])('prepares %s exactly as the server does', async (_what, draw) => {
    const bytes = await draw().jpeg({ quality: 90 }).toBuffer();
    for (const preprocessing of preprocessings) {
      const { inputSize: size, crop = 1 } = preprocessing;
      const { header, pipeline, rgb } = await openImage(bytes);
      const box = cropBox(header.width, header.height, crop);
      const resized = await pipeline()
        .extract(box)
        .resize(size, size, { fit: 'fill', kernel: sharp.kernel.lanczos3 })
        .raw()
        .toBuffer();

      const expected = await prepareImage(bytes, preprocessing);
      const { width, height } = header;
      const actual = await prepareInPage(
        { width, height, pixels: Buffer.from(await rgb()).toString('base64') },
        preprocessing,
        resized.toString('base64'),
      );
      expect(actual.resizedPart).toEqual({ box, width: size, height: size });
      expect(actual.frame).toEqual(box);
      expect(actual.pixels).toBe(Buffer.from(expected.pixels).toString('base64'));
      expect(actual.qualityWarnings).toEqual(expected.qualityWarnings);
      const input = normalise(expected.pixels, preprocessing);
      expect(actual.input).toBe(Buffer.from(input.buffer).toString('base64'));
    }
  });
});
