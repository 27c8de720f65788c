import type { Locator, Page } from 'playwright-core';
import { countCells } from '../../server/imaging/count-cells.js';
import { dropFiles, type DroppedFile, setUpBrowserTests } from './browser.js';
import { answered } from './classify-page.js';
import { addClinician, classifyElsewhere, demoFiles, startApp } from './start-app.js';

// A case from the first cell to the signed report, as people work on it.

const CELLS = 200;
const CONCLUSION = 'The cells are as expected.';
const WITHHELD = ['Needs review', 'Not recognised'];
const DROP_ZONE = 'input[type=file]';
/** Classifying and reviewing 200 cells, also on a machine that runs other tests. */
const JOURNEY_MS = 900_000;

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let cells: DroppedFile[];

beforeAll(async () => {
  const isOneCell = async ({ bytes }: DroppedFile) => (await countCells(bytes)) === 1;
  const drawn = await demoFiles(CELLS + 10);
  // In a few of the drawn pictures the finder counts a red cell too, so that they would be fields of two cells.
  const oneCell = await Promise.all(drawn.map(isOneCell));
  cells = drawn.filter((_, index) => oneCell[index]).slice(0, CELLS);
  expect(cells).toHaveLength(CELLS);
}, JOURNEY_MS);

const files = () =>
  cells.map(({ name, bytes }) => ({ name, mimeType: 'image/png', buffer: Buffer.from(bytes) }));
const grid = (page: Page) => page.getByRole('grid', { name: 'Cells of the case' });
const tiles = (page: Page, title: string) =>
  page.locator('[data-cell]', { hasText: new RegExp(`^${title},`) });
const groupButton = (page: Page, title: string) =>
  page.getByRole('group', { name: 'Groups' }).getByRole('button', { name: new RegExp(`^${title} \\d`) });
const actions = (page: Page) => page.getByRole('toolbar', { name: 'Selected cells' });
const differential = (page: Page) => page.getByRole('region', { name: 'Differential' });
const caseLink = (page: Page, reference: string) =>
  page
    .getByRole('group', { name: 'Chosen case' })
    .getByRole('button', { name: new RegExp(`^(Case )?${reference}$`) });

/** The number of cells in a group of the gallery. */
async function numberIn(page: Page, title: string): Promise<number> {
  const button = groupButton(page, title);
  if ((await button.count()) === 0) return 0;
  return Number(/[\d,]+$/.exec(await button.innerText())?.[0].replaceAll(',', '') ?? 0);
}

async function galleryLoaded(page: Page): Promise<void> {
  await grid(page).waitFor();
  await page.getByText('Loading the cells').waitFor({ state: 'detached' });
}

/** Waits until the differential says that nothing is left to review, and returns the number of blasts in it. */
async function nothingLeft(page: Page): Promise<number> {
  await differential(page)
    .getByText(/^Every cell that is a blast by the model/)
    .waitFor();
  const row = differential(page).getByRole('row', { name: /^Blasts, all lineages/ });
  const [count, interval] = [row.getByRole('cell').nth(0), row.getByRole('cell').nth(2)];
  expect(await interval.innerText()).toMatch(/^(below )?[\d.]+\s% to [\d.]+\s%/); // no longer a model estimate
  return Number(await count.innerText());
}

/** Checks what the server has of a case whose report was signed. */
async function expectSigned(reference: string, blasts: number): Promise<void> {
  const { data } = await tests.app.api.graphql(
    `query ($reference: String) { case(reference: $reference) {
      state counts { cells } reports { version conclusion }
      differential { whiteCells blasts { count } toReview { blasts needsReview notRecognised } } } }`,
    { reference },
  );
  expect(data.case).toEqual({
    ...{ state: 'SIGNED', counts: { cells: CELLS }, reports: [{ version: 1, conclusion: CONCLUSION }] },
    differential: {
      ...{ whiteCells: CELLS, blasts: { count: blasts } },
      toReview: { blasts: 0, needsReview: 0, notRecognised: 0 },
    },
  });
}

/** Waits until a group of withheld cells is empty, or has no cell that nobody has reviewed. */
const emptied = (page: Page, title: string) => groupButton(page, title).waitFor({ state: 'detached' });
const blastsReviewed = (page: Page) =>
  differential(page)
    .getByText(/blasts? by the model/)
    .waitFor({ state: 'detached' });
const allAnswered = (page: Page) =>
  page
    .getByRole('status')
    .filter({ hasText: `${CELLS} of ${CELLS} images done` })
    .waitFor();
const signed = (page: Page) => page.getByText('Signed. Nothing has changed since then.').waitFor();
const signButton = (page: Page) => page.getByRole('button', { name: 'Sign the report' });
const conclusion = (page: Page) => page.getByRole('textbox', { name: 'Conclusion' });
const enabled = (button: Locator) => button.and(button.page().locator(':enabled')).waitFor();

/** The last cell of a group, which the wheel has brought into view. */
async function scrollToLast(page: Page, title: string): Promise<Locator> {
  await grid(page).hover();
  for (let turns = 0; turns < 500; turns += 1) {
    const isInView = await grid(page).evaluate((element, wanted) => {
      const shown = [...element.querySelectorAll('[data-cell]')];
      const last = shown.findLastIndex((tile) => tile.textContent?.startsWith(`${wanted},`));
      const isAtEnd = Number(element.scrollTop) + Number(element.clientHeight) >= element.scrollHeight - 2;
      return last >= 0 && (last < shown.length - 1 || isAtEnd);
    }, title);
    if (isInView) return tiles(page, title).last();
    await page.mouse.wheel(0, 150);
    await page.waitForTimeout(60);
  }
  throw new Error(`The wheel does not reach the last cell of ${title}.`);
}

test(
  'by mouse: 200 cells are dropped, reviewed group by group, and the report is signed; a reload in between loses nothing',
  async () => {
    const page = await tests.open({ path: '/classify', user: tests.app.admin });
    await page.getByText('Drop cell images here').waitFor();
    await page.setInputFiles(DROP_ZONE, files().slice(0, 1));
    await page.getByRole('dialog').getByLabel('Case reference').fill('Mouse 1');
    await page.getByRole('dialog').getByRole('button', { name: 'Use this case' }).click();
    await answered(page, '1 of 1 image done');
    for (let sent = 1; sent < CELLS; sent += 50)
      await dropFiles(page, DROP_ZONE, cells.slice(sent, sent + 50));
    await allAnswered(page);
    await caseLink(page, 'Mouse 1').click();
    await galleryLoaded(page);
    expect(await page.getByRole('region', { name: 'Summary' }).innerText()).toMatch(/Cells\s+200/);

    const blasts = await numberIn(page, 'Blast');
    if (blasts > 0) {
      await groupButton(page, 'Blast').click();
      await page
        .getByRole('button', { name: /^Confirm all/ })
        .first()
        .click();
      await blastsReviewed(page);
    }
    await page.reload();
    await galleryLoaded(page);
    expect(await numberIn(page, 'Blast')).toBe(blasts);
    await caseLink(page, 'Mouse 1').waitFor();
    for (const title of WITHHELD) {
      if ((await numberIn(page, title)) === 0) continue;
      await groupButton(page, title).click();
      await (await scrollToLast(page, title)).click({ modifiers: ['Shift'] });
      await actions(page).getByRole('button', { name: 'Normal' }).click();
      await emptied(page, title);
    }
    expect(await nothingLeft(page)).toBe(blasts);

    await page.getByRole('link', { name: 'Write the report' }).click();
    await conclusion(page).fill(CONCLUSION);
    await page.getByRole('heading', { level: 1 }).click(); // leaves the field
    await enabled(signButton(page));
    await signButton(page).click();
    await page.getByRole('dialog').getByLabel('Your password').fill(tests.app.admin.password);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
    await signed(page);
    await expectSigned('Mouse 1', blasts);
  },
  JOURNEY_MS,
);

/** Presses Tab, or Shift and Tab if the element comes before the focus, until the element has the focus. */
async function tabTo(page: Page, element: Locator): Promise<void> {
  await element.waitFor();
  for (let presses = 0; presses < 200; presses += 1) {
    const way = await element.evaluate((found) => {
      const { activeElement } = found.ownerDocument;
      if (found === activeElement) return null;
      const isBefore =
        (activeElement?.compareDocumentPosition(found) ?? 0) & found.DOCUMENT_POSITION_PRECEDING;
      return isBefore ? 'Shift+Tab' : 'Tab';
    });
    if (way === null) return;
    await page.keyboard.press(way);
  }
  throw new Error('Tab does not reach the element.');
}

test(
  'by keyboard alone: 200 cells are chosen, reviewed and signed',
  async () => {
    const page = await tests.open({ path: '/classify', user: tests.app.admin });
    await page.waitForLoadState('networkidle'); // the heading has got the focus
    await tabTo(page, page.getByRole('button', { name: 'Choose images' }));
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(files());
    await page.getByRole('dialog').getByLabel('Case reference').waitFor();
    await page.keyboard.type('Keys 1');
    await page.keyboard.press('Enter');
    await allAnswered(page);
    await tabTo(page, caseLink(page, 'Keys 1'));
    await page.keyboard.press('Enter');
    await galleryLoaded(page);

    const blasts = await numberIn(page, 'Blast');
    await tabTo(page, grid(page));
    await page.keyboard.press('ArrowRight'); // the first cell of the first group
    if (blasts > 0) {
      await page.keyboard.press('Control+a');
      await page.keyboard.press('c');
      await blastsReviewed(page);
    }
    for (const title of WITHHELD) {
      if ((await numberIn(page, title)) === 0) continue;
      await page.keyboard.press('Control+a'); // the first cell of the next group is selected after a review
      await page.keyboard.press('1'); // normal
      await emptied(page, title);
    }
    expect(await nothingLeft(page)).toBe(blasts);

    await tabTo(page, page.getByRole('link', { name: 'Write the report' }));
    await page.keyboard.press('Enter');
    await tabTo(page, conclusion(page));
    await page.keyboard.type(CONCLUSION);
    await page.keyboard.press('Tab');
    await enabled(signButton(page));
    await tabTo(page, signButton(page));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByLabel('Your password').waitFor();
    await page.keyboard.type(tests.app.admin.password);
    await page.keyboard.press('Enter');
    await signed(page);
    await expectSigned('Keys 1', blasts);
  },
  JOURNEY_MS,
);

test(
  'on a phone: 200 cells are chosen, reviewed with taps and signed',
  async () => {
    const page = await tests.open({ path: '/classify', user: tests.app.admin, onPhone: true });
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose images' }).tap();
    await (await chooser).setFiles(files());
    await page.getByRole('dialog').getByLabel('Case reference').fill('Phone 1');
    await page.getByRole('dialog').getByRole('button', { name: 'Use this case' }).tap();
    await allAnswered(page);
    await caseLink(page, 'Phone 1').tap();
    await galleryLoaded(page);

    const blasts = await numberIn(page, 'Blast');
    if (blasts > 0) {
      await groupButton(page, 'Blast').tap();
      await page
        .getByRole('button', { name: /^Confirm all/ })
        .first()
        .tap();
      await blastsReviewed(page);
    }
    for (const title of WITHHELD) {
      for (let left = await numberIn(page, title); left > 0; left = await numberIn(page, title)) {
        await groupButton(page, title).tap(); // selects the first cell
        for (let more = 1; more < Math.min(left, 4); more += 1) await tiles(page, title).nth(more).tap();
        await actions(page).getByRole('button', { name: 'Normal' }).tap();
        await groupButton(page, title)
          .filter({ hasText: new RegExp(` ${left}$`) })
          .waitFor({ state: 'detached' });
      }
    }
    expect(await nothingLeft(page)).toBe(blasts);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);

    await page.getByRole('link', { name: 'Write the report' }).tap();
    await conclusion(page).fill(CONCLUSION);
    await page.getByRole('heading', { level: 1 }).tap();
    await enabled(signButton(page));
    await signButton(page).tap();
    await page.getByRole('dialog').getByLabel('Your password').fill(tests.app.admin.password);
    await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).tap();
    await signed(page);
    await expectSigned('Phone 1', blasts);
  },
  JOURNEY_MS,
);

test(
  'two people on one case at once see each other’s reviews in the gallery and in the differential',
  async () => {
    for (const cell of cells.slice(0, 12)) await classifyElsewhere(tests.app.api, cell, 'Together 1');
    const { data } = await tests.app.api.graphql('{ case(reference: "Together 1") { id } }');
    const path = `/cases/${data.case.id}`;
    const one = await tests.open({ path, user: tests.app.admin });
    const other = await tests.open({ path, user: await addClinician(tests.app, 'Second reader') });
    for (const page of [one, other]) await galleryLoaded(page);

    await one.locator('[data-cell]').first().click();
    await actions(one).getByRole('button', { name: 'Not a cell' }).click();
    for (const page of [one, other]) {
      await groupButton(page, 'Not a cell').filter({ hasText: '1' }).waitFor();
      await differential(page).getByText('1, left out').waitFor();
    }
    await other.locator('[data-cell]').first().click();
    await actions(other).getByRole('button', { name: 'Blast' }).click();
    for (const page of [one, other])
      await differential(page)
        .getByText(/^1 of \d+ reviewed$/)
        .first()
        .waitFor();
    await one.locator('[data-cell]', { hasText: 'reviewed by Second reader' }).waitFor();
  },
  JOURNEY_MS,
);
