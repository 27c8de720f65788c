import path from 'node:path';
import type { Page } from 'playwright-core';
import { writeDemoCells } from '../../server/imaging/demo-cells.js';
import { isTensorFlowInstalled } from '../../training/tensorflow/install-tensorflow.js';
import { checkAccessibility } from './accessibility.js';
import { setUpBrowserTests } from './browser.js';
import { addAuditor, ingest, registerVersions, startApp } from './start-app.js';

let page: Page;
/** Versions 1 and 3, and the snapshot 'others', which version 3 was trained on. */
let versionIds: string[];
let othersId: string;

const tests = setUpBrowserTests(async () => {
  const app = await startApp([{ seed: 1 }, { seed: 2 }], { WORKER: 'embedded', LOG_LEVEL: 'silent' });
  for (const [name, seed] of [
    ['cells', 13],
    ['others', 14],
  ] as const)
    await writeDemoCells(path.join(app.ingestFolder, name), { count: 48, seed });
  await ingest(app, app.api, { name: 'cells', folder: 'cells', groupsCsv: 'groups.csv' });
  const others = await ingest(app, app.api, { name: 'others', folder: 'others', groupsCsv: 'groups.csv' });
  const provenance = {
    ...{ snapshotDigest: others.digest, seed: 3, parameters: {}, codeRevision: null, libraries: {} },
  };
  const [last = ''] = await registerVersions(app, [{ seed: 3, manifest: { provenance } }]);
  const { data } = await app.api.graphql('{ model(name: "screening") { champion { id } } }');
  [versionIds, othersId] = [[data.model.champion.id, last], others.id];
  return app;
});

const region = (name: string) => page.getByRole('region', { name, exact: true });

async function chooseSnapshot(name: string): Promise<void> {
  await page.getByLabel('Snapshot').click();
  await page.getByRole('option', { name }).click();
}

(isTensorFlowInstalled() ? test : test.skip)(
  'versions are selected, evaluated on one snapshot, and compared',
  async () => {
    page = await tests.open({ path: '/models/screening', user: tests.app.admin });
    const compare = page.getByRole('link', { name: 'Compare', exact: true });
    expect(await compare.getAttribute('aria-disabled')).toBe('true');
    for (const version of [1, 2]) await page.getByLabel(`Select version ${version}`).check();
    await page.getByText('2 versions selected').waitFor();
    await compare.click();
    await page.getByText('Choose a snapshot.').waitFor();
    await chooseSnapshot('cells version 1');
    await page.getByText('Version 1: The version was not evaluated on this snapshot.').waitFor();
    await page.getByText('Version 2: The version was not evaluated on this snapshot.').waitFor();
    expect(await region('Figures').count()).toBe(0);

    await page.getByRole('button', { name: 'Evaluate all on this snapshot' }).click();
    await region('Figures').getByText('48 images of 12 patients or slides').waitFor();
    await page.getByRole('button', { name: 'Evaluate all on this snapshot' }).waitFor({ state: 'detached' });
    const figures = await region('Figures').getByRole('table', { name: 'Figures' }).innerText();
    for (const name of ['AUC', 'Sensitivity', 'Brier score', 'Coverage (not withheld)'])
      expect(figures).toContain(name);
    expect(figures).toMatch(
      /AUC\s+[01]\.\d{3} \([^)]+\)\s+[01]\.\d{3} \([^)]+\)\s+[+−]?\d\.\d{3} \([^)]+ to [^)]+\)/,
    );
    await page.getByRole('img', { name: 'ROC curve of Version 1, Version 2' }).waitFor();
    await page.getByRole('img', { name: /^Calibration/ }).waitFor();
    expect(await region('Score distributions').locator('figure').count()).toBe(2);
    expect(await region('By cell type').getByRole('row').count()).toBe(3);
    await region('By patient or slide').waitFor();
    await region('Changed answers')
      .getByText(/images? with different answers/)
      .waitFor();
    await checkAccessibility(page, 'compare');

    // The address has everything, so it can be shared.
    await page.reload();
    await region('Figures').waitFor();
  },
);

(isTensorFlowInstalled() ? test : test.skip)(
  'figures in the list of versions name their snapshot, and are not compared if it differs',
  async () => {
    const input = { modelVersionIds: versionIds, datasetSnapshotId: othersId };
    const { data } = await tests.app.api.graphql(
      `mutation ($input: EvaluateModelVersionsInput!) {
        evaluateModelVersions(input: $input) { evaluations { id } userErrors { message } }
      }`,
      { input },
    );
    expect(data.evaluateModelVersions.userErrors).toMatchObject([
      { message: expect.stringMatching(/^screening version 3: Not a valid evaluation/) },
    ]);
    page = await tests.open({ path: '/models/screening', user: tests.app.admin });
    const rowOf = (name: string) =>
      page
        .getByRole('table', { name: 'Versions' })
        .getByRole('row')
        .filter({ has: page.getByRole('link', { name, exact: true }) });
    for (;;) {
      await rowOf('Version 1').waitFor();
      if ((await rowOf('Version 1').innerText()).includes('On others version 1')) break;
      await page.waitForTimeout(1000);
      await page.reload();
    }
    expect(await rowOf('Version 2').innerText()).toContain('On cells version 1');
    expect(await rowOf('Version 3').innerText()).toContain('Reported, not measured here (validation split)');
    const warning = page.getByRole('alert').filter({ hasText: 'measured on different images' });
    await warning.waitFor();
    await checkAccessibility(page, 'versions');
    await warning.getByRole('link', { name: 'Compare on one snapshot' }).click();
    await page.getByText('Version 3: The version was not evaluated on this snapshot.').waitFor();
  },
);

test('an auditor sees the figures without images and patients', async () => {
  const auditor = await addAuditor(tests.app);
  page = await tests.open({ path: '/models/screening/compare', user: auditor });
  await page.getByText('Choose at least two versions.').waitFor();
  await page.getByLabel('Versions').click();
  for (const name of ['Version 1', 'Version 2']) await page.getByRole('option', { name }).click();
  await page.keyboard.press('Escape');
  await chooseSnapshot('cells version 1');
  await region('Figures').waitFor();
  expect(await region('Changed answers').count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Evaluate all on this snapshot' }).count()).toBe(0);
});
