import { type Browser, chromium, type Page } from 'playwright-core';

/** A page in a separate session, with the errors that occurred in it. */
export interface WatchedPage {
  page: Page;
  /** The errors that the page has thrown or logged since it was opened. */
  problems: string[];
}

/** Launches the Chromium that the test run has prepared (scripts/jest/services.mjs), with web security as users have it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.TEST_CHROMIUM,
    // In a container, the sandbox of Chromium cannot start, and shared memory is small.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

/** Opens a page without cookies or cache, as for a new user. */
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

/** Signs in on the current page. */
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

/** Drops files on the element that matches `selector`. */
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
