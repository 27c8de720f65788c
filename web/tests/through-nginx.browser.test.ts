import { documented, isNginxInstalled } from '../../server/http/testing-nginx.js';
import { dropFiles, signIn, setUpBrowserTests } from './browser.js';
import { behindNginx, classifyElsewhere, demoFiles, startApp } from './start-app.js';

const describeWithNginx = isNginxInstalled ? describe : describe.skip;

describeWithNginx.each([
  { name: 'own-host', basePath: '' },
  { name: 'sub-path', basePath: '/cytograph' },
] as const)('through nginx, configured as documented: $name', ({ name, basePath }) => {
  const tests = setUpBrowserTests(async () => {
    const env: Record<string, string> = basePath ? { BASE_PATH: basePath } : {};
    return behindNginx(await startApp([{ seed: 1 }], { TRUST_PROXY: '1', ...env }), await documented(name));
  });

  test('a user signs in, classifies an image, sees its images and the predictions of others, and signs out', async () => {
    const page = await tests.open();
    const [cell, another] = await demoFiles(2);
    if (!cell || !another) throw new Error('No cell was drawn.');

    await page.goto(`${basePath}/`);
    await signIn(page, tests.app.admin);
    await page.getByText('Drop cell images here').waitFor();
    await page.waitForURL(`**${basePath}/classify`);
    await dropFiles(page, 'input[type=file]', [cell]);
    await page.getByRole('link', { name: 'Open prediction' }).click();
    await page.waitForURL(new RegExp(`^${tests.app.url}${basePath}/predictions/pred_`));
    await page.locator('img').nth(1).waitFor(); // an image other than the logo
    // Rejects if an image cannot be loaded.
    await page.evaluate('Promise.all([...document.images].map((image) => image.decode()))');

    await page.reload(); // loads a URL of the app from the server
    await page.getByRole('heading', { level: 1 }).waitFor();

    const skip = page.getByRole('link', { name: 'Skip to content' });
    expect(await skip.getAttribute('href')).toBe(`${new URL(page.url()).pathname}#content`);

    await page.goto(`${basePath}/predictions`);
    await page.getByRole('row').first().waitFor();
    await classifyElsewhere(tests.app.api, another, 'case one');
    await page.getByText('1 new prediction since').waitFor();

    await page.getByRole('button', { name: /account/i }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`${basePath}/`);
  });
});
