import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { createTestClient, type TestClient } from '../../server/http/testing.js';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { startServer } from '../../server/testing.js';
import { dropFiles, type DroppedFile, setUpBrowserTests } from './browser.js';

const DROP_ZONE = 'input[type=file]';
/** Beside the repository. */
const DATA = path.resolve(import.meta.dirname, '../../../../shared/data');
const LEAST_REAL_IMAGES = 50;
/** As much as an answer of the device may differ from the server's, in the probability of the positive label. */
const TOLERANCE = 0.01;

// The bundled version is the champion.
const tests = setUpBrowserTests(() => startServer());
let api: TestClient;

beforeAll(async () => {
  api = createTestClient(tests.app.url);
  await api.signIn(tests.app.admin);
});

describe('answers on the device', () => {
  it('are those of the server, for drawn cells', async () => {
    await compare(await drawnCells(12));
  }, 240_000);

  // Real images are never in the repository.
  if (existsSync(DATA)) {
    it(`are those of the server, for ${LEAST_REAL_IMAGES} real images or more`, async () => {
      const images = await realImages(60);
      expect(images.length).toBeGreaterThanOrEqual(LEAST_REAL_IMAGES);
      await compare(images);
    }, 600_000);
  }
});

/** Classifies images on the device and on the server, and compares the answers. */
async function compare(images: readonly DroppedFile[]): Promise<void> {
  const page = await openOnDevice();
  await dropFiles(page, DROP_ZONE, [...images]);
  const ofDevice = await deviceAnswers(page, images.length);
  const differences: number[] = [];
  for (const { name, bytes } of images) {
    const here = ofDevice.find((answer) => answer.fileName === name);
    const there = await serverAnswer(bytes);
    expect({ name, problem: here?.problem }).toEqual({ name, problem: null });
    if (!here) continue;
    const difference = Math.abs(here.probability - there.probability);
    differences.push(difference);
    expect({ name, difference: difference <= TOLERANCE ? 'small' : difference }).toEqual({
      name,
      difference: 'small',
    });
    const nearEdge = there.edges.some((edge) => Math.abs(there.probability - edge) <= TOLERANCE);
    if (!nearEdge) expect({ name, outcome: here.outcome }).toEqual({ name, outcome: there.outcome });
    expect({ name, warnings: here.qualityWarnings }).toEqual({ name, warnings: there.qualityWarnings });
  }
  expect(differences).toHaveLength(images.length);
}

/** The page Classify with the switch on and the version running. */
async function openOnDevice(): Promise<Page> {
  const page = await tests.open({ path: '/classify', user: tests.app.admin });
  await page.getByLabel('On this device: images are not uploaded').check();
  await page.getByText(/reference version 1 runs/).waitFor({ timeout: 60_000 });
  return page;
}

interface DeviceAnswer {
  fileName: string;
  problem: string | null;
  probability: number;
  outcome: string;
  qualityWarnings: string[];
}

/** What the device keeps of its images, once all of them are answered. */
async function deviceAnswers(page: Page, count: number): Promise<DeviceAnswer[]> {
  const read = () => page.evaluate<{ waiting: number; answers: DeviceAnswer[] }>(READ_HELD);
  for (;;) {
    const { waiting, answers } = await read();
    if (waiting === 0 && answers.length === count) return answers;
    await page.waitForTimeout(200);
  }
}

const READ_HELD = `new Promise((resolve, reject) => {
  const opening = indexedDB.open('cytograph-device');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction('images').objectStore('images').getAll();
    reading.onerror = () => reject(reading.error);
    reading.onsuccess = () => {
      opening.result.close();
      resolve({
        waiting: reading.result.filter(({ state }) => state.kind === 'waiting').length,
        answers: reading.result.map(({ fileName, state }) => ({
          fileName,
          problem: state.message ?? null,
          probability: state.result?.probabilities[1].probability,
          outcome: state.result?.outcome,
          qualityWarnings: state.result?.qualityWarnings,
        })),
      });
    };
  };
})`;

async function serverAnswer(bytes: Uint8Array) {
  const { data } = await api.upload(
    `mutation ($image: Upload!) {
      classify(image: $image) {
        prediction {
          outcome qualityWarnings probabilities { probability }
          modelVersion { abstentionBand decisionThreshold }
        }
        userErrors { message }
      }
    }`,
    bytes,
  );
  expect(data.classify.userErrors).toEqual([]);
  const { outcome, qualityWarnings, probabilities, modelVersion } = data.classify.prediction;
  return {
    outcome: outcome as string,
    qualityWarnings: qualityWarnings as string[],
    probability: probabilities[1].probability as number,
    edges: [...modelVersion.abstentionBand, modelVersion.decisionThreshold] as number[],
  };
}

/** Drawn cells as JPEG and PNG files. */
async function drawnCells(count: number): Promise<DroppedFile[]> {
  const files: DroppedFile[] = [];
  for await (const { key, bytes } of drawDemoCells({ count, size: 240, seed: 11 }))
    files.push({ name: key.replace('/', '-'), bytes });
  return files;
}

/** About so many real images, evenly from all folders. */
async function realImages(count: number): Promise<DroppedFile[]> {
  const names: string[] = [];
  for (const folder of ['originals', 'bucket'])
    for (const name of await readdir(path.join(DATA, folder), { recursive: true }))
      if (/\.(jpe?g|png)$/i.test(name)) names.push(path.join(folder, name));
  names.sort();
  const step = names.length / count;
  const chosen = Array.from({ length: count }, (_, index) => names[Math.floor(index * step)] ?? '');
  return Promise.all(
    chosen.map(async (name) => ({
      name: name.replaceAll(path.sep, '-'),
      bytes: await readFile(path.join(DATA, name)),
    })),
  );
}
