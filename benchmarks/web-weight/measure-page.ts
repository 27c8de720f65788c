import { chromium as launcher } from 'playwright-core';
import { CHROMIUM_ARGUMENTS } from '../chromium.js';

export interface MeasuredPage {
  name: string;
  path: string;
  /** The session cookie, 'name=value'; null for someone who is not signed in. */
  cookie: string | null;
  /** What the user needs first on the page, as a selector of Playwright. */
  usableWith?: string;
}

interface PageWeight {
  /** Bytes that the first visit transfers, compressed as sent, with headers. */
  bytes: number;
  /** Those of scripts and styles. */
  codeBytes: number;
  /** Those that have arrived when the page shows what the user needs first. NaN if it is not known. */
  codeBytesUntilUsable: number;
  requests: number;
  scriptMs: number;
}

/** The network of Lighthouse's phone: 1.6 Mbit/s, 150 ms for each answer. On a faster one, parts that are not needed yet arrive early. */
const PHONE_NETWORK = {
  offline: false,
  latency: 150,
  downloadThroughput: 200_000,
  uploadThroughput: 90_000,
};

/** Opens a page in a new browser without a cache, and waits until it requests nothing more. */
export async function measurePage(
  executablePath: string,
  url: string,
  { path, cookie, usableWith }: MeasuredPage,
): Promise<PageWeight> {
  const browser = await launcher.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  try {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    if (cookie !== null) {
      const [name = '', value = ''] = cookie.split('=');
      await context.addCookies([{ name, value, url }]);
    }
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    const types = new Map<string, string>();
    const weight: PageWeight = {
      bytes: 0,
      codeBytes: 0,
      codeBytesUntilUsable: NaN,
      requests: 0,
      scriptMs: 0,
    };
    session.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const type = types.get(requestId) ?? '';
      weight.requests += 1;
      weight.bytes += encodedDataLength;
      if (type === 'Script' || type === 'Stylesheet') weight.codeBytes += encodedDataLength;
    });
    await session.send('Network.enable');
    await session.send('Performance.enable');
    await session.send('Network.emulateNetworkConditions', PHONE_NETWORK);
    await page.goto(url + path, { waitUntil: 'commit' });
    if (usableWith !== undefined) {
      await page.locator(usableWith).waitFor();
      weight.codeBytesUntilUsable = weight.codeBytes;
    }
    await page.waitForLoadState('networkidle');
    const { metrics } = await session.send('Performance.getMetrics');
    weight.scriptMs = 1000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0);
    return weight;
  } finally {
    await browser.close();
  }
}
