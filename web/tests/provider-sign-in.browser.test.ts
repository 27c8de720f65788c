import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { type KnownPerson, startWithProvider } from '../../server/features/accounts/oidc/testing.js';
import { drawSmear } from '../../server/imaging/testing.js';
import { drawn } from './accessibility.js';
import { setUpBrowserTests } from './browser.js';

// People sign in in Chromium with a real OpenID Connect provider, through its own pages.

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PROVIDER = 'St. Mary’s account';

async function start(people: Record<string, KnownPerson>, env: Record<string, string> = {}) {
  const running = await startWithProvider({
    people,
    groups: { roles: { wards: ['CLINICIAN'], heads: ['ADMIN'] } },
    env: { OIDC_NAME: PROVIDER, OIDC_CONTACT: 'the service desk, extension 4711', ...env },
  });
  return { ...running, url: running.server.url };
}

/** Takes a picture where SCREENSHOTS names a folder, and checks the page with axe in a wide and a narrow window. */
async function checkPage(page: Page, name: string): Promise<void> {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await drawn(page);
    if (process.env.SCREENSHOTS) {
      await mkdir(process.env.SCREENSHOTS, { recursive: true });
      await page.screenshot({
        path: path.join(process.env.SCREENSHOTS, `${name}-${width}.png`),
        fullPage: true,
      });
    }
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect({ name, width, overflow }).toEqual({ name, width, overflow: 0 });
    if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(await readFile(AXE, 'utf8'));
    const { violations } = await page.evaluate<{ violations: { id: string }[] }>('axe.run()');
    expect({ name, width, violations: violations.map(({ id }) => id) }).toEqual({
      name,
      width,
      violations: [],
    });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** The provider's pages name a font on the internet, which tests cannot reach. */
async function openWithoutFonts(page: Page, address: string): Promise<Page> {
  const isElsewhere = (url: URL) => url.hostname !== 'localhost';
  await page.context().route(isElsewhere, (route) => route.fulfill({ contentType: 'text/css', body: '' }));
  await page.goto(address);
  return page;
}

/** Signs in on the provider's pages, with the keyboard only on ours. */
async function signInAtProvider(page: Page, login: string): Promise<void> {
  await page.getByRole('link', { name: /^Sign in (with|again)/ }).focus();
  await page.keyboard.press('Enter');
  await answerProvider(page, login);
}

async function answerProvider(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** Waits until a second window has closed itself, or says that it can be closed where the provider's pages prevent that. */
async function endOf(second: Page): Promise<void> {
  const heading = second.getByRole('heading', { name: 'You have signed in' });
  await heading.waitFor().catch((error: unknown) => {
    if (!second.isClosed()) throw error;
  });
}

/** A case with a reviewed cell and a conclusion, made by the user of the page. */
async function readyCase(page: Page): Promise<string> {
  const graphql = async (query: string, variables: object, image?: Buffer) => {
    const operations = JSON.stringify({ query, variables });
    const response = image
      ? await page.request.post('/graphql', {
          headers: { 'Apollo-Require-Preflight': 'true' },
          multipart: {
            ...{ operations, map: '{"image":["variables.image"]}' },
            image: { name: 'cell.png', mimeType: 'image/png', buffer: image },
          },
        })
      : await page.request.post('/graphql', { data: { query, variables } });
    const { data, errors } = await response.json();
    expect(errors ?? []).toEqual([]);
    return data;
  };
  const { classify } = await graphql(
    `
      mutation ($image: Upload!, $input: ClassifyInput) {
        classify(image: $image, input: $input) {
          prediction {
            id
            case {
              id
            }
          }
          userErrors {
            message
          }
        }
      }
    `,
    { image: null, input: { caseReference: 'Signed with a provider' } },
    await drawSmear().png().toBuffer(),
  );
  const predictionId = classify.prediction.id;
  const caseId = classify.prediction.case.id;
  await graphql(
    'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
    { input: { predictionId, label: 'blast' } },
  );
  const { saveReportDraft } = await graphql(
    'mutation ($input: SaveReportDraftInput!) { saveReportDraft(input: $input) { case { signingObstacles } userErrors { message } } }',
    {
      input: {
        ...{ caseId, revision: 0, conclusion: 'Blasts are present.', fewCellsReason: 'Leukopenia.' },
        supportingPredictionIds: [],
      },
    },
  );
  expect(saveReportDraft).toEqual({ case: { signingObstacles: [] }, userErrors: [] });
  return caseId;
}

describe('with built-in accounts', () => {
  const tests = setUpBrowserTests(() =>
    start({
      ann: { name: 'Ann Ames', email: 'ann@clinic.example', groups: ['wards'] },
      bob: { name: 'Bob Best', email: 'bob@clinic.example', groups: [] },
      dan: { name: 'Dan Dale', email: 'dan@clinic.example', groups: ['wards'] },
      eve: { name: 'Eve', email: 'eve@clinic.example', groups: ['wards'] },
    }),
  );

  test('a person signs in, sees the page that they wanted, and signs out here and there', async () => {
    const page = await openWithoutFonts(await tests.open(), '/models');
    await page.getByRole('link', { name: `Sign in with ${PROVIDER}` }).waitFor();
    await page.getByLabel('Password').waitFor();
    await checkPage(page, 'sign-in');
    await signInAtProvider(page, 'ann');
    await page.getByRole('heading', { name: 'Models' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/models');

    await page.goto('/account');
    await page.getByText('ann@clinic.example').waitFor();
    expect(await page.getByRole('button', { name: 'Change password' }).count()).toBe(0);
    expect(await page.getByText('Authenticator app').count()).toBe(0);

    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: /yes/i }).click(); // at the provider
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('link', { name: `Sign in with ${PROVIDER}` }).click();
    await page.getByPlaceholder('Enter any login').waitFor();
  });

  test('a person without a role reads whom to ask', async () => {
    const page = await openWithoutFonts(await tests.open(), '/models');
    await signInAtProvider(page, 'bob');
    await page.getByRole('heading', { name: 'You have no access yet' }).waitFor();
    await page.getByText('Ask the service desk, extension 4711 to add you to a group').waitFor();
    await checkPage(page, 'no-role');

    tests.app.provider.people.bob = { name: 'Bob Best', email: 'bob@clinic.example', groups: ['wards'] };
    await page.getByRole('link', { name: 'Sign in again' }).click(); // the provider knows the person already
    await page.getByRole('heading', { name: 'Models' }).waitFor();
  });

  test('when the session ends, a person signs in in a second window, and the page continues with what was typed', async () => {
    // The browser logs the requests that the ended session refused.
    const page = await openWithoutFonts(await tests.open({ mayLogErrors: true }), '/predictions');
    await signInAtProvider(page, 'ann');
    await page.getByRole('heading', { name: 'History' }).waitFor();
    const endSession = async (text: string) => {
      await page.context().clearCookies({ name: 'cytograph_session' });
      await page.getByLabel('Search').fill(text);
      await page.getByText('You were signed out').waitFor();
    };
    const openSecond = async () => {
      const second = page.waitForEvent('popup');
      await page
        .getByRole('dialog')
        .getByRole('link', { name: `Sign in with ${PROVIDER}` })
        .click();
      return second;
    };
    await endSession('smear');
    await checkPage(page, 'signed-out');
    await endOf(await openSecond()); // the provider knows the person, and asks nothing
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Search').inputValue()).toBe('smear');

    // The provider asks too.
    await endSession('smears');
    const provider = new URL(tests.app.provider.issuer).hostname;
    await page.context().clearCookies({ domain: provider, name: /^_session/ });
    const second = await openSecond();
    await answerProvider(second, 'ann');
    await endOf(second);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Search').inputValue()).toBe('smears');

    // Somebody else gets nothing of it.
    await endSession('smears of Ann');
    await page.context().clearCookies({ domain: provider, name: /^_session/ });
    const third = await openSecond();
    await answerProvider(third, 'eve');
    await page.getByRole('heading', { name: 'Classify' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/classify');
  });

  test('a person signs a report after signing in again in a second window', async () => {
    const page = await openWithoutFonts(await tests.open(), '/models');
    await signInAtProvider(page, 'ann');
    await page.getByRole('heading', { name: 'Models' }).waitFor();
    const caseId = await readyCase(page);
    await page.goto(`/cases/${caseId}/report`);
    await page.getByRole('button', { name: 'Sign the report' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign the report' });
    const again = dialog.getByRole('button', { name: `Sign in again with ${PROVIDER}` });
    await again.waitFor();
    expect(await dialog.getByLabel('Your password').count()).toBe(0);
    await checkPage(page, 'report-sign-with-provider');

    // The wrong person first: the second window says so, and nothing is signed.
    await page.context().clearCookies({ name: /^_session/ }); // or the provider would report that Ann has signed out
    const second = page.waitForEvent('popup');
    await again.click();
    const other = await second;
    await other.getByPlaceholder('Enter any login').waitFor();
    await dialog.getByText('in the other window').waitFor();
    await checkPage(page, 'report-sign-waiting');
    await answerProvider(other, 'eve');
    await other.getByRole('heading', { name: 'Somebody else has signed in' }).waitFor();
    await checkPage(other, 'sign-again-somebody-else');
    expect(await page.getByRole('list', { name: 'Signed reports' }).count()).toBe(0);

    await other.getByRole('link', { name: 'Sign in again' }).click();
    await answerProvider(other, 'ann');
    await endOf(other);
    await page.getByText('Signed. Nothing has changed since then.').waitFor();
    await page.getByRole('list', { name: 'Signed reports' }).getByText('Version 1, final').waitFor();
    expect(await dialog.count()).toBe(0);
  });

  test('an administrator links a person to an account with the same address', async () => {
    const { app } = tests;
    const administrator = await tests.open({ path: '/people', user: app.server.admin });
    await administrator.getByRole('button', { name: 'Add a person' }).click();
    await administrator.getByLabel('E-mail').fill('dan@clinic.example');
    await administrator.getByRole('textbox', { name: 'Name' }).fill('Dan');
    await administrator.getByLabel('Clinician').check();
    await administrator.getByRole('button', { name: /^Add/ }).last().click();
    await administrator.getByRole('heading', { name: 'One-time password' }).waitFor();

    const page = await openWithoutFonts(await tests.open(), '/models');
    await signInAtProvider(page, 'dan');
    await page.getByRole('heading', { name: 'Your e-mail address has an account already' }).waitFor();
    await checkPage(page, 'e-mail-taken');

    await administrator.goto('/people');
    await administrator.getByRole('link', { name: 'Dan', exact: true }).click();
    await administrator.getByText('tried to sign in with the identity provider').waitFor();
    await checkPage(administrator, 'person-to-link');
    await administrator.getByRole('button', { name: 'Link' }).click();
    await administrator.getByRole('dialog').getByRole('button', { name: 'Link' }).click();
    await administrator.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await administrator.getByRole('button', { name: 'Reset password' }).count()).toBe(0);
    expect(await administrator.getByRole('button', { name: 'Change roles' }).count()).toBe(0);

    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.getByRole('heading', { name: 'Models' }).waitFor();
  });
});

describe('without built-in accounts', () => {
  const tests = setUpBrowserTests(() =>
    start(
      { eva: { name: 'Eva', email: 'eva@clinic.example', groups: ['heads'] } },
      { BUILT_IN_ACCOUNTS: 'false' },
    ),
  );

  test('the emergency account signs in with its password, and no account with a password can be added', async () => {
    const page = await tests.open({ path: '/people' });
    await page.getByRole('button', { name: 'Use the emergency account' }).waitFor();
    expect(await page.getByLabel('Password').count()).toBe(0);
    await checkPage(page, 'sign-in-provider-only');
    await page.getByRole('button', { name: 'Use the emergency account' }).click();
    const { email, password } = tests.app.server.admin;
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'People' }).waitFor();
    await page.getByText(`through their groups at ${PROVIDER}`).waitFor();
    expect(await page.getByRole('button', { name: 'Add a person' }).count()).toBe(0);
  });

  test('while the provider is down, the page says so, and people who are signed in continue to work', async () => {
    const working = await openWithoutFonts(await tests.open(), '/models');
    await signInAtProvider(working, 'eva');
    await working.getByRole('heading', { name: 'Models' }).waitFor();
    await tests.app.provider.goDown();
    try {
      const page = await openWithoutFonts(await tests.open(), '/models');
      await page.getByRole('link', { name: `Sign in with ${PROVIDER}` }).waitFor();
      await working.goto('/predictions');
      await working.getByRole('heading', { name: 'History' }).waitFor();
    } finally {
      await tests.app.provider.comeUp();
    }
  });
});
