import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { deleteViewsOfCase } from './delete-views-of-case.js';

let services: TestServices;
let ann: Viewer;
let bob: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  ann = await services.createViewer(Role.CLINICIAN);
  bob = await services.createViewer(Role.AUDITOR);
});
afterAll(() => services.close());

async function execute(text: string, variables: Record<string, unknown>, viewer: Viewer = ann) {
  const { data, errors } = await services.execute(text, variables, viewer);
  expect(errors).toEqual([]);
  return data;
}

const save = async (name: string, filters: string, viewer = ann, page = 'HISTORY') =>
  (
    await execute(
      'mutation ($input: SaveViewInput!) { saveView(input: $input) { savedView { id name } userErrors { code field message } } }',
      { input: { page, name, filters } },
      viewer,
    )
  ).saveView;
const viewsOf = async (viewer = ann) =>
  (await execute('{ savedViews { id page name filters } }', {}, viewer)).savedViews;

test('a user saves, replaces, renames and deletes views, which nobody else sees', async () => {
  const { savedView } = await save(' To review ', 'outcome=INDETERMINATE&reviewed=no');
  await save('To review', 'state=OPEN', ann, 'CASES');
  await save('Other', 'label=blast');
  await save('To review', 'reviewed=no');
  expect(await viewsOf()).toEqual([
    { id: expect.any(String), page: 'HISTORY', name: 'Other', filters: 'label=blast' },
    { id: savedView.id, page: 'HISTORY', name: 'To review', filters: 'reviewed=no' },
    { id: expect.any(String), page: 'CASES', name: 'To review', filters: 'state=OPEN' },
  ]);
  expect(await viewsOf(bob)).toEqual([]);

  const rename = (name: string, viewer = ann) =>
    execute(
      'mutation ($id: ID!, $name: String!) { renameSavedView(id: $id, name: $name) { savedView { name } userErrors { code } } }',
      { id: savedView.id, name },
      viewer,
    );
  expect((await rename('Daily')).renameSavedView).toEqual({ savedView: { name: 'Daily' }, userErrors: [] });
  expect((await rename('Other')).renameSavedView.userErrors).toEqual([{ code: 'CONFLICT' }]);
  expect((await rename('Mine', bob)).renameSavedView.userErrors).toEqual([{ code: 'NOT_FOUND' }]);

  const remove = (viewer: Viewer) =>
    execute(
      'mutation ($id: ID!) { deleteSavedView(id: $id) { deletedId userErrors { code } } }',
      { id: savedView.id },
      viewer,
    );
  expect((await remove(bob)).deleteSavedView).toEqual({
    deletedId: null,
    userErrors: [{ code: 'NOT_FOUND' }],
  });
  expect((await remove(ann)).deleteSavedView).toEqual({ deletedId: savedView.id, userErrors: [] });
  expect((await viewsOf()).map(({ name }: { name: string }) => name)).toEqual(['Other', 'To review']);
});

test('a name or filters that are not allowed are refused with what would be right', async () => {
  for (const [name, filters, field] of [
    [' ', 'a=b', 'name'],
    ['x'.repeat(101), 'a=b', 'name'],
    ['a\u0007', 'a=b', 'name'],
    ['name', '', 'filters'],
    ['name', `a=${'b'.repeat(2000)}`, 'filters'],
  ] as const) {
    const { savedView, userErrors } = await save(name, filters);
    expect(savedView).toBeNull();
    expect(userErrors).toMatchObject([{ code: 'INVALID', field: ['input', field] }]);
  }
});

test('one user has at most 100 views, also if they are saved at the same time', async () => {
  const carl = await services.createViewer(Role.CLINICIAN);
  const saved = await Promise.all(
    Array.from({ length: 102 }, (_, index) => save(`view ${index}`, 'a=b', carl)),
  );
  expect(saved.filter(({ savedView }) => savedView !== null)).toHaveLength(100);
  expect(saved.flatMap(({ userErrors }) => userErrors)).toMatchObject([
    { code: 'CONFLICT' },
    { code: 'CONFLICT' },
  ]);
  expect((await save('view 5', 'a=c', carl)).userErrors).toEqual([]); // replaces one
});

test('an erasure deletes the views that name the case, and no other', async () => {
  const dora = await services.createViewer(Role.CLINICIAN);
  await save('exact', new URLSearchParams({ case: 'Zürich 2026/17' }).toString(), dora);
  await save('search', new URLSearchParams({ search: 'zürich 2026/17' }).toString(), dora);
  await save('Follow-up of Zürich 2026/17', 'reviewed=no', dora);
  await save('another', new URLSearchParams({ case: 'Zürich 2026/170' }).toString(), dora);
  await services.database.$transaction((tx) => deleteViewsOfCase(tx, 'Zürich 2026/17'));
  expect((await viewsOf(dora)).map(({ name }: { name: string }) => name)).toEqual(['another']);
});
