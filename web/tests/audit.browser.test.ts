import { readFile } from 'node:fs/promises';
import { createDatabase } from '../../server/database/client.js';
import { checkAccessibility } from './accessibility.js';
import { setUpBrowserTests } from './browser.js';
import { startApp } from './start-app.js';

const tests = setUpBrowserTests(() => startApp([{ seed: 1 }]));

test('an administrator finds an event by its action, follows the user, and exports what is shown', async () => {
  const page = await tests.open({ path: '/', user: tests.app.admin });
  await page.getByRole('link', { name: 'Audit' }).first().click();
  await page.getByRole('heading', { name: 'Audit trail' }).waitFor();

  const rows = page.getByRole('region', { name: 'Events' }).locator('tbody tr');
  await rows.filter({ hasText: 'Model version promoted' }).first().waitFor();
  await page.getByLabel('Action').click();
  await page.getByRole('option', { name: 'Signed in', exact: true }).click();
  await page.waitForURL(/action=SIGNED_IN/);
  await rows.filter({ hasText: 'Model version promoted' }).first().waitFor({ state: 'detached' });
  expect(new Set(await rows.locator('td:nth-child(3)').allInnerTexts())).toEqual(new Set(['Signed in']));

  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export as CSV' }).click();
  const file = await readFile(await (await downloading).path(), 'utf8');
  const lines = file.trim().split('\r\n').slice(1);
  expect(lines).toHaveLength(await rows.count());
  expect(lines.every((line) => line.includes(',SIGNED_IN,'))).toBe(true);

  await page.getByRole('button', { name: 'Reset filters' }).click();
  await rows.filter({ hasText: 'Audit trail exported' }).first().getByRole('button').first().click();
  await page.waitForURL(/actor=user_/);
  if (process.env.SCREENSHOTS) {
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/audit-${width}.png` });
    }
  }
});

test('the audit page says until when events were archived', async () => {
  const database = createDatabase(tests.app.databaseUrl, 1);
  await database.auditArchive.create({
    data: {
      ...{ firstPosition: 1n, lastPosition: 2n, lastHash: '0'.repeat(64) },
      lastSealedAt: new Date('2026-03-05T12:00:00Z'),
    },
  });
  await database.$disconnect();
  const page = await tests.open({ path: '/audit', user: tests.app.admin });
  await page.getByText('Events until 5 Mar 2026').waitFor();
  await checkAccessibility(page, 'audit-archived');
});
