import { chromium as launcher } from 'playwright-core';

export interface MeasuredPage {
  name: string;
  path: string;
  /** The session cookie, 'name=value'; null for someone who is not signed in. */
  cookie: string | null;
}

interface PageWeight {
  /** Bytes that the first visit transfers, compressed as sent, with headers. */
  bytes: number;
  /** Those of scripts and styles. */
  codeBytes: number;
  requests: number;
  scriptMs: number;
}

/** Chromium in a container, where its sandbox cannot start. */
export const CHROMIUM_ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage'];

/** Opens a page in a new browser without a cache, and waits until it requests nothing more. */
export async function measurePage(
  executablePath: string,
  url: string,
  { path, cookie }: MeasuredPage,
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
    const weight: PageWeight = { bytes: 0, codeBytes: 0, requests: 0, scriptMs: 0 };
    session.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const type = types.get(requestId) ?? '';
      weight.requests += 1;
      weight.bytes += encodedDataLength;
      if (type === 'Script' || type === 'Stylesheet') weight.codeBytes += encodedDataLength;
    });
    await session.send('Network.enable');
    await session.send('Performance.enable');
    await page.goto(url + path, { waitUntil: 'networkidle' });
    const { metrics } = await session.send('Performance.getMetrics');
    weight.scriptMs = 1000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0);
    return weight;
  } finally {
    await browser.close();
  }
}
