import {
  documented,
  freePort,
  isNginxInstalled,
  startNginx,
  type TestNginx,
} from '../../server/http/testing-nginx.js';
import { dropFiles, launchBrowser, openPage, signIn } from './browser.js';
import { type App, classifyElsewhere, demoFiles, startApp } from './start-app.js';

const describeWithNginx = isNginxInstalled ? describe : describe.skip;

describeWithNginx.each([
  { name: 'own-host', basePath: '' },
  { name: 'sub-path', basePath: '/cytograph' },
] as const)('through nginx, configured as documented: $name', ({ name, basePath }) => {
  let app: App;
  let nginx: TestNginx;

  beforeAll(async () => {
    const env: Record<string, string> = basePath ? { BASE_PATH: basePath } : {};
    app = await startApp([{ seed: 1 }], { TRUST_PROXY: '1', ...env });
    nginx = await startNginx(await documented(name), app.url, await freePort());
  });
  afterAll(async () => {
    await nginx.stop();
    await app.stop();
  });

  test('a user signs in, classifies an image, sees its images and the predictions of others, and signs out', async () => {
    const browser = await launchBrowser();
    try {
      const { page, problems } = await openPage(browser, nginx.url);
      const [cell, another] = await demoFiles(2);
      if (!cell || !another) throw new Error('No cell was drawn.');

      await page.goto(`${basePath}/`);
      await signIn(page, app.admin);
      await page.getByText('Drop cell images here').waitFor();
      await page.waitForURL(`**${basePath}/classify`);
      await dropFiles(page, 'input[type=file]', [cell]);
      await page.getByRole('link', { name: 'Open prediction' }).click();
      await page.waitForURL(new RegExp(`^${nginx.url}${basePath}/predictions/pred_`));
      await page.locator('img').nth(1).waitFor(); // an image other than the logo
      // Rejects if an image cannot be loaded.
      await page.evaluate('Promise.all([...document.images].map((image) => image.decode()))');

      await page.reload(); // loads a URL of the app from the server
      await page.getByRole('heading', { level: 1 }).waitFor();

      const skip = page.getByRole('link', { name: 'Skip to content' });
      expect(await skip.getAttribute('href')).toBe(`${new URL(page.url()).pathname}#content`);

      await page.goto(`${basePath}/predictions`);
      await page.getByText('case one').waitFor({ state: 'detached' });
      await classifyElsewhere(app.api, another, 'case one');
      await page.getByText(/1 new/).or(page.getByText('case one')).first().waitFor();

      await page.getByRole('button', { name: /account/i }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(new URL(page.url()).pathname).toBe(`${basePath}/`);
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
