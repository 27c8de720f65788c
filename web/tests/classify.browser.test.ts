import type { Locator, Page, WebSocketRoute } from 'playwright-core';
import { checkAccessibility } from './accessibility.js';
import { dropFiles, type DroppedFile, setUpBrowserTests, withoutCase } from './browser.js';
import { answered, choose, loadedWidth } from './classify-page.js';
import { classifyElsewhere, demoFiles, startApp } from './start-app.js';

const DROP_ZONE = 'input[type=file]';
const BROKEN: DroppedFile = {
  name: 'broken.jpg',
  bytes: Buffer.from('These are not the bytes of an image.'),
};

/** A version for which every image needs review, and a version that recognises no image. */
const ALWAYS_ABSTAINS = { seed: 2, manifest: { abstentionBand: [0, 1] as [number, number] } };
const RECOGNISES_NOTHING = {
  seed: 3,
  manifest: {
    outOfDistribution: {
      method: 'mahalanobis' as const,
      mean: new Array<number>(16).fill(1000),
      components: [],
      variances: [],
      residualVariance: 1,
      typicalDistance: 0,
      threshold: 1,
    },
  },
};

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }, ALWAYS_ABSTAINS, RECOGNISES_NOTHING]));
let cells: DroppedFile[];
let page: Page;

beforeAll(async () => {
  cells = await demoFiles(6);
});
beforeEach(async () => {
  page = await tests.open({ path: '/classify', user: tests.app.admin });
  await page.getByText('Drop cell images here').waitFor();
});

test('every dropped file gets its result, and an unreadable file shows its error without affecting the others', async () => {
  await page.getByLabel('Case reference').fill('case 17');
  await dropFiles(page, DROP_ZONE, [...cells.slice(0, 2), BROKEN, ...cells.slice(2, 4)]);
  await answered(page, '4 of 5 images done, 1 failed');

  for (const { name } of cells.slice(0, 4)) {
    const text = (await row(name).textContent()) ?? '';
    expect(text).toMatch(/Probability of blast: .*\d %/);
    expect(text).toContain('screening version 1');
    expect(await row(name).getByRole('link', { name: 'Open prediction' }).isVisible()).toBe(true);
  }
  const refused = row(BROKEN.name);
  expect(await refused.getByRole('alert').textContent()).toContain('This is not an image');
  await page.getByText('not a medical device').last().waitFor();

  expect(await refused.getByRole('button', { name: 'Retry' }).count()).toBe(0); // it would fail again
  await refused.getByRole('button', { name: `Remove ${BROKEN.name} from the list` }).click();
  await answered(page, '4 of 4 images done');

  // The list is kept while the user visits another page.
  await page.getByRole('link', { name: 'History' }).first().click();
  await page.getByRole('heading', { name: 'History' }).waitFor();
  await page.getByRole('link', { name: 'Classify' }).first().click();
  await answered(page, '4 of 4 images done');
});

test('files can also be chosen, and the evidence map shown over them', async () => {
  await chooseFiles(chosen(cells.slice(0, 1)));
  await answered(page, '1 of 1 image done');
  const evidence = page.getByAltText('Evidence map: the areas that led to the result');
  expect(await evidence.count()).toBe(0);

  await page.getByRole('slider', { name: 'Evidence map' }).press('End');
  await evidence.waitFor();
  await expect(loadedWidth(evidence)).resolves.toBeGreaterThan(0);
});

test('a result without a label explains why, and is listed as needing attention', async () => {
  await choose(page, 'Model', 'screening: version 2');
  await chooseFiles(chosen(cells.slice(0, 1)));
  await answered(page, '1 of 1 image done');
  await choose(page, 'Model', 'screening: version 3');
  await chooseFiles(chosen(cells.slice(1, 2)));
  await answered(page, '2 of 2 images done');

  const indeterminate = (await row(nameOf(0)).textContent()) ?? '';
  expect(indeterminate).toContain('Needs review');
  expect(indeterminate).toContain('Too close to call');
  const outOfDistribution = (await row(nameOf(1)).textContent()) ?? '';
  expect(outOfDistribution).toContain('Not recognised');
  expect(outOfDistribution).toContain('the model gives no label');
  await page.getByRole('button', { name: 'Needs attention 2' }).waitFor();
});

test('a prediction links to its model version, and a review corrects it', async () => {
  await chooseFiles(chosen(cells.slice(4, 5)));
  await page.getByRole('link', { name: 'Open prediction' }).click();
  await page.getByRole('heading', { name: nameOf(4) }).waitFor();
  await expect(loadedWidth(page.getByAltText(nameOf(4)))).resolves.toBeGreaterThan(0);
  expect(await page.getByText('This prediction has not been reviewed yet.').isVisible()).toBe(true);

  const wrong = await page.getByRole('radio', { checked: true }).getAttribute('value');
  const right = wrong === 'blast' ? 'normal' : 'blast';
  await page.getByRole('radio', { name: right }).check();
  await page.getByLabel('Comment').fill('Seen under oil, 1000 ×.');
  await page.getByRole('button', { name: `Correct to ${right}` }).click();
  await page.getByText(`Final label: ${right}`).waitFor();
  expect(await page.getByText('Seen under oil, 1000 ×.').isVisible()).toBe(true);

  const address = page.url();
  await page.getByRole('link', { name: 'screening version 1' }).click();
  await page.getByRole('heading', { name: 'screening version 1' }).waitFor();

  await page.goto(address);
  await page.getByText(`corrected to ${right}`).waitFor();
});

test('a review by keyboard has a cell type, and says that there is no cell or that the reviewer cannot tell', async () => {
  await chooseFiles(chosen(cells.slice(5, 6)));
  await page.getByRole('link', { name: 'Open prediction' }).click();
  await page.getByRole('heading', { name: nameOf(5) }).waitFor();
  const label = (await page.getByRole('radio', { checked: true }).getAttribute('value')) ?? '';

  await page.getByRole('radio', { checked: true }).focus();
  while (!(await page.getByRole('radio', { name: 'Cannot tell' }).isChecked()))
    await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown'); // opens the list
  await page.getByRole('option', { name: 'Monoblast' }).waitFor();
  await page.keyboard.type('monob');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Out of focus.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('could not tell the label, cell type: monoblast').waitFor();
  await page.getByText('No reviewer has given a label.').waitFor();
  await checkAccessibility(page, 'review-cannot-tell');

  await page.getByRole('radio', { name: 'Not a cell' }).check();
  expect(await page.getByRole('combobox', { name: 'Cell type' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Save review' }).click();
  await page.getByText('said that this is not a cell').waitFor();
  await page.getByText('No reviewer has given a label.').waitFor();
  await checkAccessibility(page, 'review-not-a-cell');

  await page.goto('/predictions');
  await choose(page, 'Review', 'Not a cell');
  await page.getByText('1 prediction matching the filters').waitFor();
  await page.getByRole('cell', { name: 'Not a cell' }).waitFor();
  await choose(page, 'Review', 'Cannot tell');
  await page.getByText('No predictions match these filters').waitFor();

  await page.goBack();
  await page.getByRole('link', { name: nameOf(5) }).click();
  await page.getByRole('radio', { name: label, exact: true }).check();
  await page.getByRole('button', { name: `Confirm ${label}` }).click();
  await page.getByText(`Final label: ${label}`).waitFor();
});

test('the history keeps its filters in the URL, and pages through the matches', async () => {
  const files = await demoFiles(30);
  for (const file of files) await classifyElsewhere(tests.app.api, file, 'a long case');
  await page.goto('/predictions');
  await page.getByLabel('Case reference').fill('a long case');
  await page.getByText('30 predictions matching the filters').waitFor();
  expect(new URL(page.url()).searchParams.get('case')).toBe('a long case');
  const rows = page.getByRole('row');
  expect(await rows.count()).toBe(1 + 25);

  await page.getByRole('button', { name: 'Next' }).click();
  await page.waitForURL(/after=/);
  await expectCount(rows, 1 + 5);
  await page.reload();
  await expectCount(rows, 1 + 5);
  await page.getByRole('button', { name: 'Previous' }).click();
  await expectCount(rows, 1 + 25);

  await choose(page, 'Review', 'Reviewed');
  await page.getByText('No predictions match these filters').waitFor();
  await page.getByRole('button', { name: 'Reset filters' }).click();
  await rows.nth(25).waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.goBack();
  await page.getByText('No predictions match these filters').waitFor();
});

test('the history announces each prediction that others make after it loads once, also those made without a connection', async () => {
  const [first, second] = cells;
  if (!first || !second) throw new Error('No cell was drawn.');
  const history = await tests.open({ path: '/', user: tests.app.admin });
  const sockets: WebSocketRoute[] = [];
  let connect = () => {};
  const connecting = new Promise<void>((resolve) => (connect = resolve));
  await history.routeWebSocket(/graphql/, async (socket) => {
    await connecting;
    sockets.push(socket);
    socket.connectToServer();
  });
  await history.goto('/predictions');
  await history.getByRole('row').first().waitFor();
  await classifyElsewhere(tests.app.api, first, 'from elsewhere');
  connect();
  await history.getByText('1 new prediction since').waitFor();

  await sockets[0]?.close();
  await classifyElsewhere(tests.app.api, second, 'from elsewhere');
  await history.getByText('2 new predictions since').waitFor();
  await history.getByRole('button', { name: 'Refresh' }).click();
  await history.getByRole('cell', { name: 'from elsewhere' }).first().waitFor();
  await history.getByText('new prediction').waitFor({ state: 'detached' });
  expect(sockets).toHaveLength(2);
});

/** Chooses files in the dialog of the browser. */
function chooseFiles(files: ReturnType<typeof chosen>): Promise<void> {
  return withoutCase(page, () => page.setInputFiles(DROP_ZONE, files));
}

function chosen(files: DroppedFile[]) {
  return files.map(({ name, bytes }) => ({ name, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) }));
}

function nameOf(index: number): string {
  return cells[index]?.name ?? '';
}

function row(name: string): Locator {
  return page.getByRole('listitem', { name, exact: true });
}

async function expectCount(rows: Locator, count: number): Promise<void> {
  await rows.nth(count - 1).waitFor();
  await rows.nth(count).waitFor({ state: 'detached' });
  expect(await rows.count()).toBe(count);
}
