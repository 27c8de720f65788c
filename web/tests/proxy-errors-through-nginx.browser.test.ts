import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { documented, isNginxInstalled } from '../../server/http/testing-nginx.js';
import { type DroppedFile, dropFiles, setUpBrowserTests } from './browser.js';
import { behindNginx, demoFiles, startApp } from './start-app.js';

const describeWithNginx = isNginxInstalled ? describe : describe.skip;

/** Smaller than LARGE, larger than a drawn cell. */
const LIMIT = 'client_max_body_size 1m;';
const LARGE: DroppedFile = { name: 'large.png', bytes: new Uint8Array(3_000_000) };

describeWithNginx('errors of a proxy in front of the server', () => {
  /** nginx has a fault while a file with the name of the fault is in this folder. */
  let faults: string;
  let page: Page;

  const tests = setUpBrowserTests(async () => {
    faults = await mkdtemp(path.join(tmpdir(), 'cytograph-faults-'));
    const fault = (name: string, action: string) => `if (-f ${faults}/${name}) { ${action} }`;
    const faulty = [
      fault('down', 'proxy_pass http://127.0.0.1:1;'),
      fault('maintenance', 'return 503;'),
      fault('slow', 'return 504;'),
      fault('portal', `add_header Content-Type text/html; return 200 '<html><h1>Sign in</h1></html>';`),
      fault('denied', 'return 403;'),
    ].join('\n');
    const configuration = (await documented('own-host'))
      .replace(/client_max_body_size .*;/, LIMIT)
      // Only the API has the faults, so that the code of the pages still loads.
      .replace(/location \/ (\{[^}]*\})/, (all, block: string) =>
        [all, `location /graphql ${block.replace('{', `{\n${faulty}`)}`].join('\n'),
      );
    return behindNginx(await startApp([{ seed: 1 }], { TRUST_PROXY: '1' }), configuration);
  });
  afterAll(() => rm(faults, { recursive: true }));
  beforeEach(async () => {
    page = await tests.open({ path: '/classify', user: tests.app.admin, mayLogErrors: true });
    await page.getByText('Drop cell images here').waitFor();
  });

  const row = (name: string) => page.getByRole('listitem').filter({ hasText: name });

  test('a file above the size limit is reported as too large, and cannot be retried', async () => {
    const [cell] = await demoFiles(1);
    if (!cell) throw new Error('No cell was drawn.');
    await dropFiles(page, 'input[type=file]', [LARGE, cell]);
    const alert = row(LARGE.name).getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/larger than a proxy in front of the server allows/);
    expect(await row(LARGE.name).textContent()).not.toMatch(/retry|try.*again/i);
    await row(cell.name).getByRole('link', { name: 'Open prediction' }).waitFor();
  });

  test.each([
    ['down', /The proxy cannot reach the server \(HTTP 502\)/],
    ['maintenance', /The server is not available \(HTTP 503\)/],
    ['slow', /The request timed out in the proxy \(HTTP 504\)/],
    ['portal', /returned another page instead of the data/],
    ['denied', /refused the request \(HTTP 403\)/],
  ])('%s: an upload and a page explain the error', async (fault, sentence) => {
    const [cell] = await demoFiles(1);
    if (!cell) throw new Error('No cell was drawn.');
    await writeFile(path.join(faults, fault), '');
    try {
      await dropFiles(page, 'input[type=file]', [cell]);
      const alert = row(cell.name).getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(sentence);
      await page.getByRole('link', { name: 'Models' }).first().click();
      await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor();
      await page.getByRole('alert').filter({ hasText: sentence }).waitFor();
    } finally {
      await rm(path.join(faults, fault));
    }
    await page.reload();
    await page.getByText('screening').first().waitFor();
  });

  test.each(['down', 'maintenance', 'slow'])(
    '%s: the app opens as without a connection, until the server answers again',
    async (fault) => {
      await writeFile(path.join(faults, fault), '');
      try {
        await page.reload();
        await page.getByText('Offline', { exact: true }).waitFor();
        await page.getByRole('heading', { level: 1, name: 'Classify' }).waitFor();
      } finally {
        await rm(path.join(faults, fault));
      }
      await page.getByText('Offline', { exact: true }).waitFor({ state: 'detached' }); // it asks every 10 s
    },
  );
});
