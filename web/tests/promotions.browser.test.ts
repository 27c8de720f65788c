import type { Page } from 'playwright-core';
import { LENIENT_POLICY } from '../../server/promotion-policy-testing.js';
import { setUpBrowserTests } from './browser.js';
import { addEngineer, type Person, registerVersions, startApp } from './start-app.js';

let ada: Person;
let grace: Person;

const tests = setUpBrowserTests(async () => {
  const policy = { ...LENIENT_POLICY, approval: 'second-person' };
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

test('an approval is withdrawn by its author, and no longer counts', async () => {
  const [id = ''] = await registerVersions(tests.app, [{ seed: 4 }]);
  const page = await tests.open({ path: `/model-versions/${id}`, user: grace });
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Approve' }).click();
  await dialog.getByLabel('What you checked').fill('Its figures on the new scanner.');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  const approvals = page.getByRole('region', { name: 'Approvals' });
  await approvals.getByRole('button', { name: 'Withdraw approval' }).click();
  await dialog.getByLabel('Reason').fill('The figures were of another scanner.');
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await approvals
    .getByText(/^Grace, .*, withdrawn by Grace, .*: The figures were of another scanner\.$/)
    .waitFor();
  expect(await approvals.getByRole('button', { name: 'Withdraw approval' }).count()).toBe(0);
});

test('a champion is retired with a successor, or by an administrator after another person has approved it', async () => {
  const champion = await tests.app.api.graphql('{ model(name: "screening") { champion { id version } } }');
  const { id, version } = champion.data.model.champion;
  const hers = await tests.open({ path: `/model-versions/${id}`, user: ada });
  const dialog = hers.getByRole('dialog');
  await hers.getByRole('button', { name: 'Retire', exact: true }).click();
  await dialog.getByText('Only an administrator may leave the model without a champion').waitFor();
  await dialog.getByLabel('Reason').fill('It misses the blasts of a scanner.');
  expect(await dialog.getByRole('button', { name: 'Retire' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Successor').click();
  await hers.getByRole('option', { name: 'Version 4' }).click();
  await dialog.getByRole('listitem').filter({ hasText: 'There is no valid approval' }).waitFor();
  await dialog.getByRole('button', { name: 'Retire' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'There is no valid approval' }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await hers.getByRole('button', { name: 'Approve retirement' }).click();
  await dialog.getByLabel('What you checked').fill('It misses the blasts of a scanner.');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await dialog.waitFor({ state: 'detached' });

  const admins = await tests.open({ path: `/model-versions/${id}`, user: tests.app.admin });
  await admins.getByRole('button', { name: 'Retire', exact: true }).click();
  await admins.getByText('Without a successor, the model refuses images').waitFor();
  await admins.getByRole('dialog').getByLabel('Reason').fill('It misses the blasts of a scanner.');
  await admins.getByRole('dialog').getByRole('button', { name: 'Retire' }).click();
  await admins.getByRole('dialog').waitFor({ state: 'detached' });
  await admins.goto('/models/screening');
  await admins.getByText(`Version ${version} retired as champion`, { exact: false }).waitFor();
  await admins.getByText(/approved by Ada$/).waitFor();

  await admins.getByRole('button', { name: 'Roll back champion' }).click();
  await admins.getByText('The model has no champion now').waitFor();
  await admins.getByRole('dialog').getByLabel('Reason').fill('It is better than none.');
  await admins.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await admins.getByText(new RegExp(`rolled back: version ${version} became champion`, 'i')).waitFor();
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
