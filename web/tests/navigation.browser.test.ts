import type { Page } from 'playwright-core';
import { setUpBrowserTests } from './browser.js';
import { classifyElsewhere, demoFiles, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
const breadcrumbs = (page: Page) => page.getByRole('navigation', { name: 'Breadcrumbs' });

beforeAll(async () => {
  for (const file of await demoFiles(30)) await classifyElsewhere(tests.app.api, file, 'Ward 3 / 12');
});

test('breadcrumbs and "Back" lead to the list as it was left, with filters and scroll position', async () => {
  const page = await tests.open({ path: '/predictions?search=ward', user: tests.app.admin });
  const last = page.getByRole('table').getByRole('row').last().getByRole('link').first();
  const ways = [
    () => breadcrumbs(page).getByRole('link', { name: 'History' }).click(),
    () => page.goBack().then(() => undefined),
  ];
  for (const goBack of ways) {
    await last.scrollIntoViewIfNeeded();
    const left = await page.evaluate<number>('window.scrollY');
    expect(left).toBeGreaterThan(200);
    await last.click();
    await page.waitForURL(/predictions.pred_/);
    await page.evaluate('window.scrollTo(0, 0)');
    await goBack();
    await last.waitFor();
    await page.waitForTimeout(300);
    expect(Math.abs((await page.evaluate<number>('window.scrollY')) - left)).toBeLessThan(5);
    expect(await page.getByLabel('Search').inputValue()).toBe('ward');
  }
});

test('the breadcrumbs of a case lead to the filtered list of cases, also after one of its images', async () => {
  const page = await tests.open({ path: '/cases?search=ward', user: tests.app.admin });
  await page.getByRole('link', { name: 'Ward 3 / 12' }).click();
  await page.getByRole('heading', { level: 1, name: 'Ward 3 / 12' }).waitFor();
  await page.locator('[data-cell]').first().dblclick();
  await page.getByRole('heading', { level: 2, name: 'Result' }).waitFor();
  await breadcrumbs(page).getByRole('link', { name: 'Ward 3 / 12' }).click();
  await page.getByRole('heading', { level: 1, name: 'Ward 3 / 12' }).waitFor();
  await breadcrumbs(page).getByRole('link', { name: 'Cases' }).click();
  await page.getByText('1 case matching the filters').waitFor();
  expect(await page.getByLabel('Part of the case reference').inputValue()).toBe('ward');
});

test('on a phone, what does not fit into the navigation is in a menu', async () => {
  const page = await tests.open({ path: '/classify', user: tests.app.admin });
  await page.setViewportSize({ width: 390, height: 844 });
  const navigation = page.getByRole('navigation', { name: 'Main' });
  expect(await navigation.getByRole('link').allInnerTexts()).toEqual([
    'Classify',
    'Cases',
    'History',
    'Models',
  ]);
  await navigation.getByRole('button', { name: 'More' }).click();
  expect(await page.getByRole('menuitem').allInnerTexts()).toEqual([
    'Datasets',
    'Training',
    'People',
    'Audit',
  ]);
  await page.getByRole('menuitem', { name: 'People' }).click();
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  expect(await page.getByRole('menuitem').count()).toBe(0);
});
