import { startServer } from '../../server/testing.js';
import { checkAccessibility, pressByKeyboard } from './accessibility.js';
import { setUpBrowserTests } from './browser.js';

const tests = setUpBrowserTests(() => startServer({ env: { WEBHOOK_HOSTS: 'hooks.example.org' } }));

test('an administrator creates a webhook, and deletes it after a confirmation', async () => {
  const page = await tests.open({ path: '/webhooks', user: tests.app.admin });
  await pressByKeyboard(page, 'button', 'New webhook');
  const dialog = page.getByRole('dialog', { name: 'New webhook' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Alerts');
  await dialog.getByRole('textbox', { name: 'Address' }).fill('https://hooks.example.org/cytograph');
  await dialog.getByRole('button', { name: 'Create' }).press('Enter');
  await page.getByRole('dialog', { name: 'Secret of the webhook' }).waitFor();
  await page.keyboard.press('Enter'); // on Done, which has the focus
  const webhook = page.getByRole('heading', { name: 'Alerts' });
  await webhook.waitFor();

  await pressByKeyboard(page, 'button', 'Delete the webhook Alerts');
  const confirmation = page.getByRole('dialog', { name: 'Delete the webhook Alerts' });
  await confirmation.getByText('This cannot be undone').waitFor();
  await checkAccessibility(page, 'delete-webhook');
  await confirmation.getByRole('button', { name: 'Cancel' }).press('Enter');
  await confirmation.waitFor({ state: 'detached' });
  await page.reload();
  await webhook.waitFor();

  await pressByKeyboard(page, 'button', 'Delete the webhook Alerts');
  await confirmation.getByRole('button', { name: 'Delete', exact: true }).press('Enter');
  await page.getByRole('heading', { name: 'No webhooks' }).waitFor();
});
