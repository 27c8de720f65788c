import type { Page } from 'playwright-core';
import { checkAccessibility } from './accessibility.js';
import { dropFiles, type DroppedFile, setUpBrowserTests, signIn } from './browser.js';
import { answered } from './classify-page.js';
import { addAuditor, classifyElsewhere, demoFiles, startApp } from './start-app.js';

const DROP_ZONE = 'input[type=file]';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let cells: DroppedFile[];

beforeAll(async () => {
  cells = await demoFiles(4);
});

const chosenCase = (page: Page) => page.getByRole('group', { name: 'Chosen case' });
const question = (page: Page) => page.getByRole('dialog', { name: 'Which case do these images belong to?' });
const send = (page: Page, index: number) =>
  page.setInputFiles(
    DROP_ZONE,
    cells.slice(index, index + 1).map(({ name, bytes }) => ({
      ...{ name, mimeType: 'image/png', buffer: Buffer.from(bytes) },
    })),
  );
const goTo = async (page: Page, name: string) => {
  await page.getByRole('link', { name, exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
};

test('dropping without a case asks once, and the choice stays until it is changed', async () => {
  const page = await tests.open({ path: '/classify', user: tests.app.admin });
  await page.getByText('Drop cell images here').waitFor();
  await dropFiles(page, DROP_ZONE, cells.slice(0, 1)); // answers "No case"
  await answered(page, '1 of 1 image done');
  await chosenCase(page).getByText('No case').waitFor();
  await page.reload();
  await page.getByText('Drop cell images here').waitFor();
  await send(page, 1); // is not asked again
  await answered(page, '1 of 1 image done');

  await chosenCase(page).getByRole('button', { name: 'Ask again' }).click();
  await send(page, 2);
  await question(page).getByRole('button', { name: 'Cancel' }).click();
  await answered(page, '1 of 1 image done'); // nothing was sent
  await send(page, 2);
  await question(page).getByLabel('Case reference').fill('  Station 4 / 17 ');
  await question(page).getByRole('button', { name: 'Use this case' }).click();
  await answered(page, '2 of 2 images done');
  await send(page, 3);
  await answered(page, '3 of 3 images done');

  // The chosen case stays set on other pages, in dialogs, and after a reload.
  await goTo(page, 'History');
  await chosenCase(page).getByText('Case Station 4 / 17').waitFor();
  await page.getByRole('link', { name: 'Folders' }).click();
  await page.getByRole('button', { name: 'Classify a folder' }).click();
  expect((await page.getByRole('dialog').getByLabel('Case reference').inputValue()).trim()).toBe(
    'Station 4 / 17',
  );
  await page.keyboard.press('Escape');
  await page.reload();
  await chosenCase(page).getByRole('button', { name: 'Case Station 4 / 17' }).click();
  await page.getByRole('heading', { level: 1, name: 'Station 4 / 17' }).waitFor();
  await page.locator('[data-cell]').nth(1).waitFor(); // the two images that were sent with it
  expect(await page.locator('[data-cell]').count()).toBe(2);
  await chosenCase(page).getByRole('button', { name: 'Close case' }).click();
  await chosenCase(page).waitFor({ state: 'detached' });
});

test('a case is found by a part of its reference, gets a comment, and its images can be moved', async () => {
  const [cell] = cells;
  if (!cell) throw new Error('No cell was drawn.');
  for (const reference of ['Marrow 0815', 'marrow 0816'])
    await classifyElsewhere(tests.app.api, cell, reference);
  const page = await tests.open({ path: '/cases', user: tests.app.admin });
  await page.getByLabel('Part of the case reference').fill('MARROW');
  await page.getByText('2 cases matching the filters').waitFor();
  await checkAccessibility(page, 'cases');
  await page.getByLabel('Part of the case reference').fill('0815');
  await page.getByText('1 case matching the filters').waitFor();
  await page.getByRole('link', { name: 'Marrow 0815' }).click();
  await page.getByRole('heading', { level: 1, name: 'Marrow 0815' }).waitFor();

  await page.getByRole('button', { name: 'Add a comment' }).click();
  await page.getByRole('dialog').getByLabel('Comment').fill('Relapse?');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('region', { name: 'Summary' }).getByText('Relapse?').waitFor();
  await checkAccessibility(page, 'case');

  await page.locator('[data-cell]').first().dblclick();
  await page.getByRole('button', { name: 'Move to another case' }).click();
  await page.getByRole('dialog').getByLabel('Case reference').fill('MARROW 0816');
  await page.getByText('There is a case “marrow 0816”.').waitFor();
  await page.getByRole('dialog').getByLabel('Case reference').fill('marrow 0816');
  await page.getByRole('button', { name: 'Move', exact: true }).click();
  await page.getByRole('link', { name: 'marrow 0816' }).click();
  await page.getByRole('heading', { level: 1, name: 'marrow 0816' }).waitFor();
  expect(await page.getByRole('region', { name: 'Summary' }).innerText()).toMatch(/Cells\s+2/);

  await page.getByRole('button', { name: 'Work on this case' }).click();
  expect(await page.getByLabel('Case reference').inputValue()).toBe('marrow 0816');
});

test('an auditor sees cases without their references', async () => {
  const [cell] = cells;
  if (!cell) throw new Error('No cell was drawn.');
  await classifyElsewhere(tests.app.api, cell, 'Hidden 1');
  const page = await tests.open({ path: '/cases' });
  await signIn(page, await addAuditor(tests.app));
  await page
    .getByRole('link', { name: /^case_/ })
    .first()
    .click();
  await page.getByRole('heading', { level: 1, name: 'Case' }).waitFor();
  expect(await page.getByRole('main').innerText()).not.toContain('Hidden');
});
