import type { Page } from 'playwright-core';
import { checkAccessibility } from './accessibility.js';
import { type DroppedFile, LONGEST_WAIT_MS, setUpBrowserTests, withoutCase } from './browser.js';
import { answered } from './classify-page.js';
import { addEngineer, classifyElsewhere, demoFiles, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let cells: DroppedFile[];

beforeAll(async () => {
  cells = await demoFiles(12);
});

async function openClassify(mayLogErrors = false): Promise<Page> {
  const page = await tests.open({ path: '/classify', user: tests.app.admin, mayLogErrors });
  await page.getByText('Drop cell images here').waitFor();
  return page;
}

const cell = (index: number) => cells[index] ?? { name: '', bytes: new Uint8Array() };
const asFile = ({ name, bytes }: DroppedFile) => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.from(bytes),
});
const choose = (page: Page, files: DroppedFile[]) =>
  page.setInputFiles('input[type=file]', files.map(asFile));

/** Pastes as browsers do: pictures without names are called "image.png". */
function paste(page: Page, images: DroppedFile[], selector: string, text?: string): Promise<void> {
  const contents = images.map(({ bytes }) => Buffer.from(bytes).toString('base64'));
  return page.evaluate(`(() => {
    const clipboardData = new DataTransfer();
    for (const base64 of ${JSON.stringify(contents)}) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      clipboardData.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
    }
    const text = ${JSON.stringify(text ?? null)};
    if (text !== null) clipboardData.setData('text/plain', text);
    document.querySelector('${selector}').dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  })()`);
}

test('images can be pasted anywhere on the page, and text in a field stays text', async () => {
  const page = await openClassify();
  await withoutCase(page, () => paste(page, [cell(0), cell(1)], 'body'));
  await answered(page, '2 of 2 images done');
  await page.getByRole('listitem', { name: /^Pasted at [\d.]+ \(2\)\.png$/ }).waitFor();
  await paste(page, [cell(2)], 'input[maxlength]', 'a picture of this text');
  await paste(page, [cell(3)], 'input[maxlength]');
  await answered(page, '3 of 3 images done');
});

test('a folder is chosen as a whole, and the camera of a phone takes a photo', async () => {
  const page = await openClassify();
  const opened = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  expect(await (await opened).element().getAttribute('webkitdirectory')).toBe('');
  expect(await page.getByRole('button', { name: 'Take a photo' }).count()).toBe(0);

  const phone = await page
    .context()
    .browser()
    ?.newContext({
      ...{ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } },
      ...{ storageState: await page.context().storageState(), baseURL: new URL(page.url()).origin },
    });
  const small = await phone?.newPage();
  if (!small) throw new Error('The browser opens no window.');
  small.setDefaultTimeout(LONGEST_WAIT_MS);
  await small.goto('/classify');
  const camera = small.waitForEvent('filechooser');
  await small.getByRole('button', { name: 'Take a photo' }).click();
  const input = (await camera).element();
  expect([await input.getAttribute('accept'), await input.getAttribute('capture')]).toEqual([
    'image/*',
    'environment',
  ]);
  await small.close();
});

test('the same image twice says so: in the list, and when the server has answered it before', async () => {
  await classifyElsewhere(tests.app.api, cell(4), 'case of before');
  const page = await openClassify();
  await withoutCase(page, () => choose(page, [cell(4), cell(5), { ...cell(5), name: 'copy.png' }]));
  await answered(page, '2 of 3 images done, 1 in the list twice');
  const seen = page.getByRole('listitem', { name: cell(4).name, exact: true });
  await seen.getByText('This image was sent before').waitFor();
  await seen.getByText(/which belongs to case case of before.*Check which case/).waitFor();
  const copy = page.getByRole('listitem', { name: 'copy.png' });
  await copy.getByText(`the same image as “${cell(5).name}” in the list`).waitFor();
  await checkAccessibility(page, 'same-image-twice');

  await copy.getByRole('button', { name: 'Send it too' }).click();
  await answered(page, '3 of 3 images done');
  await copy.getByText('This image was sent before').waitFor();
  await seen.getByRole('alert').getByRole('link').click();
  await page.getByRole('heading', { level: 2, name: 'Result' }).waitFor();
  await page.getByRole('link', { name: 'case of before' }).waitFor();
});

test('a session that ends keeps the queue and what was typed, and continues after the sign-in', async () => {
  const page = await openClassify(true);
  await withoutCase(page, () => choose(page, [cell(6)]));
  await answered(page, '1 of 1 image done');
  await page.context().clearCookies();
  await choose(page, [cell(7), cell(8)]);
  await page.getByText('You were signed out').waitFor();
  await checkAccessibility(page, 'signed-out');
  // Nothing of the page is printed either.
  const heading = page.getByRole('heading', { level: 1, name: 'Classify', includeHidden: true });
  expect(await heading.isVisible()).toBe(true);
  await page.emulateMedia({ media: 'print' });
  expect(await heading.isVisible()).toBe(false);
  await page.emulateMedia({ media: 'screen' });
  expect(await page.getByLabel('E-mail').inputValue()).toBe(tests.app.admin.email);
  await signInAgain(page, tests.app.admin);
  await answered(page, '3 of 3 images done');

  await page
    .getByRole('link', { name: /^Open prediction/ })
    .first()
    .click();
  await page.getByLabel('Comment').fill('Typed before the session ended.');
  await page.context().clearCookies();
  await page.getByRole('button', { name: /^(Confirm|Save)/ }).click();
  await page.getByText('You were signed out').waitFor();
  await signInAgain(page, tests.app.admin);
  expect(await page.getByLabel('Comment').inputValue()).toBe('Typed before the session ended.');
  await page.getByRole('button', { name: /^(Confirm|Save)/ }).click();
  await page.getByRole('listitem').filter({ hasText: 'Typed before the session ended.' }).waitFor();

  // Subscriptions continue too.
  await page.goto('/predictions');
  await page.getByRole('row').first().waitFor();
  await page.context().clearCookies();
  await page
    .getByRole('button', { name: 'Next' })
    .or(page.getByRole('button', { name: /^Account of/ }))
    .first()
    .waitFor();
  await page.getByLabel('Search').fill('zz');
  await page.getByText('You were signed out').waitFor();
  await signInAgain(page, tests.app.admin);
  expect(await page.getByLabel('Search').inputValue()).toBe('zz');
  await classifyElsewhere(tests.app.api, cell(9), 'after the sign-in');
  await page.getByText('1 new prediction since').waitFor();
});

test('another user who signs in gets nothing of the first one’s work', async () => {
  const other = await addEngineer(tests.app, 'The next person');
  const page = await openClassify(true);
  await page.getByLabel('Case reference').fill('case of the first user');
  await page.context().clearCookies();
  await choose(page, [cell(0)]);
  await page.getByText('You were signed out').waitFor();
  await signInAgain(page, other);
  await page.getByText('Drop cell images here').waitFor();
  expect(await page.getByRole('listitem', { name: cell(0).name }).count()).toBe(0);
  expect(await page.getByLabel('Case reference').inputValue()).toBe('');
  expect(await page.evaluate("sessionStorage.getItem('cytograph-chosen-case')")).toBeNull();
});

async function signInAgain(page: Page, user: { email: string; password: string }): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Sign in' });
  await dialog.getByLabel('E-mail').fill(user.email);
  await dialog.getByLabel('Password').fill(user.password);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
}
