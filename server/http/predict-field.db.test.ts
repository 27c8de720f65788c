import path from 'node:path';
import { Scope } from '../api/permissions.js';
import { createApiToken } from '../features/accounts/create-api-token.js';
import { registerRandomChampion } from '../features/models/testing.js';
import { drawField, drawRedCells } from '../features/predictions/fields/testing.js';
import { openTestServices, type TestServices } from '../graphql/testing.js';
import { type HttpServer, serveHttp } from './serve.js';

let services: TestServices;
let server: HttpServer;
let headers: Record<string, string>;

beforeAll(async () => {
  services = await openTestServices({ port: 0, host: '127.0.0.1' });
  server = await serveHttp(services, path.join(services.folder, 'no-web-app'));
  const context = services.contextOf(await services.createViewer());
  await registerRandomChampion(context);
  const scopes = [Scope.CLASSIFY, Scope.READ_HISTORY];
  const { secret } = await createApiToken(context, { name: 'test', scopes });
  headers = { authorization: `Bearer ${secret}` };
});
afterAll(async () => {
  await server.close();
  await services.close();
});

const CELLS: [number, number][] = [
  [120, 110],
  [330, 100],
  [230, 330],
];

function predict(bytes: Uint8Array, query: string, extra: Record<string, string> = {}) {
  const body = Uint8Array.from(bytes);
  return fetch(`${server.url}/predict?${query}`, { method: 'POST', headers: { ...headers, ...extra }, body });
}

test('a field gives a list with the region of each cell, as exports and GraphQL have it', async () => {
  const response = await predict(await drawField(CELLS), 'field=true&caseReference=S-1');
  expect(response.status).toBe(200);
  const cells = (await response.json()) as { id: string; outcome: string; region: object }[];
  expect(cells).toHaveLength(CELLS.length);
  const fieldId = response.headers.get('Field-Id');
  const stored = await services.database.prediction.findMany({ where: { fieldId }, orderBy: { id: 'asc' } });
  expect(stored.map(({ id }) => id)).toEqual(cells.map(({ id }) => id));
  expect(cells.map(({ region }) => Object.values(region))).toEqual(stored.map(({ region }) => region));

  const exported = await fetch(`${server.url}/export/predictions?format=jsonl`, { headers });
  const rows = (await exported.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows.map(({ id, region, fieldId }) => ({ id, region, fieldId }))).toEqual(
    cells.map(({ id, region }) => ({ id, region, fieldId })),
  );

  const [first] = cells;
  const image = await fetch(`${server.url}/files/predictions/${first?.id}/cell.jpg?size=64`, { headers });
  expect([image.status, image.headers.get('Content-Type')]).toEqual([200, 'image/jpeg']);
});

test('a picture without cells gives an empty list', async () => {
  const response = await predict(await drawRedCells(), 'field=true');
  expect([response.status, await response.json()]).toEqual([200, []]);
});

test('a repeated request gets the same predictions', async () => {
  const bytes = await drawField(CELLS, [244, 230, 211]);
  const id = { 'Idempotency-Key': 'one field' };
  const [first, second] = [await predict(bytes, 'field=true', id), await predict(bytes, 'field=true', id)];
  expect(await second.json()).toEqual(await first.json());
  expect(second.headers.get('Field-Id')).toBe(first.headers.get('Field-Id'));
  const asCell = await predict(bytes, 'field=false', id);
  expect(asCell.status).toBe(409);
});

test('any other value of the parameter is refused', async () => {
  const response = await predict(await drawField(CELLS), 'field=yes');
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: expect.stringContaining("must be 'true' or 'false'") },
  ]);
});
