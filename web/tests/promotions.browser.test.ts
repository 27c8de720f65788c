import type { Page } from 'playwright-core';
import { setUpBrowserTests } from './browser.js';
import { addEngineer, type Person, startApp } from './start-app.js';

let ada: Person;
let grace: Person;

const tests = setUpBrowserTests(async () => {
  const policy = { approval: 'second-person' };
  const app = await startApp([{ seed: 1 }, { seed: 2 }, { seed: 3 }], {
    PROMOTION_POLICY: JSON.stringify(policy),
  });
  ada = await addEngineer(app, 'Ada');
  grace = await addEngineer(app, 'Grace');
  return app;
});

test('a promotion that needs a second person is refused, then approved by another person, then made', async () => {
  const hers = await openVersion(ada, 2);
  await hers.getByRole('button', { name: 'Promote' }).click();
  const dialog = hers.getByRole('dialog');
  // The dialog shows the results of the checks before the promotion.
  await dialog.getByRole('listitem').filter({ hasText: 'No one has approved it' }).waitFor();
  await dialog.getByText('The promotion will be refused while a check fails').waitFor();
  expect(await dialog.getByRole('checkbox').count()).toBe(0);
  await dialog.getByLabel('Reason').fill('It sees more of the cells that matter.');
  await dialog.getByRole('button', { name: 'Promote' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'No one has approved it' }).waitFor();

  const other = await openVersion(grace, 2);
  await other.getByRole('button', { name: 'Approve' }).click();
  await other.getByLabel('What you checked').fill('Its figures, and forty images of the new scanner.');
  await other.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  const approvals = other.getByRole('region', { name: 'Approvals' });
  await approvals.getByText(/^Grace, .* valid until/).waitFor();

  await hers.reload();
  await hers.getByRole('button', { name: 'Promote' }).click();
  await dialog.getByRole('listitem').filter({ hasText: 'A second person approved it' }).waitFor();
  expect(await dialog.getByText('The promotion will be refused').count()).toBe(0);
  await dialog.getByLabel('Reason').fill('It sees more of the cells that matter.');
  await dialog.getByRole('button', { name: 'Promote' }).click();
  await dialog.waitFor({ state: 'detached' });
  await hers.getByText('Champion', { exact: true }).waitFor();
  await hers.getByRole('link', { name: 'screening', exact: true }).click();
  await hers.getByText(/^Ada, .*approved by Grace$/).waitFor();
});

test('an administrator can override a failed check, and the override stays visible', async () => {
  const page = await openVersion(tests.app.admin, 3);
  await page.getByRole('button', { name: 'Promote' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('The others miss the blasts of this scanner.');
  await dialog.getByRole('checkbox', { name: 'Promote anyway' }).check();
  await dialog.getByRole('button', { name: 'Promote' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.goto('/models/screening');
  const promotion = page.getByRole('listitem').filter({ hasText: 'version 3 became champion' });
  await promotion.getByText('Overridden: approval').waitFor();
  await promotion.getByText('No one has approved it').waitFor();
  // The page shows which version each server runs.
  await page.getByRole('table', { name: 'Servers' }).getByRole('link', { name: 'version 3' }).waitFor();
});

test('a version is retired and archived with a reason, and cannot be promoted afterwards', async () => {
  const page = await openVersion(tests.app.admin, 1);
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Promote' }).click();
  await dialog.getByRole('radio', { name: /^Challenger/ }).check();
  await dialog.getByLabel('Reason').fill('To be seen beside the champion.');
  await dialog.getByRole('button', { name: 'Promote' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('Challenger', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Retire' }).click();
  await dialog.getByLabel('Reason').fill('Seen enough of it.');
  await dialog.getByRole('button', { name: 'Retire' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Archive' }).click();
  await dialog.getByLabel('Reason').fill('Too short');
  await dialog.getByRole('button', { name: 'Archive' }).click();
  await dialog.getByRole('alert').filter({ hasText: '10 to 2000 characters' }).waitFor();
  await dialog.getByLabel('Reason').fill('Its successors see more.');
  await dialog.getByRole('button', { name: 'Archive' }).click();
  await page.getByText('Archived', { exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Promote' }).count()).toBe(0);
});

async function openVersion(person: Person, version: number): Promise<Page> {
  const page = await tests.open({ path: '/models/screening', user: person });
  await page
    .getByRole('table', { name: 'Versions' })
    .getByRole('link', { name: `Version ${version}`, exact: true })
    .click();
  await page.getByRole('heading', { name: `screening version ${version}` }).waitFor();
  return page;
}
