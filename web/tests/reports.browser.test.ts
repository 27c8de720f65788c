import { buffer } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { accessibilityProblems } from './accessibility.js';
import { type DroppedFile, setUpBrowserTests } from './browser.js';
import { classifyElsewhere, demoFiles, startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));
let cells: DroppedFile[];

beforeAll(async () => {
  cells = await demoFiles(3);
});

/** A case with reviewed cells; returns its id. */
async function reviewedCase(reference: string, cellCount: number): Promise<string> {
  const { api } = tests.app;
  for (const cell of cells.slice(0, cellCount)) await classifyElsewhere(api, cell, reference);
  const { data } = await api.graphql(
    'query ($r: String) { case(reference: $r) { id predictions { edges { node { id } } } } }',
    { r: reference },
  );
  const { id, predictions } = data.case;
  for (const { node } of predictions.edges) await review(node.id, 'MYELOBLAST');
  return id;
}

const review = (predictionId: string, cellType: string) =>
  tests.app.api.graphql(
    'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
    { input: { predictionId, label: 'blast', cellType } },
  );

const openReport = async (id: string): Promise<Page> => {
  const page = await tests.open({ path: `/cases/${id}/report`, user: tests.app.admin });
  await page.getByRole('heading', { level: 1, name: /^Report of case/ }).waitFor();
  return page;
};

const saved = (page: Page) =>
  page
    .getByRole('status')
    .filter({ hasText: /^Saved$/ })
    .waitFor();

async function signWith(page: Page, password: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign the report' }).click();
  await page.getByRole('dialog').getByLabel('Your password').fill(password);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
}

test('a report is written, signed with the password, and amended after a later review', async () => {
  const id = await reviewedCase('Report 1', 2);
  const page = await tests.open({ path: `/cases/${id}`, user: tests.app.admin });
  const section = page.getByRole('region', { name: 'Report' });
  await section.getByText('Write a conclusion.').waitFor();
  await section.getByRole('link', { name: 'Write the report' }).click();
  await page.getByRole('heading', { level: 1, name: 'Report of case Report 1' }).waitFor();

  const signButton = page.getByRole('button', { name: 'Sign the report' });
  expect(await signButton.isDisabled()).toBe(true);
  await page.getByRole('textbox', { name: 'Conclusion' }).fill('Myeloblasts are present.');
  await page.getByLabel('Reason for counting fewer cells').fill('Leukopenia.');
  await page.getByRole('group', { name: 'Cells of the case' }).getByRole('button').first().click();
  await page.getByText('1 of at most 12 cells chosen').waitFor();
  await saved(page);
  await page.getByText('The report can be signed.').waitFor();
  expect(await accessibilityProblems(page, 'report')).toEqual([]);

  await signWith(page, 'not the password of anybody');
  await page.getByRole('dialog').getByText('The current password is wrong.').waitFor();
  expect(await accessibilityProblems(page, 'report-sign')).toEqual([]);
  await page.getByRole('dialog').getByLabel('Your password').fill(tests.app.admin.password);
  await page.getByRole('dialog').getByRole('button', { name: 'Sign', exact: true }).click();
  await page.getByText('Signed. Nothing has changed since then.').waitFor();
  const versions = page.getByRole('list', { name: 'Signed reports' });
  await versions.getByText('Version 1, final').waitFor();
  const pdfUrl = await versions.getByRole('link', { name: 'PDF of version 1' }).getAttribute('href');
  const pdf = await page.request.get(pdfUrl ?? '');
  expect([pdf.status(), pdf.headers()['content-type']]).toEqual([200, 'application/pdf']);

  // A later review.
  const { data } = await tests.app.api.graphql(
    'query ($id: ID) { case(id: $id) { predictions(first: 1) { edges { node { id } } } } }',
    { id },
  );
  await review(data.case.predictions.edges[0].node.id, 'MONOBLAST');
  await page.goto(`/cases/${id}`);
  await section.getByText(/has changed since the report was signed\. 1 review was added\./).waitFor();
  expect(await accessibilityProblems(page, 'case-changed')).toEqual([]);
  await section.getByRole('link', { name: 'Write the report' }).click();
  await page.getByRole('textbox', { name: 'Conclusion' }).fill('Monoblasts are present too.');
  await saved(page);
  await signWith(page, tests.app.admin.password);
  await versions.getByText('Version 2, amended').waitFor();
  await versions.getByText('Version 1, final').waitFor();
  await versions.getByText('Myeloblasts are present.').waitFor();
  expect(await accessibilityProblems(page, 'report-amended')).toEqual([]);
});

test('two people who write at the same time decide whose text is kept', async () => {
  const id = await reviewedCase('Report 2', 1);
  const page = await openReport(id);
  await page.getByRole('textbox', { name: 'Conclusion' }).fill('First words.');
  await saved(page);
  await tests.app.api.graphql(
    `mutation ($input: SaveReportDraftInput!) { saveReportDraft(input: $input) { userErrors { message } } }`,
    {
      input: {
        ...{ caseId: id, revision: 1, conclusion: 'Words of a colleague.', fewCellsReason: '' },
        supportingPredictionIds: [],
      },
    },
  );
  await page.getByRole('textbox', { name: 'Conclusion' }).fill('My own words.');
  await page.getByText('has changed the report at the same time').waitFor();
  await page.getByText('Words of a colleague.').waitFor();
  expect(await page.getByRole('textbox', { name: 'Conclusion' }).inputValue()).toBe('My own words.');
  await page.getByRole('button', { name: 'Save mine' }).click();
  await saved(page);
  await page.reload();
  expect(await page.getByRole('textbox', { name: 'Conclusion' }).inputValue()).toBe('My own words.');
});

test('a text that was just typed is saved when the user leaves the page', async () => {
  const id = await reviewedCase('Report 3', 1);
  const page = await openReport(id);
  await page.getByRole('textbox', { name: 'Conclusion' }).pressSequentially('Typed at the end');
  await page.getByRole('link', { name: 'Report 3' }).click();
  await page.getByRole('heading', { level: 1, name: 'Report 3' }).waitFor();
  await page.getByRole('region', { name: 'Report' }).getByText('Typed at the end').waitFor();
});

test('cases and folders lead to an export of their predictions', async () => {
  const id = await reviewedCase('=Report 4', 2);
  const page = await tests.open({ path: `/cases/${id}`, user: tests.app.admin });
  await page.getByRole('button', { name: 'Export' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'CSV, for spreadsheets' }).click();
  const stream = await (await download).createReadStream();
  const csv = (await buffer(stream)).toString('utf8');
  expect(csv.startsWith('\uFEFF')).toBe(true);
  expect(csv.trimEnd().split('\r\n')).toHaveLength(1 + 2);
  expect(csv).toContain("'=Report 4"); // never a formula
});
