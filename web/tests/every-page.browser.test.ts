import type { Page } from 'playwright-core';
import { accessibilityProblems } from './accessibility.js';
import { setUpBrowserTests, signIn } from './browser.js';
import { addClinician, classifyElsewhere, demoFiles, MODEL, startApp } from './start-app.js';

// What holds for every page: accessibility in both colour schemes, the focus after a navigation, the way back, colours, and print.

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }, { seed: 2 }]));
/** With some thirty pages, each looked at four times, the first test takes a quarter of an hour on a very busy machine. */
const SLOW_MS = 3_600_000;
let predictionId: string;
let caseId: string;
let versionId: string;
let readingId: string;
let blindReadingId: string;
let doubleReadingId: string;

beforeAll(async () => {
  const [file] = await demoFiles(1);
  if (file) await classifyElsewhere(tests.app.api, file, 'A-17');
  const { data } = await tests.app.api.graphql(
    '{ predictions(first: 1) { edges { node { id case { id } modelVersion { id } } } } }',
  );
  const { node } = data.predictions.edges[0];
  predictionId = node.id;
  caseId = node.case.id;
  versionId = node.modelVersion.id;
  readingId = await startReading(false);
  blindReadingId = await startReading(true);
  doubleReadingId = await startDoubleReading();
});

async function startReading(blind: boolean): Promise<string> {
  const { data } = await tests.app.api.graphql(
    'mutation ($input: StartReadingInput!) { startReading(input: $input) { reading { id } userErrors { message } } }',
    { input: { filter: { caseId }, order: 'RANDOM_SAMPLE', blind } },
  );
  expect(data.startReading.userErrors).toEqual([]);
  return data.startReading.reading.id;
}

async function startDoubleReading(): Promise<string> {
  for (const name of ['Ada First', 'Ben Second']) await addClinician(tests.app, name);
  const { api } = tests.app;
  const found = await api.graphql('query ($caseId: ID!) { possibleReaders(caseId: $caseId) { id } }', {
    caseId,
  });
  const [one, other] = found.data.possibleReaders;
  const { data } = await api.graphql(
    `mutation ($input: StartDoubleReadingInput!) {
      startDoubleReading(input: $input) { doubleReading { id } userErrors { message } } }`,
    { input: { caseId, readerIds: [one.id, other.id] } },
  );
  expect(data.startDoubleReading.userErrors).toEqual([]);
  return data.startDoubleReading.doubleReading.id;
}

/** Every page that exists without a dataset, a training run or a field, with its heading. The other pages have their own tests. */
const pages: [path: () => string, heading: string | RegExp][] = [
  [() => '/classify', 'Classify'],
  [() => '/cases', 'Cases'],
  [() => `/cases/${caseId}`, 'A-17'],
  [() => `/cases/${caseId}/report`, 'Report of case A-17'],
  [() => '/predictions', 'History'],
  [() => `/predictions/${predictionId}`, /\S/],
  [() => '/fields', 'Fields'],
  [() => '/folders', 'Folders'],
  [() => '/models', 'Models'],
  [() => `/models/${MODEL}`, MODEL],
  [() => `/models/${MODEL}/monitoring`, /onitoring/],
  [() => `/models/${MODEL}/compare`, /ompare/],
  [() => `/model-versions/${versionId}`, /version 1/],
  [() => `/model-versions/${versionId}/fit`, /\S/],
  [() => '/readings', 'Readings'],
  [() => `/readings/new?caseId=${caseId}`, 'Start a reading'],
  [() => `/readings/${readingId}`, /\S/],
  [() => `/readings/${blindReadingId}`, /\S/],
  [() => `/double-readings/${doubleReadingId}`, /\S/],
  [() => '/datasets', 'Datasets'],
  [() => '/training', 'Training'],
  [() => '/training/new', /\S/],
  [() => '/people', 'People'],
  [() => '/webhooks', 'Webhooks'],
  [() => '/audit', 'Audit'],
  [() => '/account', /\S/],
  [() => '/nothing', 'Page not found'],
];

test(
  'axe finds nothing wrong on any page, in both colour schemes, wide and narrow',
  async () => {
    const page = await tests.open({ path: '/' });
    await page.getByRole('heading', { level: 1 }).waitFor();
    const problems = await accessibilityProblems(page, 'sign-in');
    await signIn(page, tests.app.admin);
    for (const [path, heading] of pages) {
      await page.goto(path());
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.waitForLoadState('networkidle');
      problems.push(...(await accessibilityProblems(page, path().replaceAll('/', '-').slice(1))));
    }
    await page.goto('/predictions');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).waitFor();
    problems.push(...(await accessibilityProblems(page, 'account-menu')));
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Order' }).click();
    await page.getByRole('option', { name: 'Oldest first' }).waitFor();
    problems.push(...(await accessibilityProblems(page, 'choices')));
    expect(problems).toEqual([]);
  },
  SLOW_MS,
);

/** The dialogs of cases, readings and reports that no other test looks at, and how they are opened. */
const dialogs: [name: string, path: () => string, open: (page: Page) => Promise<void>][] = [
  [
    'comment',
    () => `/cases/${caseId}`,
    (page) => page.getByRole('button', { name: 'Add a comment' }).click(),
  ],
  ['rules', () => `/cases/${caseId}`, (page) => page.getByRole('button', { name: 'Rules' }).click()],
  [
    'cell-type',
    () => `/cases/${caseId}`,
    async (page) => {
      await page.locator('[data-cell]').first().click();
      await page.getByRole('button', { name: /^Cell type/ }).click();
    },
  ],
  [
    'move',
    () => `/predictions/${predictionId}`,
    (page) => page.getByRole('button', { name: /^Move/ }).click(),
  ],
  [
    'keys-of-reading',
    () => `/readings/${readingId}`,
    async (page) => {
      await page.getByRole('heading', { name: 'Cell 1 of 1' }).waitFor();
      await page.keyboard.press('?');
    },
  ],
];

test(
  'axe finds nothing wrong in any dialog of cases and readings, in both colour schemes, wide and narrow',
  async () => {
    const page = await tests.open({ path: '/cases', user: tests.app.admin });
    const problems = [];
    for (const [name, path, open] of dialogs) {
      await page.goto(path());
      await open(page);
      await page.getByRole('dialog').waitFor();
      problems.push(...(await accessibilityProblems(page, `dialog-${name}`)));
    }
    expect(problems).toEqual([]);
  },
  SLOW_MS,
);

test('a navigation focuses the heading, and the breadcrumbs lead back to the list with its filters', async () => {
  const page = await tests.open({ path: '/models', user: tests.app.admin });
  await page.getByRole('link', { name: 'History' }).first().click();
  await page.getByLabel('Case reference').fill('A-17');
  await page.waitForURL(/case=A-17/);
  await page.locator('td a').first().click();
  await page.getByRole('heading', { name: 'Result' }).waitFor();
  await expect(focused(page)).resolves.toBe('H1');
  await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: 'History' }).click();
  await page.waitForURL(/case=A-17/);
  await page.getByText('1 prediction matching the filters').waitFor();
  await expect(focused(page)).resolves.toBe('H1');
});

test('the colours follow the system until the user chooses some, which the device keeps', async () => {
  const page = await tests.open({ path: '/predictions', user: tests.app.admin });
  const isDark = () =>
    page
      .evaluate('getComputedStyle(document.body).backgroundColor')
      .then((colour) => colour === 'rgb(21, 18, 26)');
  await expect(isDark()).resolves.toBe(false);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-colour-scheme="dark"]').waitFor({ state: 'attached' });
  await expect(isDark()).resolves.toBe(true);

  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitemradio', { name: 'Light' }).click();
  await page.locator('html[data-colour-scheme="light"]').waitFor({ state: 'attached' });
  await page.reload();
  await page.getByRole('heading', { name: 'History' }).waitFor();
  await expect(isDark()).resolves.toBe(false);
});

test('a printed page has no navigation, light colours, and the probability scale', async () => {
  const page = await tests.open({ path: `/predictions/${predictionId}`, user: tests.app.admin });
  await page.emulateMedia({ colorScheme: 'dark' });
  const scale = page.getByRole('img', { name: /^Probability of blast/ });
  await scale.waitFor();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await page.locator('html[data-colour-scheme="light"]').waitFor({ state: 'attached' });
  expect(await page.locator('nav:visible').count()).toBe(0);
  expect(await scale.isVisible()).toBe(true);
  const adjust =
    'getComputedStyle(document.querySelector("main [role=img]")).getPropertyValue("-webkit-print-color-adjust")';
  await expect(page.evaluate(adjust)).resolves.toBe('exact');
  await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
  await page.locator('html[data-colour-scheme="dark"]').waitFor({ state: 'attached' });
});

function focused(page: Page): Promise<unknown> {
  return page.evaluate('document.activeElement.tagName');
}
