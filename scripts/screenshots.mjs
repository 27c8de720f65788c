// Takes the pictures of the README from the app as it is now, with drawn cells: node scripts/screenshots.mjs
// Starts the server with an empty folder, classifies and reviews a case in Chromium as a person would, and writes docs/pictures/.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { prepareChromium } from './chromium.mjs';
import { setUp } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PICTURES = path.join(ROOT, 'docs/pictures');
const ADMIN = { email: 'ada@example.org', password: 'drawn cells only, no patient' };
const REFERENCE = 'Drawn 2026-17';
const CELLS = 60;
const SECONDS_TO_START = 300;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cytograph-pictures-'));
const stops = [() => fs.rmSync(folder, { recursive: true, force: true })];
try {
  await setUp();
  const url = await startServer();
  const browser = await chromium.launch({
    executablePath: await prepareChromium(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  stops.push(() => browser.close());
  fs.mkdirSync(PICTURES, { recursive: true });
  await takePictures(browser, url);
} finally {
  for (const stop of stops.toReversed()) await stop();
}

/** Starts the server on a free port and an empty folder, and resolves to its address when it answers. */
async function startServer() {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = {
    ...{ PORT: String(port), DATA_DIR: folder },
    ...{ ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password },
  };
  const server = spawn(process.execPath, ['scripts/start.mjs'], {
    ...{ cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] },
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  stops.push(() => {
    server.kill('SIGTERM');
    return ended;
  });
  for (let second = 0; second < SECONDS_TO_START; second += 1) {
    const isReady = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return url;
    await wait(1000);
  }
  throw new Error(`The server did not answer within ${SECONDS_TO_START} seconds.`);
}

async function takePictures(browser, url) {
  const page = await openWindow(browser, url);
  await page.goto('/classify');
  await signIn(page);
  await page.setInputFiles('input[type=file]', await drawnFiles());
  await page.getByRole('dialog').getByLabel('Case reference').fill(REFERENCE);
  await page.getByRole('dialog').getByRole('button', { name: 'Use this case' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: `${CELLS} of ${CELLS} images done` })
    .waitFor({ timeout: 600_000 });
  await page.getByRole('slider', { name: 'Evidence map' }).fill('45');
  await write(page, 'classify', 860);

  await page.getByRole('group', { name: 'Chosen case' }).getByRole('button').first().click();
  const grid = page.getByRole('grid', { name: 'Cells of the case' });
  await grid.waitFor();
  await reviewSuspicious(page, grid);
  await page.getByText(/^Every cell that is a blast/).waitFor();
  await grid.press('Escape'); // selects nothing
  await page.locator('.MuiSnackbar-root').waitFor({ state: 'detached' });
  await write(page, 'case', 1440, page.getByRole('region', { name: 'Gallery' }));

  await page.getByRole('link', { name: 'Write the report' }).click();
  const conclusion = page.getByRole('textbox', { name: 'Conclusion' });
  await conclusion.fill('Blasts with fine chromatin and nucleoli. Flow cytometry is recommended.');
  await page.getByLabel('Reason for counting fewer cells').fill('The film has few white cells.');
  const cells = page.getByRole('group', { name: 'Cells of the case' }).getByRole('button');
  const reviewed = cells.filter({ hasText: /^blast.*blast/i });
  for (let index = 0; index < 5; index += 1) await reviewed.nth(index).click();
  await page
    .getByRole('status')
    .filter({ hasText: /^Saved$/ })
    .waitFor();
  await page.getByText('The report can be signed.').waitFor();
  await write(page, 'report', 1440, page.locator('body'));
}

/** Confirms the blasts, and decides on the withheld cells, with the keys of the gallery. */
async function reviewSuspicious(page, grid) {
  const toReview = page.getByRole('region', { name: 'Differential' }).getByText(/^To be reviewed before/);
  const groups = page.getByRole('group', { name: 'Groups' });
  await groups.getByRole('button').first().click();
  await grid.focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('c');
  for (const title of ['Needs review', 'Not recognised']) {
    const group = groups.getByRole('button', { name: new RegExp(`^${title}`) });
    if ((await group.count()) === 0) continue;
    await group.click();
    await grid.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('1');
    await group.waitFor({ state: 'detached' });
  }
  await toReview.waitFor({ state: 'detached' });
}

async function openWindow(browser, url) {
  const context = await browser.newContext({ baseURL: url, locale: 'en-GB', viewport: windowOf(860) });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  return page;
}

function windowOf(height) {
  return { width: 1280, height };
}

async function signIn(page) {
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Drop cell images here').waitFor();
}

/** Cells that look like those of one slide, as files to choose. */
async function drawnFiles() {
  const { drawDemoCells } = await import('../dist/server/imaging/demo-cells.js');
  const files = [];
  for await (const { key, bytes } of drawDemoCells({ count: CELLS, seed: 5, patients: 1 }))
    files.push({ name: path.basename(key), mimeType: 'image/jpeg', buffer: bytes });
  return files;
}

/** Writes a window of this height as docs/pictures/NAME.webp, with `top` at its upper edge, when all images in it are loaded. */
async function write(page, name, height, top) {
  await page.setViewportSize(windowOf(height));
  await top?.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  await page.mouse.move(0, 0);
  await page.waitForFunction(() =>
    [...document.images].every(
      (image) => image.complete || image.getBoundingClientRect().top > window.innerHeight,
    ),
  );
  await wait(1000); // images fade in
  const file = path.join(PICTURES, `${name}.webp`);
  await sharp(await page.screenshot())
    .webp({ quality: 80 })
    .toFile(file);
  console.log(`${path.relative(ROOT, file)}: ${Math.round(fs.statSync(file).size / 1000)} kB`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
