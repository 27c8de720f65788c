import type { Page } from 'playwright-core';
import { checkAccessibility } from './accessibility.js';
import { setUpBrowserTests, untilTrue } from './browser.js';
import { addAuditor, classifyElsewhere, demoFiles, startApp } from './start-app.js';

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
    await untilTrue(page, `Math.abs(window.scrollY - ${left}) < 5`);
    await page.waitForTimeout(300); // it stays there
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
  await navigation.getByRole('button', { name: 'More' }).waitFor();
  expect(await navigation.getByRole('link').allInnerTexts()).toEqual([
    'Classify',
    'Cases',
    'History',
    'Models',
  ]);
  await navigation.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menu').waitFor();
  expect(await page.getByRole('menuitem').allInnerTexts()).toEqual([
    'Datasets',
    'Training',
    'Readings',
    'People',
    'Audit',
  ]);
  await page.getByRole('menuitem', { name: 'People' }).click();
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  await page.getByRole('menu').waitFor({ state: 'detached' });
});

test('pages that a role may not use say so before the form, and lead elsewhere', async () => {
  const auditor = await addAuditor(tests.app);
  const page = await tests.open({ path: '/classify', user: auditor });
  for (const [path, purpose] of [
    ['/classify', 'classify images'],
    ['/training/new', 'train models'],
    ['/webhooks', 'manage webhooks'],
  ]) {
    await page.goto(path ?? '/');
    await page.getByText(`Your role may not ${purpose}`).waitFor();
    expect(await page.getByText('You are Auditor.').isVisible()).toBe(true);
    expect(await page.locator('main form').count()).toBe(0);
  }
  await checkAccessibility(page, 'role-needed');
  await page.getByRole('main').getByRole('link', { name: 'History' }).click();
  await page.getByRole('heading', { level: 1, name: 'History' }).waitFor();
  await page.goto('/cases');
  await page.getByText('Your role does not show case references').waitFor();
});

test('filters are saved under a name, opened, renamed and deleted', async () => {
  const page = await tests.open({ path: '/predictions?reviewed=no', user: tests.app.admin });
  const menu = () => page.getByRole('button', { name: 'Saved views' }).click();
  await menu();
  await page.getByRole('menuitem', { name: 'Save these filters' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Not reviewed yet');
  await checkAccessibility(page, 'save-view');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.goto('/predictions');
  await menu();
  await page.getByRole('menuitem', { name: 'Not reviewed yet' }).click();
  await page.waitForURL(/\/predictions\?reviewed=no$/);

  await menu();
  await page.getByRole('menuitem', { name: 'Rename or delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Saved views' });
  await dialog.getByLabel('Name').fill('To do');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await dialog.getByRole('form', { name: 'To do' }).waitFor();
  await checkAccessibility(page, 'manage-views');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('form', { name: 'To do' }).waitFor({ state: 'detached' });
});

test('the case filter of the history suggests cases', async () => {
  const page = await tests.open({ path: '/predictions', user: tests.app.admin });
  await page.getByLabel('Case reference').fill('ward');
  await page.locator('option[value="Ward 3 / 12"]').waitFor({ state: 'attached' });
});

test('while the app arrives, it asks who is signed in, and for the code of the page', async () => {
  const page = await tests.open({ path: '/classify', user: tests.app.admin });
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/assets\/start-(?!libraries)/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = Promise.all([
    page.waitForRequest((request) => request.postData()?.includes('query Viewer') ?? false),
    page.waitForRequest(/\/assets\/history-page-/),
  ]);
  await page.goto('/predictions', { waitUntil: 'commit' });
  await page.getByText('Starting Cytograph').waitFor();
  await asked;
  release();
  await page.getByRole('heading', { name: 'History' }).waitFor();
});
