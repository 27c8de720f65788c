import type { Page } from 'playwright-core';
import { drawField } from '../../server/features/predictions/fields/testing.js';
import { checkAccessibility } from './accessibility.js';
import { dropFiles, type DroppedFile, setUpBrowserTests, signIn } from './browser.js';
import { answered, choose, loadedWidth } from './classify-page.js';
import { addAuditor, demoFiles, startApp } from './start-app.js';

const DROP_ZONE = 'input[type=file]';
/** Centres of the drawn cells in reading order. A further cell is cut off by the right border. */
const CELLS = [
  [120, 100],
  [330, 110],
  [220, 330],
] as const;

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let picture: DroppedFile;
let page: Page;

beforeAll(async () => {
  picture = { name: 'cell.png', bytes: await drawField(CELLS) };
});

describe('dropping pictures', () => {
  beforeEach(async () => {
    page = await tests.open({ path: '/classify', user: tests.app.admin });
    await page.getByText('Drop cell images here').waitFor();
  });

  test('the browser decides for each picture whether it is a field, unless the user says so', async () => {
    const [cell] = await demoFiles(1);
    if (!cell) throw new Error('No cell was drawn.');
    await dropFiles(page, DROP_ZONE, [picture, cell]);
    await answered(page, '2 of 2 images done');
    expect(await rowText(picture.name)).toContain('Field with 3 cells');
    expect(await rowText(picture.name)).toContain('1 cell left out: 1 cut off by the border of the picture.');
    expect(await rowText(cell.name)).toContain('Probability of blast');

    await choose(page, 'Each picture shows', 'One cell');
    await dropFiles(page, DROP_ZONE, [{ ...picture, name: 'as one cell.png' }]);
    await answered(page, '3 of 3 images done');
    expect(await rowText('as one cell.png')).toContain('Probability of blast');

    await choose(page, 'Each picture shows', 'Whole field with several cells');
    await dropFiles(page, DROP_ZONE, [{ ...cell, name: 'as a field.png' }]);
    await answered(page, '4 of 4 images done');
    expect(await rowText('as a field.png')).toContain('Field with 1 cell');
  });

  test('a picture of several cells that was sent as one cell can be sent again as a field', async () => {
    await choose(page, 'Each picture shows', 'One cell');
    await dropFiles(page, DROP_ZONE, [picture]);
    await answered(page, '1 of 1 image done');
    await row(picture.name).getByRole('button', { name: 'Classify as a field' }).click();
    await row(picture.name).getByText('Field with 3 cells').waitFor();
    await row(picture.name).getByRole('link', { name: 'Open field' }).click();
    await page.getByRole('heading', { name: picture.name }).waitFor();
  });
});

describe('the page of a field', () => {
  beforeEach(async () => {
    page = await tests.open({ path: await newField(), user: tests.app.admin });
    await page.getByRole('heading', { name: picture.name }).waitFor();
    await page.getByRole('heading', { name: 'Cell 1 of 3' }).waitFor();
  });

  test('shows a numbered box for each cell with the outcome in words, and what was left out', async () => {
    const texts = await marks().allTextContents();
    expect(texts.toSorted()).toEqual([
      ...[1, 2, 3].map((number): unknown =>
        expect.stringMatching(new RegExp(`^${number} (Blast|Normal|Needs review|Not recognised)$`)),
      ),
      'Cut off',
    ]);
    await page.getByText('1 cell left out: 1 cut off by the border of the picture.').waitFor();
    const numbers = await page
      .getByRole('list', { name: 'Cells by outcome' })
      .getByRole('strong')
      .allInnerTexts();
    expect(numbers.reduce((sum, number) => sum + Number(number), 0)).toBe(3 + 1);
    const crops = page.getByRole('option').locator('img');
    expect(await crops.count()).toBe(3);
    for (const crop of await crops.all()) await expect(loadedWidth(crop)).resolves.toBeGreaterThan(0);
    await checkAccessibility(page, 'field');
  });

  test('arrow keys go from cell to cell, in the strip and in the picture', async () => {
    await page.getByRole('option', { selected: true }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'Cell 2 of 3' }).waitFor();
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'Cell 3 of 3' }).waitFor();
    const focused = page.locator(':focus');
    expect(await focused.textContent()).toMatch(/^Cell 3/);
    await page.keyboard.press('ArrowRight'); // the last cell
    expect(await focused.textContent()).toMatch(/^Cell 3/);

    await frame().focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('heading', { name: 'Cell 2 of 3' }).waitFor();
    await page.getByRole('status').filter({ hasText: 'Cell 2 of 3: ' }).waitFor();
    expect(new URL(page.url()).searchParams.get('cell')).toMatch(/^pred_/);
    await page.reload();
    await page.getByRole('heading', { name: 'Cell 2 of 3' }).waitFor();
  });

  test('zooms and moves with buttons, keys, the mouse wheel and dragging', async () => {
    const whole = { left: 0, top: 0, width: 640, height: 480 };
    expect(await view()).toEqual(whole);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    expect((await view()).width).toBeCloseTo(640 / 1.5);
    await page.getByRole('button', { name: 'Show the whole picture' }).click();
    expect(await view()).toEqual(whole);

    await page.mouse.move(...(await onScreen([20, 20])));
    await page.mouse.wheel(0, -500);
    await frame().locator('svg:not([viewBox="0 0 640 480"])').waitFor();
    const zoomed = await view();
    expect(zoomed.left).toBeLessThan(20); // around the pointer

    await page.mouse.move(...(await onScreen([200, 150])));
    await page.mouse.down();
    await page.mouse.move(...(await onScreen([150, 120])), { steps: 4 });
    await page.mouse.up();
    const dragged = await view();
    expect(dragged.left - zoomed.left).toBeCloseTo(50, -1);
    expect(dragged.width).toBeCloseTo(zoomed.width);
    expect(await page.getByRole('heading', { name: 'Cell 1 of 3' }).isVisible()).toBe(true); // not a click

    await frame().focus();
    await page.keyboard.press('Shift+ArrowLeft');
    expect((await view()).left).toBeLessThan(dragged.left);
    await page.keyboard.press('0');
    expect(await view()).toEqual(whole);

    await page.mouse.click(...(await onScreen(CELLS[2])));
    await page.getByRole('heading', { name: 'Cell 3 of 3' }).waitFor();
    await page.keyboard.press('+');
    await page.getByRole('option').first().click();
    const shown = await view(); // moves to the cell that is selected
    expect(shown.left).toBeLessThan(CELLS[0][0]);
    expect(shown.top).toBeLessThan(CELLS[0][1]);
  });

  test('a cell that the search has missed is added with one click, or with the keyboard', async () => {
    await page.getByRole('button', { name: 'There is a cell here' }).click();
    await page.mouse.click(...(await onScreen([450, 360])));
    await page.getByRole('heading', { name: 'Cell 4 of 4' }).waitFor();
    await page.getByRole('status').filter({ hasText: 'Cell 4 was added' }).waitFor();

    await page.mouse.click(...(await onScreen([636, 240])));
    await page.getByRole('alert').filter({ hasText: 'cuts this cell off' }).waitFor();

    await frame().focus();
    for (let steps = 0; steps < 12; steps++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Cell 5 of 5' }).waitFor();
    await page.keyboard.press('Escape');
    await page.mouse.click(...(await onScreen([60, 420])));
    await page.reload();
    await page.getByRole('heading', { name: 'of 5' }).waitFor();
  });

  test('a cell is reviewed beside the picture, and its own page leads back to the field', async () => {
    await page.getByRole('option').nth(1).click();
    await page.getByRole('heading', { name: 'Cell 2 of 3' }).waitFor();
    await page.getByRole('radio', { name: 'Not a cell' }).check();
    await page.getByRole('button', { name: 'Save review' }).click();
    await page.getByRole('option', { name: /^Cell 2 .*Reviewed: not a cell/ }).waitFor();

    await page.getByRole('link', { name: 'Open prediction' }).click();
    await page.getByText('Cell 2 of 3 in this field').waitFor();
    await expect(loadedWidth(page.getByAltText(picture.name))).resolves.toBeGreaterThan(0);
    expect(await page.getByText('pixels, 29').count()).toBeGreaterThan(0); // the region
    await page.getByRole('link', { name: 'this field' }).click();
    await page.getByRole('heading', { name: 'Cell 2 of 3' }).waitFor();

    await page.getByRole('link', { name: 'History' }).first().click();
    await page.getByRole('link', { name: 'Cell of a field' }).first().click();
    await page.getByRole('heading', { name: / of 3$/ }).waitFor();
  });
});

test('an auditor sees outcomes and counts of a field, but no picture', async () => {
  const auditor = await addAuditor(tests.app);
  page = await tests.open({ path: await newField() });
  await signIn(page, auditor);
  await page.getByRole('heading', { name: 'Cell 1 of 3' }).waitFor();
  await page.getByText('Your role does not show patients’ images').waitFor();
  expect(await page.getByRole('option').count()).toBe(3);
  expect(await page.locator('main img, main image').count()).toBe(0);
  expect(await page.getByRole('button', { name: 'There is a cell here' }).count()).toBe(0);
});

test('a stored prediction of a picture with several cells is classified as a field, without its file', async () => {
  const { data } = await tests.app.api.upload(
    'mutation ($image: Upload!) { classify(image: $image, input: { caseReference: "Seen twice" }) { prediction { id } } }',
    await drawField(CELLS, [238, 231, 224]),
  );
  page = await tests.open({
    path: `/predictions/${data.classify.prediction.id}`,
    user: tests.app.admin,
  });
  await page.getByRole('button', { name: 'Classify as a field' }).click();
  await page.getByRole('heading', { name: 'Cell 1 of 3' }).waitFor();
  await page.getByText('Seen twice').waitFor();
  await page.getByRole('link', { name: 'Open prediction' }).click();
  await page.getByText('Cell 1 of 3 in this field').waitFor();
  expect(await page.getByRole('button', { name: 'Classify as a field' }).count()).toBe(0);
});

test('fields are listed and filtered, and the filters are kept in the address', async () => {
  await newField();
  const { data } = await tests.app.api.upload(
    'mutation ($image: Upload!) { classifyField(image: $image, input: { caseReference: "Listed case" }) { field { id } } }',
    picture.bytes,
  );
  const { id } = data.classifyField.field;
  page = await tests.open({ path: '/predictions', user: tests.app.admin });
  await page.getByRole('main').getByRole('link', { name: 'Fields', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Fields' }).waitFor();
  const cards = page.getByRole('main').getByRole('listitem').filter({ hasText: 'cells' });
  await cards.first().waitFor();
  expect(await cards.first().textContent()).toMatch(/3 cells: .*1 cell left out: .*Listed case/);
  expect(await cards.count()).toBeGreaterThan(1);
  await checkAccessibility(page, 'list of fields');

  await page.getByLabel('Case reference').fill('Listed case');
  await page.getByText('1 field matching the filters').waitFor();
  await page.reload();
  await page.getByText('1 field matching the filters').waitFor();
  await choose(page, 'Classified by', 'Me');
  await page.getByText('1 field matching the filters').waitFor();
  await cards.getByRole('link').click();
  await page.getByRole('heading', { name: 'Cell 1 of 3' }).waitFor();
  expect(page.url()).toContain(id);

  await page.goto('/fields?from=2999-01-01');
  await page.getByText('No fields match these filters').waitFor();
  await page.getByRole('button', { name: 'Reset filters' }).click();
  await cards.first().waitFor();
});

/** Classifies the picture as a separate field, and returns the path of its page. */
async function newField(): Promise<string> {
  const { data } = await tests.app.api.upload(
    'mutation ($image: Upload!) { classifyField(image: $image) { field { id } userErrors { message } } }',
    picture.bytes,
  );
  expect(data.classifyField.userErrors).toEqual([]);
  return `/fields/${data.classifyField.field.id}`;
}

const frame = () => page.getByRole('group', { name: 'Picture of the field' });
const marks = () => frame().locator('text');
const row = (name: string) => page.getByRole('listitem', { name, exact: true });
const rowText = async (name: string) => (await row(name).textContent()) ?? '';

async function view() {
  const box = (await frame().locator('svg').getAttribute('viewBox')) ?? '';
  const [left = NaN, top = NaN, width = NaN, height = NaN] = box.split(' ').map(Number);
  return { left, top, width, height };
}

/** Where a point of the picture is on the screen. */
async function onScreen([x, y]: readonly [number, number]): Promise<[number, number]> {
  await frame().scrollIntoViewIfNeeded();
  const box = await frame().boundingBox();
  if (!box) throw new Error('The picture is not visible.');
  const { left, top, width, height } = await view();
  return [box.x + ((x - left) / width) * box.width, box.y + ((y - top) / height) * box.height];
}
