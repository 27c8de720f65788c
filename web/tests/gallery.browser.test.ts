import type { Locator, Page } from 'playwright-core';
import { createDatabase } from '../../server/database/client.js';
import { type Copied, copyPrediction } from '../../server/features/predictions/testing.js';
import { checkAccessibility } from './accessibility.js';
import { setUpBrowserTests, untilTrue } from './browser.js';
import { classifyElsewhere, demoFiles, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let prototypeId: string;

beforeAll(async () => {
  const [file] = await demoFiles(1);
  if (!file) throw new Error('No cell was drawn.');
  await classifyElsewhere(tests.app.api, file, 'prototype');
  const { data } = await tests.app.api.graphql('{ predictions(first: 1) { edges { node { id } } } }', {});
  prototypeId = data.predictions.edges[0].node.id;
});

/** A case with cells of these outcomes and probabilities of a blast, most probable first. Returns its id. */
async function newCase(caseReference: string, cells: Omit<Copied, 'caseReference'>[]): Promise<string> {
  const database = createDatabase(tests.app.databaseUrl, 1);
  await copyPrediction(
    database,
    prototypeId,
    cells.map((cell) => ({ ...cell, caseReference })),
  );
  const { id } = await database.case.findFirstOrThrow({ where: { reference: caseReference } });
  await database.$disconnect();
  return id;
}

const classified = (probability: number) => ({ probability, outcome: 'CLASSIFIED' as const });
/** Three blasts, one cell that needs review, one that is not recognised, and four normal cells. */
const NINE = [
  ...[0.95, 0.9, 0.85].map(classified),
  { probability: 0.55, outcome: 'INDETERMINATE' as const },
  { probability: 0.4, outcome: 'OUT_OF_DISTRIBUTION' as const },
  ...[0.3, 0.2, 0.15, 0.1].map(classified),
];

async function openCase(id: string): Promise<Page> {
  const page = await tests.open({ path: `/cases/${id}`, user: tests.app.admin });
  await page.getByRole('grid', { name: 'Cells of the case' }).waitFor();
  await page.getByText('Loading the cells').waitFor({ state: 'detached' });
  return page;
}

const cell = (page: Page, number: number) => page.locator('[data-cell]').nth(number);
const groups = (page: Page) => page.getByRole('group', { name: 'Groups' });
const numbers = (page: Page) => groups(page).getByRole('button').allInnerTexts();
const actions = (page: Page) => page.getByRole('toolbar', { name: 'Selected cells' });
const labelOf = (of: Locator) => of.textContent();

async function expectNumbers(page: Page, expected: Record<string, number>): Promise<void> {
  for (const [title, number] of Object.entries(expected))
    await groups(page)
      .getByRole('button', { name: `${title} ${number}`, exact: true })
      .waitFor();
}

async function reviewsOf(caseReference: string, withdrawn: boolean): Promise<number> {
  const database = createDatabase(tests.app.databaseUrl, 1);
  const found = await database.review.count({
    where: { prediction: { caseReference }, withdrawnAt: withdrawn ? { not: null } : null },
  });
  await database.$disconnect();
  return found;
}

test('suspicious groups come first, a cell says its state and probability, and the details show the threshold', async () => {
  const page = await openCase(await newCase('Order 1', NINE));
  expect(await numbers(page)).toEqual([
    'Blast 3',
    'Needs review 1',
    'Not recognised 1',
    'Normal 4',
    'Cannot tell 0',
    'Not a cell 0',
  ]);
  expect(await labelOf(cell(page, 0))).toBe('Blast, probability of blast 95.0 %, not reviewed');
  expect(await labelOf(cell(page, 3))).toBe('Needs review, probability of blast 55.0 %, not reviewed');
  await cell(page, 1).hover();
  await page.getByRole('img', { name: /^Probability of blast: 90.0 %. Threshold/ }).waitFor();
  await page.mouse.move(0, 0);
  await page.getByRole('grid').focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('img', { name: /^Probability of blast: 95.0 %/ }).waitFor();
  await page.getByRole('button', { name: 'By cell type' }).click();
  await expectNumbers(page, { 'Blast, type not stated': 3, 'Normal, type not stated': 4 });
});

test('keys select and reclassify cells, and undo takes the reviews back', async () => {
  const page = await openCase(await newCase('Keys 1', NINE));
  await cell(page, 0).click();
  await page.keyboard.press('Shift+ArrowRight');
  await actions(page).getByText('2 cells').waitFor();
  await page.keyboard.press('1'); // normal
  await expectNumbers(page, { Blast: 1, Normal: 6 });
  await page.getByText('2 cells: normal').waitFor();
  expect(await labelOf(cell(page, 0))).toContain('85.0 %'); // the next cell
  expect(await cell(page, 0).getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('x');
  await expectNumbers(page, { Blast: 0, 'Not a cell': 1 });
  await page.keyboard.press('u'); // the cell that needs review
  await expectNumbers(page, { 'Cannot tell': 1 });
  expect((await numbers(page)).join()).not.toContain('Needs review');
  await page.keyboard.press('t');
  await page.getByRole('dialog', { name: 'Cell type of 1 cell' }).getByText('Myeloblast').click();
  await expectNumbers(page, { Blast: 1 });
  expect((await numbers(page)).join()).not.toContain('Not recognised');
  expect(await reviewsOf('Keys 1', false)).toBe(5);

  await page.getByRole('grid').focus();
  await page.keyboard.press('Control+z');
  await expectNumbers(page, { Blast: 0, 'Not recognised': 1 });
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expectNumbers(page, { 'Needs review': 1, 'Cannot tell': 0 });
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expectNumbers(page, { Blast: 3, Normal: 4, 'Not a cell': 0 });
  expect([await reviewsOf('Keys 1', false), await reviewsOf('Keys 1', true)]).toEqual([0, 5]);

  await page.getByRole('grid').focus();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys of the gallery' }).getByText('Cannot tell').waitFor();
});

test('cells are dragged onto a group, near or far', async () => {
  const page = await openCase(await newCase('Drag 1', NINE));
  await page.setViewportSize({ width: 1280, height: 1400 }); // so that cell and heading are in view
  await cell(page, 0).click();
  await cell(page, 1).click({ modifiers: ['ControlOrMeta'] });
  await cell(page, 0).dragTo(groups(page).getByRole('button', { name: 'Not a cell 0' }));
  await expectNumbers(page, { Blast: 1, 'Not a cell': 2 });
  await page.getByRole('button', { name: 'Select none' }).click();
  await cell(page, 0).dragTo(page.getByRole('heading', { name: /^Normal/ })); // not selected: this one alone
  await expectNumbers(page, { Blast: 0, Normal: 5, 'Not a cell': 2 });
});

test('the rest of a group is confirmed at once', async () => {
  const page = await openCase(await newCase('Rest 1', NINE));
  await page.getByRole('button', { name: 'Confirm all 4' }).waitFor();
  await page.getByRole('group', { name: 'Groups' }).getByRole('button', { name: 'Normal 4' }).click();
  await page.getByRole('grid').focus();
  await page.keyboard.press('c');
  await page.getByRole('button', { name: 'Confirm the 3 others' }).click();
  await page.getByText('3 cells: confirmed').waitFor();
  await page.getByRole('region', { name: 'Summary' }).getByText('4 of 9 reviewed').waitFor();
  expect(await reviewsOf('Rest 1', false)).toBe(4);
});

test('two people on one case see each other’s reviews, and neither overwrites the other', async () => {
  const id = await newCase('Both 1', NINE);
  const [one, other] = [await openCase(id), await openCase(id)];
  await cell(one, 0).click();
  await one.keyboard.press('1');
  await expectNumbers(other, { Blast: 2, Normal: 5 });
  // The other one loses the connection to the changes, and decides on what they saw before.
  await cell(other, 0).click();
  const shown = await labelOf(cell(other, 0));
  let isFirst = true;
  await other.route('**/graphql', async (route) => {
    const isReview = route.request().postData()?.includes('mutation ReviewCells') ?? false;
    if (isReview && isFirst) {
      isFirst = false;
      await cell(one, 0).click();
      await one.keyboard.press('x');
      await expectNumbers(one, { 'Not a cell': 1 });
    }
    await route.continue();
  });
  await other.keyboard.press('u');
  await other.getByText('Somebody else has reviewed them in the meantime').waitFor();
  await expectNumbers(other, { Blast: 1, 'Not a cell': 1, 'Cannot tell': 0 });
  expect(shown).toContain('90.0 %');
  await one.keyboard.press('Control+z');
  await expectNumbers(other, { Blast: 2, 'Not a cell': 0 });
});

test('a second decision waits for the first, and undo takes back the last one', async () => {
  const page = await openCase(await newCase('Quick 1', NINE));
  // A slow connection: each answer arrives after the next key.
  let release = () => {};
  let held = Promise.resolve();
  const hold = () => (held = new Promise((resolve) => (release = resolve)));
  await page.route('**/graphql', async (route) => {
    if ((route.request().postData() ?? '').includes('ReviewCells')) await held;
    await route.continue();
  });
  void hold();
  await cell(page, 0).click();
  await page.keyboard.press('1'); // normal, and the next cell is selected
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('x'); // the first cell again: not a cell
  release();
  await expectNumbers(page, { Blast: 2, Normal: 4, 'Not a cell': 1 });
  expect(await page.getByText('Somebody else has reviewed').count()).toBe(0);
  void hold();
  await page.keyboard.press('u');
  await page.keyboard.press('Control+z'); // while it is being sent
  release();
  await page.getByText('Undone: 1 review withdrawn').waitFor();
  await expectNumbers(page, { 'Not a cell': 1, 'Cannot tell': 0 });
  expect(await reviewsOf('Quick 1', false)).toBe(2);
});

test('the differential leads to the cells without leaving the page', async () => {
  const id = await newCase('Lead 1', NINE);
  const page = await openCase(id);
  await page.getByRole('region', { name: 'Differential' }).getByText('Review these cells').click();
  await untilTrue(page, `document.querySelector('#cells').getBoundingClientRect().top < 200`);
  expect(new URL(page.url()).pathname).toBe(`/cases/${id}`);
});

test('what was not saved is said, stays over a reload, and is saved once', async () => {
  const id = await newCase('Network 1', NINE);
  const page = await tests.open({ path: `/cases/${id}`, user: tests.app.admin, mayLogErrors: true });
  await page.getByText('Loading the cells').waitFor({ state: 'detached' });
  // The server saves the reviews, but its answer does not arrive.
  await page.route('**/graphql', async (route) => {
    if (!(route.request().postData() ?? '').includes('ReviewCells')) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await cell(page, 0).click();
  await page.keyboard.press('1');
  await page.getByText('1 review was perhaps not saved').waitFor();
  await page.unroute('**/graphql');
  await page.reload();
  await page.getByText('1 review was perhaps not saved').waitFor();
  // Signing out says so too.
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sign out without saving?' });
  await dialog.getByText('Reviews that you made in the gallery of a case are not saved').waitFor();
  await checkAccessibility(page, 'sign-out-unsaved');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('perhaps not saved').waitFor({ state: 'detached' });
  await expectNumbers(page, { Blast: 2, Normal: 5 });
  expect(await reviewsOf('Network 1', false)).toBe(1);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expectNumbers(page, { Blast: 3, Normal: 4 });
});

test('Enter opens a prediction, and back leads to its place', async () => {
  const page = await openCase(
    await newCase(
      'Place 1',
      Array.from({ length: 300 }, (_, index) => classified(1 - index / 300)),
    ),
  );
  await page.getByRole('grid').focus();
  await page.keyboard.press('End');
  const last = page.locator('[data-cell].active');
  const label = await labelOf(last);
  expect(label).toContain('probability of blast 0.3 %');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 2, name: 'Result' }).waitFor();
  await page.goBack();
  await last.waitFor();
  expect(await labelOf(last)).toBe(label);
  await page.getByRole('button', { name: 'Select none' }).click();
  await page.evaluate(`document.querySelector('[role=grid]').scrollIntoView({ block: 'center' })`);
  await page.locator('[data-cell]').last().dblclick();
  await page.getByRole('heading', { level: 2, name: 'Result' }).waitFor();
  await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'Place 1' }).click();
  await last.waitFor();
});

test('two quick taps at one place open nothing if the grid has moved another cell there', async () => {
  const page = await openCase(await newCase('Moved 1', NINE));
  await cell(page, 0).click();
  // What Chromium sends for the second tap. Whether it comes soon enough to be a double click depends on the machine.
  await cell(page, 1).dispatchEvent('click', { detail: 2 });
  await cell(page, 1).dispatchEvent('dblclick', { detail: 2 });
  const opened = page.getByRole('heading', { level: 2, name: 'Result' }).waitFor({ timeout: 3_000 });
  await expect(opened).rejects.toThrow('Timeout');
});

test('with 500 cells, only those in view are in the page, and all can be reached', async () => {
  const page = await openCase(
    await newCase(
      'Many 1',
      Array.from({ length: 500 }, (_, index) => classified(index / 500)),
    ),
  );
  await page.setViewportSize({ width: 1440, height: 900 });
  await expectNumbers(page, { Blast: 250, Normal: 250 });
  await page.getByRole('grid').scrollIntoViewIfNeeded();
  await page.evaluate(`document.querySelector('[role=grid]').scrollIntoView({ block: 'center' })`);
  const visible = await page.evaluate<number>(`(() => {
    const { top, bottom } = document.querySelector('[role=grid]').getBoundingClientRect();
    const isSeen = (box) => box.top >= Math.max(0, top) && box.bottom <= Math.min(innerHeight, bottom);
    return [...document.querySelectorAll('[data-cell]')].filter((each) => isSeen(each.getBoundingClientRect())).length;
  })()`);
  expect(visible).toBeGreaterThanOrEqual(40);
  expect(await page.locator('[data-cell]').count()).toBeLessThan(200);
  await page.getByRole('grid').focus();
  await page.keyboard.press('End');
  expect(await labelOf(page.locator('[data-cell].active'))).toContain('probability of blast 0.0 %');
  await page.keyboard.press('Control+a');
  await actions(page).getByText('250 cells').waitFor();
  await actions(page).getByRole('button', { name: 'Confirm' }).click(); // three requests
  await page.getByText('250 cells: confirmed').waitFor();
  expect(await reviewsOf('Many 1', false)).toBe(250);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await page.getByText('Undone: 250 reviews withdrawn').waitFor();
  expect(await reviewsOf('Many 1', false)).toBe(0);
});

test('on a phone, a tap selects, and the bar at the bottom acts', async () => {
  const page = await openCase(await newCase('Phone 1', NINE));
  await page.setViewportSize({ width: 390, height: 844 });
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  for (const number of [0, 1]) {
    await cell(page, number).scrollIntoViewIfNeeded();
    const { x = 0, y = 0 } = (await cell(page, number).boundingBox()) ?? {};
    await session.send('Input.dispatchTouchEvent', {
      type: 'touchStart',
      touchPoints: [{ x: x + 30, y: y + 30 }],
    });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await actions(page)
      .getByText(number === 0 ? '1 cell' : '2 cells')
      .waitFor();
  }
  await actions(page).getByRole('button', { name: 'Not a cell' }).click();
  await expectNumbers(page, { Blast: 1, 'Not a cell': 2 });
});

test('in a contrast theme of the system, selected cells differ from others, and the scale keeps its colours', async () => {
  const page = await openCase(await newCase('Contrast 1', NINE));
  await page.emulateMedia({ forcedColors: 'active' });
  await cell(page, 0).click();
  const style = (of: Locator, property: string) =>
    of.evaluate(
      (element, name) =>
        element.ownerDocument.defaultView?.getComputedStyle(element).getPropertyValue(name) ?? '',
      property,
    );
  expect(await style(cell(page, 0), 'border-top-color')).not.toBe(
    await style(cell(page, 1), 'border-top-color'),
  );
  const scale = page.getByRole('img', { name: /^Probability of blast: 95.0 %/ });
  expect(await style(scale.locator('> :first-child'), 'background-image')).toContain('linear-gradient');
  const chosen = page.getByRole('button', { name: 'By answer' });
  expect(await style(chosen, 'outline-style')).toBe('solid');
  expect(await style(page.getByRole('button', { name: 'By cell type' }), 'outline-style')).toBe('none');
});

test('nothing is wrong with the accessibility, with and without a selection', async () => {
  const page = await openCase(await newCase('Axe 1', NINE));
  await checkAccessibility(page, 'gallery');
  await cell(page, 0).click();
  await checkAccessibility(page, 'gallery-selected');
  await page.getByRole('grid').focus();
  await page.keyboard.press('?');
  await checkAccessibility(page, 'gallery-keys');
});
