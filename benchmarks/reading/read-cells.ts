import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Browser } from 'playwright-core';

interface Visit {
  /** Of the reading. */
  address: string;
  /** The session cookie, as 'name=value'. */
  cookie: string;
  cells: number;
  /** Milliseconds that the reader looks at each cell. */
  waitMs: number;
}

/** Runs in the page: reports the milliseconds from each key to the first frame that shows the picture of another cell. */
const WATCH = `
  document.addEventListener('keydown', (event) => {
    const shown = () => document.querySelector('img[data-place]');
    const before = shown()?.dataset.place;
    const look = () => {
      const picture = shown();
      const isNext = picture === null || (picture.dataset.place !== before && picture.complete && picture.naturalWidth > 0);
      if (isNext) requestAnimationFrame(() => window.reportWait(performance.now() - event.timeStamp));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);`;

/** Decides on every cell of a reading with the keyboard. Returns the waits for the next cell and the time for all, in milliseconds. */
export async function readCells(
  browser: Browser,
  { address, cookie, cells, waitMs }: Visit,
): Promise<{ waits: number[]; ms: number }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url: new URL('/', address).href }]); // the path of a cookie is that of its address
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const waits: number[] = [];
  const shown = new EventEmitter();
  await page.exposeFunction('reportWait', (ms: number) => {
    waits.push(ms);
    shown.emit('cell');
  });
  await page.addInitScript(WATCH);
  await page.goto(address);
  await page.getByRole('img', { name: 'Cell 1' }).waitFor();
  await page.waitForLoadState('networkidle');

  const start = performance.now();
  for (let place = 0; place < cells; place++) {
    await setTimeout(waitMs);
    const next = once(shown, 'cell', { signal: AbortSignal.timeout(30_000) });
    await page.keyboard.press('1');
    await next;
  }
  await page.getByRole('button', { name: 'Finish the reading' }).and(page.locator(':enabled')).waitFor();
  const ms = performance.now() - start;
  await context.close();
  return { waits, ms };
}
