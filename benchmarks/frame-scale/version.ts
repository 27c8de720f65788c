// What a finished version answers if the same cells are shown in other frames:
//   node scripts/run.mjs benchmarks/frame-scale/version [--version models/reference] [--images 1000] [--data ../shared/data]
//     [--frames 1,1.5,2]
// The version may have been trained on these cells, so that its real figures are worse: bench.ts measures a recipe out of fold.
// Prints one row for each frame and surroundings, and how many of the answers without a known scale are wrong.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { openImage } from '../../server/imaging/open-image.js';
import { pictureOf } from '../../server/imaging/prepare-image.js';
import { resizePartOf } from '../../server/imaging/resize-part.js';
import { randomFrom, shuffle } from '../../server/imaging/seeded-random.js';
import { interpret } from '../../server/decision/interpret.js';
import { openLocalNetwork } from '../../server/inference/local-network.js';
import { normaliser } from '../../server/pixels/normalise.js';
import { preparePixels } from '../../server/pixels/prepare-pixels.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { loadConfig } from '../../server/config.js';
import { changeFrame, SURROUNDINGS } from './change-frame.js';
import { cutSlidePatches } from './slide-patches.js';

const { values } = parseArgs({
  options: {
    version: { type: 'string', default: 'models/reference' },
    images: { type: 'string', default: '1000' },
    data: { type: 'string', default: '../shared/data' },
    frames: { type: 'string', default: '1,1.5,2' },
  },
});

sharp.concurrency(1);
const { s3 } = loadConfig(process.env);
const place = openObjectStore(`file:${path.resolve(values.version)}`, s3);
const { manifest, onnx } = await readArtifact(place, '', null);
const network = await openLocalNetwork(manifest, onnx, 1);
const normalise = normaliser(manifest.preprocessing);

const FOLDER = 'deepapl-discovery';
const files: { file: string; isBlast: boolean }[] = [];
for (const type of await readdir(path.join(values.data, FOLDER))) {
  if (type.endsWith('.csv')) continue;
  for (const name of (await readdir(path.join(values.data, FOLDER, type))).sort()) {
    files.push({ file: path.join(values.data, FOLDER, type, name), isBlast: type === 'blast' });
  }
}
const sample = (isBlast: boolean) =>
  shuffle(
    files.filter((file) => file.isBlast === isBlast),
    randomFrom('version', isBlast ? 1 : 0),
  ).slice(0, Number(values.images));
const chosen = [...sample(true), ...sample(false)];
const pictureAt = async (file: string) => pictureOf(await openImage(await readFile(file)));
const margins = await Promise.all(chosen.slice(0, 60).map(({ file }) => pictureAt(file)));
const slide = await cutSlidePatches(values.data, margins);

console.log(
  '| frame | surroundings | blasts CLASSIFIED not blast | of these without a scale | others CLASSIFIED blast | of these without a scale | coverage of blasts | of others | scale unknown |',
);
console.log('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const factor of values.frames.split(',').map(Number)) {
  for (const surroundings of factor > 1 ? SURROUNDINGS : ([null] as const)) {
    const counts = [0, 1].map(() => ({ all: 0, classified: 0, wrong: 0, wrongUnknown: 0 }));
    let unknown = 0;
    for (const [index, { file, isBlast }] of chosen.entries()) {
      const random = randomFrom('frame', index, factor);
      const picture = changeFrame(
        await pictureAt(file),
        factor,
        surroundings ?? 'slide colour',
        slide,
        random,
      );
      const prepared = await preparePixels(picture, manifest.preprocessing, resizePartOf(picture));
      const input = new Float32Array(prepared.pixels.length);
      normalise(prepared.pixels, input);
      const [output] = await network.run(input, 1);
      if (!output) throw new Error('The network gave no output.');
      const { outcome, label } = interpret(manifest, {
        ...output,
        qualityWarnings: prepared.qualityWarnings,
      });
      const isUnknown = prepared.qualityWarnings.includes('SCALE_UNKNOWN');
      const row = counts[isBlast ? 1 : 0];
      if (!row) continue;
      if (isUnknown) unknown += 1;
      row.all += 1;
      if (outcome !== 'CLASSIFIED') continue;
      row.classified += 1;
      if (label === manifest.classes[isBlast ? 1 : 0]) continue;
      row.wrong += 1;
      if (isUnknown) row.wrongUnknown += 1;
    }
    const [others, blasts] = counts;
    if (!others || !blasts) continue;
    const share = (count: number, all: number) => `${((100 * count) / all).toFixed(1)} %`;
    console.log(
      `| ${factor} | ${surroundings ?? '–'} | ${blasts.wrong} (${share(blasts.wrong, blasts.all)}) | ${blasts.wrongUnknown} | ` +
        `${others.wrong} (${share(others.wrong, others.all)}) | ${others.wrongUnknown} | ` +
        `${share(blasts.classified, blasts.all)} | ${share(others.classified, others.all)} | ${share(unknown, chosen.length)} |`,
    );
  }
}
await network.release();
