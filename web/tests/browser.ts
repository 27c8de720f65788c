import { type Browser, chromium, type Page } from 'playwright-core';

/** Machines that run tests may be slow and busy, and stand still for a while. */
export const LONGEST_WAIT_MS = 240_000;

/** A server that pages are opened on: `startApp`, `startServer`, or one of them behind a proxy. */
interface Site {
  url: string;
  stop(): Promise<void>;
}

interface Visit {
  /** The page to open first. Default: none, the test navigates itself. */
  path?: string;
  /** The person to sign in on that page. Default: nobody. */
  user?: { email: string; password: string };
  /** Whether the window is that of a phone, which is touched. Default: false. */
  onPhone?: boolean;
  /** Whether the test causes errors that the page may log. Default: false, any such error fails the test. */
  mayLogErrors?: boolean;
  /** Whether the app installs its service worker. Default: false, so that tests see every request. */
  installs?: boolean;
}

interface BrowserTests<Server extends Site> {
  /** The server that all tests share. */
  readonly app: Server;
  /** Opens a window without cookies or cache. It is closed after the test. */
  open(visit?: Visit): Promise<Page>;
}

/**
 * Sets up the browser tests of a file or a `describe` block: one server and one Chromium for all of them. A test fails if a
 * page that it opened threw or logged an error.
 */
export function setUpBrowserTests<Server extends Site>(start: () => Promise<Server>): BrowserTests<Server> {
  let app: Server | undefined;
  let browser: Browser | undefined;
  let opened: { page: Page; errors: string[] }[] = [];

  beforeAll(async () => {
    app = await start();
    browser = await launchBrowser();
  });
  afterEach(async () => {
    const errors = opened.flatMap((window) => window.errors);
    for (const { page } of opened) await page.context().close();
    opened = [];
    expect(errors).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  const running = () => {
    if (!app || !browser)
      throw new Error('The server and the browser start before the first test, not earlier.');
    return { app, browser };
  };
  return {
    get app() {
      return running().app;
    },
    open: async ({ path, user, onPhone = false, mayLogErrors = false, installs = false } = {}) => {
      const page = await openPage(running().browser, running().app.url, { onPhone, installs });
      const errors: string[] = [];
      opened.push({ page, errors });
      if (!mayLogErrors) recordErrors(page, errors);
      if (path !== undefined) await page.goto(path);
      if (user) await signIn(page, user);
      return page;
    },
  };
}

/**
 * Launches the Chromium that the test run has prepared (scripts/jest/services.mjs), with web security as users have it. For tests
 * without a server; the others use {@link setUpBrowserTests}.
 */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.TEST_CHROMIUM,
    timeout: LONGEST_WAIT_MS,
    // In a container, the sandbox of Chromium cannot start, and shared memory is small.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

async function openPage(
  browser: Browser,
  baseURL: string,
  { onPhone, installs }: { onPhone: boolean; installs: boolean },
): Promise<Page> {
  const context = await browser.newContext({
    ...{ baseURL, locale: 'en-GB' },
    ...(onPhone
      ? { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
      : { viewport: { width: 1280, height: 900 } }),
    serviceWorkers: installs ? 'allow' : 'block',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  return page;
}

/** Adds to `errors` what the page throws and what it logs as an error. */
function recordErrors(page: Page, errors: string[]): void {
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
}

/** Signs in on the current page. */
export async function signIn(page: Page, user: { email: string; password: string }): Promise<void> {
  await page.getByLabel('E-mail').fill(user.email);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).first().waitFor();
}

/**
 * Waits until an expression is true in the page. `page.waitForFunction` evaluates it again in the page itself, which the
 * Content-Security-Policy of the app forbids.
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  for (const end = performance.now() + LONGEST_WAIT_MS; !(await page.evaluate(expression));) {
    if (performance.now() > end) throw new Error(`This did not become true: ${expression}`);
    await page.waitForTimeout(100);
  }
}

export interface DroppedFile {
  name: string;
  bytes: Uint8Array;
}

/** Drops files on the element that matches `selector`. On the Classify page: as {@link withoutCase}. */
export async function dropFiles(page: Page, selector: string, files: DroppedFile[]): Promise<void> {
  if (new URL(page.url()).pathname.endsWith('/classify'))
    await withoutCase(page, () => drop(page, selector, files));
  else await drop(page, selector, files);
}

/** Sends images, and answers "No case" if the page asks for their case because none has been chosen. */
export async function withoutCase(page: Page, send: () => Promise<void>): Promise<void> {
  const asks = await page.evaluate("sessionStorage.getItem('cytograph-chosen-case') === null");
  await send();
  if (asks) await page.getByRole('button', { name: 'No case' }).click();
}

async function drop(page: Page, selector: string, files: DroppedFile[]): Promise<void> {
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
