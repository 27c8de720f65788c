import { decodeJwt } from 'jose';
import {
  RedirectBrowser,
  type ServerWithProvider,
  startWithProvider,
} from '../features/accounts/oidc/testing.js';
import { hashOfSecret } from '../features/accounts/secrets.js';
import { drawSmear } from '../imaging/testing.js';
import { createTestClient, type TestClient } from './testing.js';

// People who sign in with a real OpenID Connect provider sign reports after signing in there again. Attacks on that end without a signature.

let running: ServerWithProvider;
let againUrl: string;
beforeAll(async () => {
  running = await startWithProvider({
    people: {
      ann: { name: 'Ann Ames', email: 'ann@clinic.example', groups: ['wards'] },
      eve: { name: 'Eve', email: 'eve@clinic.example', groups: ['wards'] },
      kim: { name: 'Kim', email: 'kim@clinic.example', groups: ['wards'] },
    },
    groups: { roles: { wards: ['CLINICIAN'], heads: ['CLINICIAN', 'ADMIN'] } },
  });
  againUrl = `${running.server.url}/oidc/sign-in-again`;
});
afterEach(() => {
  running.provider.changeTokens = null;
});
afterAll(() => running.stop());

const CALLBACK = /\/oidc\/callback/;
const problemOf = ({ url }: { url: string }) => new URL(url).searchParams.get('sign-in-problem');

async function signedIn(login: string): Promise<RedirectBrowser> {
  const browser = new RedirectBrowser();
  expect(problemOf(await browser.signIn(running.signInUrl, login))).toBeNull();
  return browser;
}

function apiOf(browser: RedirectBrowser): TestClient {
  const client = createTestClient(running.server.url);
  client.headers.cookie = `cytograph_session=${browser.cookie(running.server.url, 'cytograph_session') ?? ''}`;
  return client;
}

async function call(api: TestClient, text: string, variables: Record<string, unknown>): Promise<any> {
  const { data, errors } = await api.graphql(text, variables);
  expect(errors ?? []).toEqual([]);
  return data;
}

let seed = 0;
/** A case that can be signed. */
async function readyCase(api: TestClient): Promise<{ caseId: string; digest: string }> {
  seed += 1;
  const { data } = await api.upload(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classify(image: $image, input: $input) { prediction { id case { id } } userErrors { message } } }`,
    await drawSmear({ seed }).png().toBuffer(),
    { input: { caseReference: `case ${seed}` } },
  );
  const { prediction } = data.classify;
  const caseId = prediction.case.id;
  await call(
    api,
    'mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }',
    { input: { predictionId: prediction.id, label: 'blast' } },
  );
  const { saveReportDraft } = await call(
    api,
    `mutation ($input: SaveReportDraftInput!) { saveReportDraft(input: $input) {
      case { signingObstacles reportDraft { digest } } userErrors { message } } }`,
    {
      input: {
        ...{ caseId, revision: 0, conclusion: 'Blasts are present.', fewCellsReason: 'Leukopenia.' },
        supportingPredictionIds: [prediction.id],
      },
    },
  );
  expect(saveReportDraft).toMatchObject({ case: { signingObstacles: [] }, userErrors: [] });
  return { caseId, digest: saveReportDraft.case.reportDraft.digest };
}

async function sign(api: TestClient, input: { caseId: string; digest: string; password?: string }) {
  const { signReport } = await call(
    api,
    'mutation ($input: SignReportInput!) { signReport(input: $input) { report { version } userErrors { code message } } }',
    { input },
  );
  return { version: signReport.report?.version ?? null, code: signReport.userErrors[0]?.code ?? null };
}

const SIGNED = { version: 1, code: null };
const REFUSED = { version: null, code: 'INVALID' };

const newestSignIn = () =>
  running.database.auditEvent.findFirstOrThrow({ where: { action: 'SIGNED_IN' }, orderBy: { id: 'desc' } });

test('a person signs in again at the provider, which asks them, and then signs one report without a password', async () => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const report = await readyCase(api);
  expect(await sign(api, report)).toEqual(REFUSED);
  expect(await sign(api, { ...report, password: 'any' })).toEqual({ version: null, code: 'CONFLICT' });

  const toProvider = await browser.fetch(againUrl);
  const query = new URL(toProvider.headers.get('location') ?? '').searchParams;
  expect(Object.fromEntries(query)).toMatchObject({ prompt: 'login', max_age: '0' });
  expect(toProvider.headers.get('cache-control')).toBe('no-store');

  const page = await browser.signIn(againUrl, 'ann');
  expect(page).toMatchObject({ url: `${running.server.url}/?signed-in-again`, status: 200 });
  expect(await newestSignIn()).toMatchObject({
    outcome: 'success',
    detail: `again, with ${running.provider.issuer}`,
  });
  expect(await running.database.session.count({ where: { user: { email: 'ann@clinic.example' } } })).toBe(1);

  // A refused signature does not use it up; a signature does.
  expect((await sign(api, { ...report, digest: 'another' })).code).toBe('CONFLICT');
  expect(await sign(api, report)).toEqual(SIGNED);
  expect(await sign(api, await readyCase(api))).toEqual(REFUSED);
  expect(await running.database.freshSignIn.count({ where: { provedAt: { not: null } } })).toBe(0);
});

test('two signatures at the same moment use it once', async () => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const reports = [await readyCase(api), await readyCase(api), await readyCase(api)];
  await browser.signIn(againUrl, 'ann');
  const results = await Promise.all(reports.map((report) => sign(api, report)));
  expect(results.filter(({ version }) => version === 1)).toHaveLength(1);
});

test('it counts for 5 minutes', async () => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const report = await readyCase(api);
  await browser.signIn(againUrl, 'ann');
  const provedAt = new Date(Date.now() - 5 * 60_000 - 1_000);
  await running.database.freshSignIn.updateMany({ data: { provedAt } });
  expect(await sign(api, report)).toEqual(REFUSED);
  await running.database.freshSignIn.updateMany({ data: { provedAt: new Date(Date.now() - 4 * 60_000) } });
  expect(await sign(api, report)).toEqual(SIGNED);
});

test('name and roles follow the provider, and a person without a role is signed out', async () => {
  const browser = await signedIn('kim');
  const api = apiOf(browser);
  running.provider.people.kim = { name: 'Kim', email: 'kim@clinic.example', groups: ['heads'] };
  expect(problemOf(await browser.signIn(againUrl, 'kim'))).toBeNull();
  expect((await api.graphql('{ viewer { roles } }')).data.viewer.roles).toEqual(['CLINICIAN', 'ADMIN']);
  running.provider.people.kim = { name: 'Kim', email: 'kim@clinic.example', groups: ['wards'] };
  await browser.signIn(againUrl, 'kim');
  running.provider.people.kim.groups = [];
  expect(problemOf(await browser.signIn(againUrl, 'kim'))).toBe('NO_ROLE');
  expect((await api.graphql('{ viewer { roles } }')).data.viewer).toBeNull();
  expect((await newestSignIn()).detail).toMatch(/no group gives a role/);
  running.provider.people.kim.groups = ['wards'];
});

test('another person who signs in at the provider does not sign for the user', async () => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const report = await readyCase(api);
  const signInHere = async (login: string) => {
    const toProvider = (await browser.fetch(againUrl)).headers.get('location') ?? '';
    return browser.open((await new RedirectBrowser().signIn(toProvider, login, CALLBACK)).url);
  };
  expect(problemOf(await signInHere('eve'))).toBe('SOMEBODY_ELSE');
  expect(await newestSignIn()).toMatchObject({ outcome: 'failure', detail: expect.stringMatching(/, eve$/) });
  expect(await sign(api, report)).toEqual(REFUSED);
  expect((await api.graphql('{ viewer { email } }')).data.viewer.email).toBe('ann@clinic.example');

  // Nor does a stranger get an account on this way.
  running.provider.people.new = { name: 'New', email: 'new@clinic.example', groups: ['wards'] };
  expect(problemOf(await signInHere('new'))).toBe('SOMEBODY_ELSE');
  expect(await running.database.user.count({ where: { email: 'new@clinic.example' } })).toBe(0);
});

test.each<[string, (authTime: number) => number | undefined]>([
  ['an old time of signing in', (authTime) => authTime - 120],
  ['no time of signing in', () => undefined],
])('an ID token with %s does not count', async (_what, change) => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const report = await readyCase(api);
  running.provider.changeTokens = async (body) => {
    const claims = decodeJwt<{ auth_time: number }>(String(body.id_token));
    expect(claims.auth_time).toBeGreaterThan(Date.now() / 1000 - 60);
    const changed = { ...claims, auth_time: change(claims.auth_time) };
    body.id_token = await running.provider.sign(changed, { typ: 'JWT' });
  };
  expect(problemOf(await browser.signIn(againUrl, 'ann'))).toBe('NOT_ASKED_AGAIN');
  expect(await sign(api, report)).toEqual(REFUSED);
});

test('who leaves out the question at the provider has not signed in again', async () => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const report = await readyCase(api);
  const toProvider = await browser.fetch(againUrl);
  const address = new URL(toProvider.headers.get('location') ?? '');
  address.searchParams.delete('prompt');
  address.searchParams.delete('max_age');
  expect(problemOf(await browser.open(address.href))).toBe('NOT_ASKED_AGAIN'); // the provider knows Ann and asks nothing
  expect(await sign(api, report)).toEqual(REFUSED);
});

test('a usual sign-in does not count, also with a cookie that says that it does', async () => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const report = await readyCase(api);
  const { url } = await browser.open(running.signInUrl, {}, CALLBACK);
  const cookie = browser.cookie(url, 'cytograph_sign_in') ?? '';
  const kept = JSON.parse(Buffer.from(cookie, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...kept, again: true })).toString('base64url');
  browser.setCookie(url, 'cytograph_sign_in', forged, '/oidc');
  expect(problemOf(await browser.open(url))).toBe('NOT_BEGUN');
  expect(await sign(api, report)).toEqual(REFUSED);
  await browser.signIn(running.signInUrl, 'ann');
  expect(await sign(apiOf(browser), report)).toEqual(REFUSED);
});

test('a way back from the provider counts once', async () => {
  const browser = await signedIn('ann');
  const api = apiOf(browser);
  const { url } = await browser.signIn(againUrl, 'ann', CALLBACK);
  const cookie = browser.cookie(url, 'cytograph_sign_in') ?? '';
  expect(problemOf(await browser.open(url))).toBeNull();
  expect(await sign(api, await readyCase(api))).toEqual(SIGNED);
  browser.setCookie(url, 'cytograph_sign_in', cookie, '/oidc');
  expect(problemOf(await browser.open(url))).toBe('REJECTED'); // the code is used up
  expect(await sign(api, await readyCase(api))).toEqual(REFUSED);

  // Nor with another code: the attempt is used up too.
  const kept = JSON.parse(Buffer.from(cookie, 'base64url').toString()) as { state: string };
  const stateHash = hashOfSecret(kept.state);
  expect(await running.database.freshSignIn.count({ where: { stateHash } })).toBe(0);
});

test('it counts only in the session that began it', async () => {
  const browser = await signedIn('ann');
  const other = await signedIn('ann');
  const report = await readyCase(apiOf(other));
  const { url } = await browser.signIn(againUrl, 'ann', CALLBACK);
  // The way back in another session of the same person.
  other.setCookie(url, 'cytograph_sign_in', browser.cookie(url, 'cytograph_sign_in') ?? '', '/oidc');
  expect(problemOf(await other.open(url))).toBe('NOT_BEGUN');
  expect(await sign(apiOf(other), report)).toEqual(REFUSED);

  await browser.signIn(againUrl, 'ann');
  expect(await sign(apiOf(other), report)).toEqual(REFUSED);
  expect(await sign(apiOf(browser), report)).toEqual(SIGNED);
});

test('an attempt ends with its session, and after 10 minutes', async () => {
  const browser = await signedIn('kim');
  const { url } = await browser.signIn(againUrl, 'kim', CALLBACK);
  const beganAt = new Date(Date.now() - 10 * 60_000 - 1_000);
  await running.database.freshSignIn.updateMany({ where: { provedAt: null }, data: { beganAt } });
  expect(problemOf(await browser.open(url))).toBe('NOT_BEGUN');

  await browser.signIn(againUrl, 'kim');
  const ofKim = { session: { user: { displayName: 'Kim' } } };
  expect(await running.database.freshSignIn.count({ where: ofKim })).toBe(1);
  await apiOf(browser).graphql('mutation { signOut }');
  expect(await running.database.freshSignIn.count({ where: ofKim })).toBe(0);
});

test('nobody signs in again who is not signed in with the provider', async () => {
  expect(problemOf(await new RedirectBrowser().open(againUrl))).toBe('NOT_BEGUN');
  const admin = createTestClient(running.server.url);
  await admin.signIn(running.server.admin);
  const response = await admin.fetch('/oidc/sign-in-again', { redirect: 'manual' });
  expect(response.headers.get('location')).toMatch(/sign-in-problem=NOT_BEGUN/);
  const report = await readyCase(admin);
  expect(await sign(admin, report)).toEqual(REFUSED);
  expect(await sign(admin, { ...report, password: running.server.admin.password })).toEqual(SIGNED);
});
