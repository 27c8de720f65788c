import { setUpBrowserTests } from './browser.js';
import { startApp } from './start-app.js';

// Without a worker: what is queued stays queued.
const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));

test.each([
  [`/datasets/snap_${'0'.repeat(32)}`, 'Dataset snapshot not found', 'Datasets', 'Datasets'],
  [`/training/run_${'0'.repeat(32)}`, 'Training run not found', 'Training', 'Training'],
  ['/models/none', 'Model not found', 'Models', 'Models'],
  [`/model-versions/mver_${'0'.repeat(32)}`, 'Model version not found', 'Models', 'Models'],
  [`/predictions/pred_${'0'.repeat(32)}`, 'Prediction not found', 'History', 'History'],
  [`/fields/field_${'0'.repeat(32)}`, 'Field not found', 'Fields', 'Fields'],
  [`/cases/case_${'0'.repeat(32)}`, 'Case not found', 'Cases', 'Cases'],
  [`/folders/bulk_${'0'.repeat(32)}`, 'Classified folder not found', 'Folders', 'Folders'],
])('%s is not found, and leads to the list', async (path, message, link, heading) => {
  const page = await tests.open({ path, user: tests.app.admin });
  await page.getByRole('heading', { name: message }).waitFor();
  await page.getByRole('main').getByText('see the list').getByRole('link', { name: link }).click();
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
});

test('an address with the id of another type is not found either', async () => {
  const path = `/predictions/mver_${'0'.repeat(32)}`;
  const page = await tests.open({ path, user: tests.app.admin, mayLogErrors: true }); // the status is 400
  await page.getByRole('heading', { name: 'Prediction not found' }).waitFor();
});

test('a page whose query fails says so, and is shown when it is tried again', async () => {
  const page = await tests.open({ path: '/datasets', user: tests.app.admin, mayLogErrors: true });
  await page.getByText('No datasets yet').waitFor();
  await page.route('**/graphql', (route) => route.abort());
  await page.getByRole('link', { name: 'Models' }).first().click();
  await page.getByRole('alert').waitFor();
  await page.unroute('**/graphql');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'screening' }).waitFor();
});

test('a folder that waits for a worker stays in view while the server cannot be reached, and can be cancelled', async () => {
  const page = await tests.open({ path: '/folders', user: tests.app.admin, mayLogErrors: true });
  await page.getByRole('button', { name: 'Classify a folder' }).click();
  await page.getByLabel('Source').fill(`file:${tests.app.ingestFolder}`);
  await page.getByRole('button', { name: 'Classify', exact: true }).click();
  await page.getByRole('button', { name: 'No case' }).click();
  const waiting = page.getByRole('heading', { name: 'Waiting for a worker' });
  await waiting.waitFor();

  await page.route('**/graphql', (route) => route.abort());
  await page.getByRole('alert').waitFor();
  expect(await waiting.isVisible()).toBe(true);
  await page.unroute('**/graphql');
  await page.getByRole('alert').waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The classification was cancelled').waitFor();
});
