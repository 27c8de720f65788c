import { type Browser, chromium, type Page } from 'playwright-core';

/** A page of its own session that notes what goes wrong in it. */
export interface WatchedPage {
  page: Page;
  /** What the page threw or logged as an error since it was opened. */
  problems: string[];
}

/** The Chromium that the test run has prepared (scripts/jest/services.mjs), with its safeguards as a user has them. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.TEST_CHROMIUM,
    // In a container its own sandbox cannot start, and shared memory is small.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

/** A window without cookies or cache, as of somebody who has never been here. */
export async function openPage(browser: Browser, baseURL: string): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return { page, problems };
}

/** Signs in on whatever page is asked for. */
export async function signIn(page: Page, user: { email: string; password: string }): Promise<void> {
  await page.getByLabel('E-mail').fill(user.email);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).first().waitFor();
}

export interface DroppedFile {
  name: string;
  bytes: Uint8Array;
}

/** Drops files from the desktop on what `selector` finds. */
export async function dropFiles(page: Page, selector: string, files: DroppedFile[]): Promise<void> {
  const contents = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
  const dataTransfer = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of ${JSON.stringify(contents)}) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    return transfer;
  })()`);
  await page.dispatchEvent(selector, 'drop', { dataTransfer });
}
