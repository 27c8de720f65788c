import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { registerRandomChampion } from '../../models/testing.js';
import { classifyBytes } from '../../predictions/testing.js';

const CREATE = `mutation ($name: String!) { createSite(input: { name: $name }) { site { id name } userErrors { code field message } } }`;
const RENAME = `mutation ($siteId: ID!, $name: String!) { renameSite(input: { siteId: $siteId, name: $name }) { site { id name } userErrors { code field } } }`;
const SET = `mutation ($userId: ID!, $siteIds: [ID!]!, $all: Boolean!) {
  setUserSites(input: { userId: $userId, siteIds: $siteIds, seesAllSites: $all }) {
    user { id seesAllSites sites { name } } userErrors { code field message } } }`;
const CREATE_USER = `mutation ($input: CreateUserInput!) {
  createUser(input: $input) { user { id seesAllSites sites { id } } userErrors { code field } } }`;

let services: TestServices;
let admin: Viewer;
let cell: Buffer;

beforeAll(async () => {
  services = await openTestServices({ defaultModel: 'one' });
  admin = await services.createViewer();
  await registerRandomChampion(services.contextOf(admin), { modelName: 'one' });
  while (!services.served.champion('one')) await new Promise((resolve) => setTimeout(resolve, 20));
  cell = await drawSmear().png().toBuffer();
});
afterAll(() => services.close());

async function create(name: string): Promise<string> {
  const { data } = await services.execute(CREATE, { name }, admin);
  return data.createSite.site.id;
}

let people = 0;
async function createUser(input: object) {
  const person = { email: `person-${++people}@example.org`, displayName: 'A person', roles: ['CLINICIAN'] };
  return (await services.execute(CREATE_USER, { input: { ...person, ...input } }, admin)).data.createUser;
}

const classify = (viewer: Viewer, siteId: string | null) =>
  classifyBytes(services.contextOf(viewer), {
    ...{ bytes: cell, fileName: 'cell.png', caseReference: null, modelName: null, modelVersionId: null },
    siteId,
  });

test('without sites, a new person sees everything, and predictions have no site', async () => {
  const { user } = await createUser({});
  expect(user).toMatchObject({ seesAllSites: true, sites: [] });
  const viewer = await services.createViewer(Role.CLINICIAN);
  const { siteId } = await classify(viewer, null);
  expect(siteId).toBeNull();
});

test('an administrator creates and renames sites; a name is taken once, in any capitals', async () => {
  const id = await create('  Ward 1 ');
  const other = await create('Ward 2');
  const conflict = [{ code: 'CONFLICT', field: ['input', 'name'] }];
  for (const name of ['Ward 1', 'WARD 1', ' ward 1 ']) {
    const { data } = await services.execute(CREATE, { name }, admin);
    expect(data.createSite).toMatchObject({ site: null, userErrors: conflict });
  }
  for (const name of ['', '  ', 'x'.repeat(101), 'two\nlines', 'a\u0000b']) {
    const { data } = await services.execute(CREATE, { name }, admin);
    expect([name, data.createSite.userErrors]).toMatchObject([name, [{ code: 'INVALID' }]]);
  }
  const rename = async (siteId: string, name: string) =>
    (await services.execute(RENAME, { siteId, name }, admin)).data.renameSite;
  expect(await rename(id, 'WARD 1')).toEqual({ site: { id, name: 'WARD 1' }, userErrors: [] });
  expect(await rename(id, 'ward 2')).toEqual({ site: null, userErrors: conflict });
  expect((await rename(newId('site'), 'x')).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await rename(other, 'Laboratory')).toMatchObject({ site: { name: 'Laboratory' } });
});

test('two administrators who choose the same name at the same time: one gets it', async () => {
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => services.execute(CREATE, { name: 'At once' }, admin)),
  );
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  expect(answers.filter(({ data }) => data.createSite.site)).toHaveLength(1);
});

test('where there are sites, a new person is limited to the sites that they are given', async () => {
  const siteId = await create('Ward of new people');
  expect((await createUser({})).user).toMatchObject({ seesAllSites: false, sites: [] });
  expect((await createUser({ siteIds: [siteId] })).user).toMatchObject({
    seesAllSites: false,
    sites: [{ id: siteId }],
  });
  expect((await createUser({ siteIds: [siteId], seesAllSites: true })).user.seesAllSites).toBe(true);
  expect((await createUser({ siteIds: [newId('site')] })).userErrors).toEqual([
    { code: 'NOT_FOUND', field: ['input', 'siteIds'] },
  ]);
});

test('the sites of a person keep their order, and apply to sessions that exist', async () => {
  const [first, second] = [await create('First'), await create('Second')];
  const { id: userId } = await services.createViewer(Role.CLINICIAN);
  const siteIds = [second, first, second];
  const { data } = await services.execute(SET, { userId, siteIds, all: false }, admin);
  expect(data.setUserSites).toEqual({
    user: { id: userId, seesAllSites: false, sites: [{ name: 'Second' }, { name: 'First' }] },
    userErrors: [],
  });
  const event = await services.database.auditEvent.findFirstOrThrow({
    where: { action: 'USER_SITES_SET', entityId: userId },
  });
  expect(event.detail).toBe('Second, First; sees only these');
  const unknown = await services.execute(
    SET,
    { userId, siteIds: [`site_${'0'.repeat(32)}`], all: true },
    admin,
  );
  expect(unknown.data.setUserSites.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  const nobody = await services.execute(SET, { userId: newId('user'), siteIds: [], all: true }, admin);
  expect(nobody.data.setUserSites.userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
});

test('a prediction has the first site of the person, or the site that they choose', async () => {
  const [first, second, other] = [await create('A'), await create('B'), await create('C')];
  const limited = { ...(await services.createViewer(Role.CLINICIAN)), siteIds: [first, second] };
  const viewer = { ...limited, seesAllSites: false };
  expect((await classify(viewer, null)).siteId).toBe(first);
  expect((await classify(viewer, second)).siteId).toBe(second);
  const refused = { errors: [{ code: 'NOT_FOUND', field: ['input', 'siteId'] }] };
  await expect(classify(viewer, 'x')).rejects.toMatchObject({ errors: [{ code: 'INVALID' }] });
  for (const siteId of [other, newId('site')])
    await expect(classify(viewer, siteId)).rejects.toMatchObject(refused);
  expect((await classify({ ...viewer, seesAllSites: true }, other)).siteId).toBe(other);
  await expect(classify({ ...viewer, seesAllSites: true }, newId('site'))).rejects.toMatchObject(refused);

  const withoutSite = { ...viewer, siteIds: [] };
  await expect(classify(withoutSite, null)).rejects.toMatchObject({
    errors: [{ code: 'INVALID', message: expect.stringContaining('You have no site yet') }],
  });
});

test('others do not read the sites of a person, unless they may read users', async () => {
  const text = `query ($id: ID!) { node(id: $id) { ... on Prediction { createdBy { sites { id } seesAllSites } } } }`;
  const author = await services.createViewer(Role.CLINICIAN);
  const { id } = await classify(author, null);
  const read = async (viewer: Viewer) => (await services.execute(text, { id }, viewer)).data.node.createdBy;
  expect(await read(await services.createViewer(Role.CLINICIAN))).toEqual({
    sites: null,
    seesAllSites: null,
  });
  for (const viewer of [author, admin, await services.createViewer(Role.AUDITOR)])
    expect(await read(viewer)).toEqual({ sites: [], seesAllSites: true });
});
