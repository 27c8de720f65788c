import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { loadConfig } from '../../server/config.js';
import { createDatabase } from '../../server/database/client.js';
import { registerRandomVersion } from '../../server/features/models/testing.js';
import { createTestClient, type TestClient } from '../../server/http/testing.js';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { startServer } from '../../server/testing.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { checkAccessibility } from './accessibility.js';
import { dropFiles, type DroppedFile, setUpBrowserTests, signIn } from './browser.js';
import { answered } from './classify-page.js';
import { addEngineer } from './start-app.js';

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
  });

  // Real images are never in the repository.
  if (existsSync(DATA)) {
    it(`are those of the server, for ${LEAST_REAL_IMAGES} real images or more`, async () => {
      const images = await realImages(60);
      expect(images.length).toBeGreaterThanOrEqual(LEAST_REAL_IMAGES);
      await compare(images);
    });
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
  await page.getByText(/reference version 1 runs/).waitFor();
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

/** Opening a database that does not exist would create it. */
const READ_HELD = `indexedDB.databases().then((databases) => new Promise((resolve, reject) => {
  if (!databases.some(({ name }) => name === 'cytograph-device')) return resolve({ waiting: 0, answers: [] });
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
}))`;

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

describe('images on the device', () => {
  const row = (page: Page, name: string) => page.getByRole('listitem', { name });
  let cells: DroppedFile[];
  beforeAll(async () => {
    cells = await drawnCells(3);
  });

  it('stay there over a reload, and are uploaded later with both answers', async () => {
    const page = await openOnDevice();
    const uploads: string[] = [];
    page.on('request', (request) => {
      if (/multipart/.test(request.headers()['content-type'] ?? '')) uploads.push(request.url());
    });
    await dropFiles(page, DROP_ZONE, cells.slice(0, 2));
    await page.getByText('2 images on this device, not uploaded').waitFor();
    await deviceAnswers(page, 2);
    const first = cells[0]?.name ?? '';
    await row(page, first)
      .getByText(/On this device, reference version 1/)
      .waitFor();
    await row(page, first)
      .getByText(/Probability of blast: .*\d %/)
      .waitFor();
    expect(uploads).toEqual([]);

    await page.reload();
    await page.getByText('2 images on this device, not uploaded').waitFor();
    await checkAccessibility(page, 'images on the device');
    expect(uploads).toEqual([]);

    await page.getByRole('button', { name: 'Upload all' }).click();
    await answered(page, '2 of 2 images done');
    expect(uploads).toHaveLength(2);
    await page.getByText(/on this device, not uploaded/).waitFor({ state: 'detached' });
    await row(page, first)
      .getByText(/The device answered before the upload, with version 1/)
      .waitFor();
    await page.getByRole('link', { name: `Open prediction of ${first}` }).click();
    await page.getByRole('heading', { name: 'Result' }).waitFor();
    await page.getByText(/The device answered before the upload, with version 1/).waitFor();
  });

  it('wait when the device fails, and continue when it is tried again', async () => {
    const page = await openOnDevice();
    await page.getByText(/reference version 1 runs on/).waitFor();
    // As when the memory of the device is full.
    for (const worker of page.workers())
      await worker.evaluate('OffscreenCanvas.prototype.getContext = () => null');
    await dropFiles(page, DROP_ZONE, cells);
    const panel = page.getByRole('region', { name: 'On this device' });
    await panel.getByRole('button', { name: 'Try again' }).waitFor();
    await checkAccessibility(page, 'the device has failed');
    expect(await panel.getByRole('button', { name: 'Retry' }).count()).toBe(1);
    expect(await panel.getByText(/^Not classified yet/).count()).toBe(2);
    await panel.getByText('Classified one after the other while this page is open').waitFor();

    await panel.getByRole('button', { name: 'Try again' }).click();
    await panel
      .getByText(/^Not classified yet/)
      .first()
      .waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: 'Retry' }).click();
    await deviceAnswers(page, 3);
  });

  it('are deleted at sign-out, after the app has said how many', async () => {
    const page = await openOnDevice();
    await dropFiles(page, DROP_ZONE, cells);
    await page.getByText('3 images on this device, not uploaded').waitFor();

    await signOut(page);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('3 images on this device are not uploaded').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('3 images on this device, not uploaded').waitFor();

    // Ending the own session in another way says so too.
    await page.goto('/account');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await dialog.getByText('3 images on this device are not uploaded').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.goto('/classify');
    await page.getByText('3 images on this device, not uploaded').waitFor();

    await signOut(page);
    await dialog.getByRole('button', { name: 'Delete and sign out' }).click();
    await page.getByLabel('Password').waitFor();
    await signIn(page, tests.app.admin);
    await page.getByLabel('On this device: images are not uploaded').waitFor();
    expect(await heldCount(page)).toBe(0);
  });

  it('stay for the same user when the session has expired, and are deleted when another user signs in', async () => {
    const page = await openOnDevice();
    await dropFiles(page, DROP_ZONE, cells.slice(0, 1));
    await page.getByText('1 image on this device, not uploaded').waitFor();

    await page.context().clearCookies();
    await page.reload();
    await signIn(page, tests.app.admin);
    await page.getByText('1 image on this device, not uploaded').waitFor();

    const other = await addEngineer(tests.app, 'Another engineer');
    await page.context().clearCookies();
    await page.goto('/models'); // also without opening Classify
    await signIn(page, other);
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    for (let left = await heldCount(page); left > 0; left = await heldCount(page))
      await page.waitForTimeout(100);
    await page.goto('/classify');
    await page.getByLabel('On this device: images are not uploaded').waitFor();
    expect(
      await page.getByText('not uploaded', { exact: false }).filter({ hasText: '1 image' }).count(),
    ).toBe(0);
  });

  it('that a browser cannot read say so, and can be uploaded', async () => {
    const page = await openOnDevice();
    const tiff = await sharp(Buffer.from(cells[0]?.bytes ?? []))
      .tiff()
      .toBuffer();
    await dropFiles(page, DROP_ZONE, [{ name: 'cell.tif', bytes: tiff }]);
    await row(page, 'cell.tif').getByText('A browser cannot read TIFF files.').waitFor();
    await row(page, 'cell.tif').getByRole('button', { name: 'Upload cell.tif' }).click();
    await answered(page, '1 of 1 image done');
  });
});

describe('the version on the device', () => {
  it('is refused if a file is not the registered one', async () => {
    const page = await tests.open({ path: '/classify', user: tests.app.admin });
    await page.route('**/files/models/*/weights.bin', async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[100] = (body[100] ?? 0) ^ 1;
      await route.fulfill({ response, body });
    });
    await page.getByLabel('On this device: images are not uploaded').check();
    await page.getByText('The file weights.bin of the model is not the registered one').waitFor();
    await dropFiles(page, DROP_ZONE, await drawnCells(1));
    await page.getByText('Not classified yet').waitFor();
  });

  it('is replaced by a newer champion, which the page says', async () => {
    const page = await openOnDevice();
    const { objectStore, s3 } = loadConfig({ DATA_DIR: tests.app.dataDir });
    const database = createDatabase(tests.app.databaseUrl, 1);
    const store = openObjectStore(objectStore, s3);
    const { id } = await registerRandomVersion({ database, store }, { modelName: 'reference', seed: 7 });
    await database.$disconnect();
    await promote(id);
    await page.evaluate('window.dispatchEvent(new Event("online"))');
    await page
      .getByText('Version 2 is the champion now. It has replaced version 1 on this device.')
      .waitFor();
    await page.getByText(/reference version 2 runs/).waitFor();
  });
});

describe('without a connection', () => {
  it('the app opens and classifies, and uploads when it is connected again', async () => {
    const page = await tests.open({
      path: '/classify',
      user: tests.app.admin,
      installs: true,
      mayLogErrors: true,
    });
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    await page.reload(); // the page of the first visit has no service worker yet
    await page.getByLabel('On this device: images are not uploaded').check();
    await page.getByText(/reference version \d runs/).waitFor();

    await page.context().setOffline(true);
    await page.reload();
    await page.getByText('Offline', { exact: true }).waitFor();
    await page.getByText(/it is not known whether there is a newer champion/).waitFor();
    await dropFiles(page, DROP_ZONE, await drawnCells(1));
    await deviceAnswers(page, 1);
    await page.getByText(/On this device, reference version/).waitFor();
    expect(await page.getByRole('button', { name: 'Upload all' }).count()).toBe(0);
    await page.getByRole('link', { name: 'History' }).first().click();
    await page.getByText('This page needs the server').waitFor();
    await page.getByRole('link', { name: 'Classify' }).first().click();

    await page.context().setOffline(false);
    await page.getByText('Offline', { exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Upload all' }).click();
    await answered(page, '1 of 1 image done');
    const kept = await page.evaluate<string[]>(`caches.keys().then(async (names) => (await Promise.all(
      names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)),
    )).flat())`);
    expect(kept.filter((url) => /graphql|\/files\/|\/export(\?|$)/.test(url))).toEqual([]);
    expect(kept.filter((url) => url.includes('/model-files/'))).toHaveLength(3);
  });
});

async function promote(modelVersionId: string): Promise<void> {
  const { data } = await api.graphql(
    `mutation ($input: PromoteModelVersionInput!) { promoteModelVersion(input: $input) { userErrors { message } } }`,
    {
      input: {
        modelVersionId,
        alias: 'CHAMPION',
        reason: 'A test of the next version.',
        overrideGates: true,
      },
    },
  );
  expect(data.promoteModelVersion.userErrors).toEqual([]);
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
}

const heldCount = async (page: Page) =>
  (await page.evaluate<{ answers: DeviceAnswer[] }>(READ_HELD)).answers.length;
