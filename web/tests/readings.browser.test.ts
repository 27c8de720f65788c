import type { Page } from 'playwright-core';
import { checkAccessibility } from './accessibility.js';
import { type DroppedFile, setUpBrowserTests } from './browser.js';
import { addClinician, classifyElsewhere, demoFiles, type Person, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let cells: DroppedFile[];
let first: Person;
let second: Person;
let third: Person;

beforeAll(async () => {
  cells = await demoFiles(20);
  first = await addClinician(tests.app, 'Ada First');
  second = await addClinician(tests.app, 'Ben Second');
  third = await addClinician(tests.app, 'Cleo Third');
});

/** Classifies cells as a case, and returns its id. */
async function caseOf(reference: string, files: readonly DroppedFile[]): Promise<string> {
  for (const file of files) await classifyElsewhere(tests.app.api, file, reference);
  const { data } = await tests.app.api.graphql(`{ case(reference: "${reference}") { id } }`);
  return data.case.id;
}

/** The reviews of a case, and the labels of its model. */
async function reviewsOf(caseId: string) {
  const { data } = await tests.app.api.graphql(
    `query ($id: ID!) { case(id: $id) { predictions(first: 50) { edges { node { id label outcome finalLabel
      reviews { verdict label cellType comment blind origin reviewer { displayName } } } } } } }`,
    { id: caseId },
  );
  return data.case.predictions.edges.map(({ node }: any) => node);
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name });
const decided = (page: Page, count: number, of: number) =>
  page.getByText(`${count} of ${of} cells decided`).waitFor();

async function startAlone(page: Page, { blind }: { blind: boolean }) {
  await page.getByRole('link', { name: 'Read the cells' }).click();
  await heading(page, 'Start a reading').waitFor();
  await page.getByLabel('Random sample, for quality control').check();
  if (blind) await page.getByLabel(/^Blind/).check();
  await page.getByRole('button', { name: 'Start reading' }).click();
}

test('twenty cells are read with the keyboard alone: confirm, label, type, comment, skip, back and undo, with a pause', async () => {
  const caseId = await caseOf('Keyboard', cells);
  const page = await tests.open({ path: `/cases/${caseId}`, user: first });
  await startAlone(page, { blind: false });
  await heading(page, 'Cell 1 of 20').waitFor();
  await checkAccessibility(page, 'reading');

  await page.keyboard.press('2');
  await heading(page, 'Cell 2 of 20').waitFor();
  await decided(page, 1, 20);
  await page.keyboard.press('ArrowRight'); // skips the second cell
  await heading(page, 'Cell 3 of 20').waitFor();
  await page.keyboard.press('ArrowLeft');
  await heading(page, 'Cell 2 of 20').waitFor();
  await page.keyboard.press('o');
  await page.getByText('Cell type (optional): monocyte').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('Vacuoles n1');

  // The place, the type and the comment survive a reload.
  await page.reload();
  await heading(page, 'Cell 2 of 20').waitFor();
  await page.getByText('Cell type (optional): monocyte').waitFor();
  expect(await page.getByLabel(/^Comment/).inputValue()).toBe('Vacuoles n1');
  await page.keyboard.press('1');
  await heading(page, 'Cell 3 of 20').waitFor();
  await page.keyboard.press('x');
  await heading(page, 'Cell 4 of 20').waitFor();
  await decided(page, 3, 20);
  await page.keyboard.press('Backspace');
  await heading(page, 'Cell 3 of 20').waitFor();
  await decided(page, 2, 20);

  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).getByText('Cannot tell').waitFor();
  await page.keyboard.press('u'); // does nothing while the dialog is open
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await decided(page, 2, 20);

  for (let done = 2; done < 20; done++) {
    const canConfirm = await page.getByRole('button', { name: /^Confirm/ }).isVisible();
    await page.keyboard.press(canConfirm ? (done % 2 === 0 ? 'Enter' : 'c') : '1');
    await decided(page, done + 1, 20);
  }
  await page.getByText('All 20 cells are decided.').waitFor();
  await page.getByRole('button', { name: 'Finish the reading' }).and(page.locator(':enabled')).waitFor();
  await page.keyboard.press('End');
  await page.getByText('You decided on 20 of 20 cells.').waitFor();
  await checkAccessibility(page, 'finished-reading');

  const read = await reviewsOf(caseId);
  const ofReader = read.flatMap(({ reviews }: any) => reviews);
  expect(ofReader).toHaveLength(20);
  expect(ofReader.every(({ blind, origin }: any) => !blind && origin === 'WHOLE_SET')).toBe(true);
  expect(ofReader.filter(({ comment }: any) => comment !== null)).toEqual([
    expect.objectContaining({ comment: 'Vacuoles n1', cellType: 'MONOCYTE', verdict: 'LABEL' }),
  ]);
});

test('two readers read the same cells blind, and a third decides where they differ', async () => {
  const caseId = await caseOf('Two readers', cells.slice(0, 6));
  const starter = await tests.open({ path: `/readings/new?caseId=${caseId}`, user: tests.app.admin });
  const section = starter.getByRole('region', { name: 'Double reading' });
  const choose = async (label: RegExp, name: RegExp) => {
    await section.getByRole('combobox', { name: label }).click();
    await starter.getByRole('option', { name }).click();
  };
  await choose(/^First reader/, /^Ada First/);
  await choose(/^Second reader/, /^Ben Second/);
  await section.getByRole('button', { name: 'Start double reading' }).click();
  await starter.getByText('The result appears here when both readers have finished.').waitFor();
  await checkAccessibility(starter, 'double-reading');

  const readAll = async (person: Person, keyOf: (index: number) => string, count: number) => {
    const page = await tests.open({ path: '/readings', user: person });
    await page
      .getByRole('link', { name: count === 6 ? 'Double reading' : 'Third reading' })
      .first()
      .click();
    await heading(page, `Cell 1 of ${count}`).waitFor();
    const requests: string[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('/graphql'))
        void response.text().then(
          (text) => requests.push(text),
          () => undefined,
        );
    });
    await page.reload(); // what only the page of the reading requests
    await heading(page, `Cell 1 of ${count}`).waitFor();
    const shown = await page.getByRole('main').innerText();
    expect(shown).not.toMatch(/Confirm|Probability|Two readers|demo|\.png/);
    const others = requests.filter((text) => !text.startsWith('{"data":{"viewer"')); // the reader's own name
    expect(others.join()).not.toMatch(/pred_|INDETERMINATE|"outcome"|Ada First|Ben Second/);
    for (let index = 0; index < count; index++) {
      await page.keyboard.press(keyOf(index));
      await decided(page, index + 1, count);
    }
    await page.getByRole('button', { name: 'Finish the reading' }).and(page.locator(':enabled')).click();
    await page.getByText(`You decided on ${count} of ${count} cells.`).waitFor();
    return page;
  };
  await readAll(first, () => '1', 6);
  await starter.reload();
  await starter.getByText('0 of 6 cells decided').waitFor();
  // The second reader differs on two of their cells.
  await readAll(second, (index) => (index < 2 ? '2' : '1'), 6);

  const decider = await tests.open({ path: `/cases/${caseId}`, user: third });
  await decider.getByText('2 open disagreements of 2').waitFor();
  await decider.getByRole('link', { name: 'Ada First and Ben Second' }).click();
  await decider.getByText('The readers differ on 2 cells, 2 of which').waitFor();
  await decider
    .getByRole('row', { name: /Two readers of the same cells/ })
    .getByText('66.7 % (4 of 6)')
    .waitFor();
  await checkAccessibility(decider, 'agreement');
  await decider.getByRole('button', { name: 'Decide' }).click();
  await heading(decider, 'Cell 1 of 2').waitFor();
  await decider.keyboard.press('2');
  await heading(decider, 'Cell 2 of 2').waitFor();
  await decider.keyboard.press('1');
  await decider.getByRole('button', { name: 'Finish the reading' }).and(decider.locator(':enabled')).click();
  await decider.getByRole('link', { name: 'Double reading', exact: true }).click();
  await decider.getByText('A third reader has decided.').waitFor();

  const reviews = (await reviewsOf(caseId)).flatMap((node: any) => node.reviews);
  expect(reviews.filter(({ blind }: any) => blind)).toHaveLength(6 + 6 + 2);
});

test('cells are read on a phone by touch', async () => {
  const caseId = await caseOf('Phone', cells.slice(0, 2));
  const page = await tests.open({ path: `/cases/${caseId}`, user: second });
  await page.setViewportSize({ width: 390, height: 844 });
  await startAlone(page, { blind: true });
  await heading(page, 'Cell 1 of 2').waitFor();
  await checkAccessibility(page, 'reading-on-a-phone');
  await page.setViewportSize({ width: 390, height: 844 });
  const picture = await page.getByRole('img', { name: 'Cell 1' }).boundingBox();
  const [label] = await page.getByRole('button', { name: /^(Blast|Normal)/ }).all();
  const button = await label?.boundingBox();
  expect(picture?.width).toBeGreaterThan(300);
  expect(button?.height).toBeGreaterThanOrEqual(44);
  expect((button?.y ?? Infinity) + (button?.height ?? 0)).toBeLessThan(844 - 56); // above the navigation, without scrolling
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await label?.click();
  await heading(page, 'Cell 2 of 2').waitFor();
  await page.getByLabel('Cell type (optional)').click();
  await page.getByRole('option', { name: 'Monocyte', exact: true }).click();
  await page.getByRole('button', { name: /^Cannot tell/ }).click();
  await page.getByRole('button', { name: 'Finish the reading' }).and(page.locator(':enabled')).click();
  await page.getByText('You decided on 2 of 2 cells.').waitFor();
});
