import type { Page } from 'playwright-core';
import { accessibilityProblems } from './accessibility.js';
import { setUpBrowserTests, signIn } from './browser.js';
import { classifyElsewhere, demoFiles, MODEL, startApp } from './start-app.js';

// What holds for every page: accessibility in both colour schemes, the focus after a navigation, the way back, colours, and print.

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }, { seed: 2 }]));
const SLOW_MS = 900_000;
let predictionId: string;
let caseId: string;
let versionId: string;

beforeAll(async () => {
  const [file] = await demoFiles(1);
  if (file) await classifyElsewhere(tests.app.api, file, 'A-17');
  const { data } = await tests.app.api.graphql(
    '{ predictions(first: 1) { edges { node { id case { id } modelVersion { id } } } } }',
  );
  const { node } = data.predictions.edges[0];
  predictionId = node.id;
  caseId = node.case.id;
  versionId = node.modelVersion.id;
});

/** Every page that exists without a dataset, a training run or a field, with its heading. The other pages have their own tests. */
const pages: [path: () => string, heading: string | RegExp][] = [
  [() => '/classify', 'Classify'],
  [() => '/cases', 'Cases'],
  [() => `/cases/${caseId}`, 'A-17'],
  [() => `/cases/${caseId}/report`, 'Report of case A-17'],
  [() => '/predictions', 'History'],
  [() => `/predictions/${predictionId}`, /\S/],
  [() => '/fields', 'Fields'],
  [() => '/folders', 'Folders'],
  [() => '/models', 'Models'],
  [() => `/models/${MODEL}`, MODEL],
  [() => `/models/${MODEL}/monitoring`, /onitoring/],
  [() => `/models/${MODEL}/compare`, /ompare/],
  [() => `/model-versions/${versionId}`, /version 1/],
  [() => `/model-versions/${versionId}/fit`, /\S/],
  [() => '/readings', 'Readings'],
  [() => `/readings/new?caseId=${caseId}`, 'Start a reading'],
  [() => '/datasets', 'Datasets'],
  [() => '/training', 'Training'],
  [() => '/training/new', /\S/],
  [() => '/people', 'People'],
  [() => '/webhooks', 'Webhooks'],
  [() => '/audit', 'Audit'],
  [() => '/account', /\S/],
  [() => '/nothing', 'Page not found'],
];

test(
  'axe finds nothing wrong on any page, in both colour schemes, wide and narrow',
  async () => {
    const page = await tests.open({ path: '/' });
    await page.getByRole('heading', { level: 1 }).waitFor();
    const problems = await accessibilityProblems(page, 'sign-in');
    await signIn(page, tests.app.admin);
    for (const [path, heading] of pages) {
      await page.goto(path());
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.waitForLoadState('networkidle');
      problems.push(...(await accessibilityProblems(page, path().replaceAll('/', '-').slice(1))));
    }
    await page.goto('/predictions');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).waitFor();
    problems.push(...(await accessibilityProblems(page, 'account-menu')));
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Order' }).click();
    await page.getByRole('option', { name: 'Oldest first' }).waitFor();
    problems.push(...(await accessibilityProblems(page, 'choices')));
    expect(problems).toEqual([]);
  },
  SLOW_MS,
);

test('a navigation focuses the heading, and the breadcrumbs lead back to the list with its filters', async () => {
  const page = await tests.open({ path: '/models', user: tests.app.admin });
  await page.getByRole('link', { name: 'History' }).first().click();
  await page.getByLabel('Case reference').fill('A-17');
  await page.waitForURL(/case=A-17/);
  await page.locator('td a').first().click();
  await page.getByRole('heading', { name: 'Result' }).waitFor();
  await expect(focused(page)).resolves.toBe('H1');
  await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'History' }).click();
  await page.waitForURL(/case=A-17/);
  await page.getByText('1 prediction matching the filters').waitFor();
  await expect(focused(page)).resolves.toBe('H1');
});

test('the colours follow the system until the user chooses some, which the device keeps', async () => {
  const page = await tests.open({ path: '/predictions', user: tests.app.admin });
  const isDark = () =>
    page
      .evaluate('getComputedStyle(document.body).backgroundColor')
      .then((colour) => colour === 'rgb(21, 18, 26)');
  await expect(isDark()).resolves.toBe(false);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-colour-scheme="dark"]').waitFor({ state: 'attached' });
  await expect(isDark()).resolves.toBe(true);

  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitemradio', { name: 'Light' }).click();
  await page.locator('html[data-colour-scheme="light"]').waitFor({ state: 'attached' });
  await page.reload();
  await page.getByRole('heading', { name: 'History' }).waitFor();
  await expect(isDark()).resolves.toBe(false);
});

test('a printed page has no navigation, light colours, and the probability scale', async () => {
  const page = await tests.open({ path: `/predictions/${predictionId}`, user: tests.app.admin });
  await page.emulateMedia({ colorScheme: 'dark' });
  const scale = page.getByRole('img', { name: /^Probability of blast/ });
  await scale.waitFor();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.locator('html[data-colour-scheme="light"]').waitFor({ state: 'attached' });
  expect(await page.locator('nav:visible').count()).toBe(0);
  expect(await scale.isVisible()).toBe(true);
  const adjust =
    'getComputedStyle(document.querySelector("main [role=img]")).getPropertyValue("-webkit-print-color-adjust")';
  await expect(page.evaluate(adjust)).resolves.toBe('exact');
  await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
  await page.locator('html[data-colour-scheme="dark"]').waitFor({ state: 'attached' });
});

function focused(page: Page): Promise<unknown> {
  return page.evaluate('document.activeElement.tagName');
}
