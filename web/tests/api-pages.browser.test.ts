import { checkAccessibility } from './accessibility.js';
import { setUpBrowserTests } from './browser.js';
import { startApp } from './start-app.js';

// The two pages for people who write programs: queries at /graphql, and the REST routes at /docs.

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));

test('a person signs in at /graphql, sends a query and reads the documentation', async () => {
  const page = await tests.open({ path: '/graphql' });
  await page.getByLabel('E-mail').fill(tests.app.admin.email);
  await page.getByLabel('Password').fill(tests.app.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();

  await page.locator('.graphiql-query-editor', { hasText: 'query Newest' }).waitFor();
  await page.getByRole('button', { name: /^Execute query/ }).click();
  await page.locator('.result-window', { hasText: '"totalCount": 0' }).waitFor();
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByRole('link', { name: 'Query', exact: true }).click();
  await page.getByRole('link', { name: 'predictions', exact: true }).waitFor();

  const kept = await page.evaluate('JSON.stringify(localStorage)');
  expect(kept).not.toContain('Newest'); // a query can name a case
});

test('/docs describes the REST routes to anyone', async () => {
  const page = await tests.open({ path: '/docs' });
  await page.getByRole('link', { name: 'POST /predict' }).click();
  const section = page.locator('#classifyImage');
  await section.getByRole('row', { name: /^caseReference/ }).waitFor();
  await section.getByRole('row', { name: /^415/ }).waitFor();
  await section.locator('h3:has-text("Body") + div summary').click();
  await section.getByText('"additionalProperties": false').waitFor();
  await checkAccessibility(page, 'docs');
  await page.getByRole('link', { name: 'OpenAPI 3.1' }).click();
  await page.waitForURL(/\/openapi\.json$/);
});
