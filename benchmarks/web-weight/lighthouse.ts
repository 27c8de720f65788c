import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium as launcher } from 'playwright-core';
import { z } from 'zod';
import { CHROMIUM_ARGUMENTS } from '../chromium.js';
import { freePort } from '../../server/concurrency/testing-port.js';
import type { MeasuredPage } from './measure-page.js';

const LIGHTHOUSE = 'lighthouse@12.8.2';

type Scores = Record<string, number>;

const Category = z.object({ score: z.number().nullable() });
const Result = z.object({
  lhr: z.object({
    categories: z.object({ performance: Category, accessibility: Category }),
    audits: z.record(z.string(), z.object({ numericValue: z.number().optional() })),
  }),
});
const Module = z.object({
  default: z.custom<(url: string, flags: object, config?: unknown) => Promise<unknown>>(
    (value) => typeof value === 'function',
  ),
  desktopConfig: z.unknown(),
});

/** The scores of every page and run, 0 to 100, and the times behind the performance, in milliseconds. */
export async function lighthouseScores(
  executablePath: string,
  url: string,
  pages: readonly MeasuredPage[],
  runs: number,
): Promise<{ name: string; scores: Scores[] }[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-lighthouse-'));
  try {
    await promisify(execFile)('npm', [
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--no-audit',
      LIGHTHOUSE,
    ]);
    const module: unknown = await import(
      pathToFileURL(path.join(folder, 'node_modules/lighthouse/core/index.js')).href
    );
    const { default: lighthouse, desktopConfig } = Module.parse(module);
    const results = [];
    for (const { name, path: page, cookie } of pages) {
      const scores: Scores[] = [];
      for (let run = 0; run < runs; run++) {
        const port = await freePort();
        const browser = await launcher.launch({
          executablePath,
          args: [...CHROMIUM_ARGUMENTS, `--remote-debugging-port=${port}`],
        });
        try {
          if (cookie !== null) await setCookie(browser, cookie, url);
          const flags = { port, onlyCategories: ['performance', 'accessibility'] };
          const mobile = Result.parse(await lighthouse(url + page, flags));
          const desktop = Result.parse(await lighthouse(url + page, flags, desktopConfig));
          scores.push(scoresOf(mobile, desktop));
        } finally {
          await browser.close();
        }
      }
      results.push({ name, scores });
    }
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** For all pages of a browser. A header that Lighthouse adds would be missing where a page opens a WebSocket, and end its session. */
async function setCookie(browser: Browser, cookie: string, url: string): Promise<void> {
  const [name = '', value = ''] = cookie.split('=');
  const session = await browser.newBrowserCDPSession();
  await session.send('Storage.setCookies', { cookies: [{ name, value, url }] });
}

type LighthouseResult = z.infer<typeof Result>;

function scoresOf({ lhr: mobile }: LighthouseResult, { lhr: desktop }: LighthouseResult): Scores {
  const score = ({ score }: z.infer<typeof Category>) => Math.round(100 * (score ?? 0));
  const time = (name: string) => Math.round(mobile.audits[name]?.numericValue ?? NaN);
  return {
    'mobile performance': score(mobile.categories.performance),
    'desktop performance': score(desktop.categories.performance),
    accessibility: Math.min(score(mobile.categories.accessibility), score(desktop.categories.accessibility)),
    'mobile first paint (ms)': time('first-contentful-paint'),
    'mobile largest paint (ms)': time('largest-contentful-paint'),
    'mobile blocking (ms)': time('total-blocking-time'),
  };
}
