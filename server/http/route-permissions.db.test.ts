import type { Express } from 'express';
import { createServer } from 'node:http';
import path from 'node:path';
import { type Permission, permissions, Role, Scope } from '../api/permissions.js';
import { OTHER_HANDLERS, ROUTES } from '../api/testing.js';
import { loadConfig } from '../config.js';
import { newId } from '../database/ids.js';
import { createApiToken } from '../features/accounts/create-api-token.js';
import { beginSession } from '../features/accounts/sessions.js';
import { registerRandomChampion } from '../features/models/testing.js';
import { classifyBytes } from '../features/predictions/testing.js';
import { storeReport } from '../features/reports/testing.js';
import { startApolloServer } from '../graphql/apollo-server.js';
import { openTestServices, type TestServices } from '../graphql/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { createApp } from './app.js';
import { EventStreams } from './event-streams.js';
import { DESCRIPTIONS } from './openapi/descriptions.js';
import { type HttpServer, serveHttp } from './serve.js';

// Every route of the real router is requested without signing in, as each role, and with a token of each scope. Where a caller may
// not read something, the answer is the same whether it exists or not.

interface Caller {
  name: string;
  roles: readonly Role[];
  scopes: readonly Scope[] | null;
  headers: Record<string, string>;
  /** Values of the parameters that exist for this caller only. */
  own: Record<string, string>;
}

let services: TestServices;
let server: HttpServer;
let cell: Buffer;
let callers: Caller[];
/** Values of the parameters in the paths of routes: of what exists, and of what does not. */
let existing: Record<string, string>;
const missing: Record<string, string> = {
  sha256: 'f'.repeat(64),
  id: newId('pred'),
  versionId: newId('mver'),
  name: 'model.onnx',
  reportId: newId('rep'),
  caseId: newId('case'),
  readingId: newId('read'),
  place: '0',
};

beforeAll(async () => {
  const { identityProvider, publicUrl } = loadConfig({
    OIDC_ISSUER: 'https://login.example.org', // its routes exist only with one; it is never contacted here
    OIDC_CLIENT_ID: 'cytograph',
    OIDC_GROUPS: '{"roles":{"wards":["CLINICIAN"]}}',
    PUBLIC_URL: 'http://localhost',
  });
  services = await openTestServices({
    ...{ port: 0, host: '127.0.0.1', defaultModel: 'test', identityProvider, publicUrl },
  });
  server = await serveHttp(services, path.join(services.folder, 'no-web-app'));
  cell = await drawSmear().png().toBuffer();

  const engineer = services.contextOf(await services.createViewer());
  const champion = await registerRandomChampion(engineer, { modelName: 'test' });
  while (!services.served.champion('test')) await new Promise((resolve) => setTimeout(resolve, 20));
  const prediction = await classifyBytes(engineer, {
    ...{ bytes: cell, fileName: 'cell.png', caseReference: 'case 1', modelName: null, modelVersionId: null },
  });
  const of = await services.database.case.findFirstOrThrow();
  const reportId = await storeReport(services.database, of, engineer.viewer?.id ?? '', 'No blasts.');
  existing = {
    ...{ sha256: prediction.imageSha256, id: prediction.id },
    ...{ versionId: champion.id, name: 'model.onnx', reportId, caseId: of.id },
    ...(await storeReading(engineer.viewer?.id ?? '', prediction.id)),
  };

  callers = [{ name: 'nobody', roles: [], scopes: null, headers: {}, own: {} }];
  for (const role of Object.values(Role)) {
    const context = services.contextOf(await services.createViewer(role));
    const secret = await services.database.$transaction((tx) =>
      beginSession(tx, context, context.viewer?.id ?? ''),
    );
    callers.push({
      name: role,
      roles: [role],
      scopes: null,
      headers: { cookie: `cytograph_session=${secret}` },
      own: await storeReading(context.viewer?.id ?? '', prediction.id),
    });
  }
  const administrator = services.contextOf(await services.createViewer(Role.ADMIN));
  const own = await storeReading(administrator.viewer?.id ?? '', prediction.id);
  for (const scope of Object.values(Scope)) {
    const { secret } = await createApiToken(administrator, { name: scope, scopes: [scope] });
    const headers = { authorization: `Bearer ${secret}` };
    callers.push({ name: `token for ${scope}`, roles: [Role.ADMIN], scopes: [scope], headers, own });
  }
});
afterAll(async () => {
  await server.close();
  await services.close();
});

/** Stores a reading of one cell, which only its reader sees. */
async function storeReading(
  readerId: string,
  predictionId: string,
): Promise<{ readingId: string; place: string }> {
  const readingId = newId('read');
  await services.database.reading.create({
    data: {
      ...{ id: readingId, readerId, createdById: readerId, blind: true, origin: 'WORKLIST' },
      cells: { create: { place: 0, predictionId } },
    },
  });
  return { readingId, place: '0' };
}

interface Layer {
  rawPath: string | string[];
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
}

/** The routes below a router, as 'GET /path', and the paths of handlers that are not routes. */
function routesOf(stack: readonly Layer[], prefix: string): { routes: string[]; others: string[] } {
  const found: { routes: string[]; others: string[] } = { routes: [], others: [] };
  for (const { rawPath, route, handle } of stack) {
    if (route) {
      const methods = Object.keys(route.methods).map((method) => method.toUpperCase());
      const path = `${prefix}${route.path === '/' ? '' : route.path}`;
      found.routes.push(...methods.map((method) => `${method} ${path}`));
      continue;
    }
    for (const path of [rawPath].flat()) {
      const below = `${prefix}${path === '/' ? '' : path}`;
      if (!handle.stack) {
        found.others.push(below || '/');
        continue;
      }
      const { routes, others } = routesOf(handle.stack, below);
      found.routes.push(...routes);
      found.others.push(...others);
    }
  }
  return found;
}

async function routesOfApp(): Promise<{ routes: string[]; others: string[] }> {
  const apollo = await startApolloServer(services.schema, createServer(), services);
  const streams = new EventStreams(services, services.schema, apollo);
  const app: Express = createApp(services, apollo, streams, services.folder, () => false);
  await apollo.stop();
  return routesOf((app.router as unknown as { stack: Layer[] }).stack, '');
}

test('every route of the router has a rule, and every rule a route', async () => {
  const { routes, others } = await routesOfApp();
  expect(routes.sort()).toEqual(Object.keys(ROUTES).sort());
  expect([...new Set(others)].sort()).toEqual([...OTHER_HANDLERS].sort());
});

/** Routes for browsers: pages, their service worker, and the sign-in with an identity provider. */
const NOT_FOR_PROGRAMS = /^GET \/(docs|graphql|openapi\.json|service-worker\.js|\{\*page\})$| \/oidc\//;

test('the OpenAPI document describes every route for programs, with the permissions that it needs', () => {
  const forPrograms = Object.entries(ROUTES).filter(([route]) => !NOT_FOR_PROGRAMS.test(route));
  const described = Object.entries(DESCRIPTIONS).map(([route, { permissions: needed }]) => [route, needed]);
  expect(Object.fromEntries(described)).toEqual(Object.fromEntries(forPrograms));
});

function isAllowed(needed: readonly Permission[], { roles, scopes }: Caller): boolean {
  return needed.every((permission) => {
    const rule: { roles: readonly Role[]; scopes: readonly Scope[] } = permissions[permission];
    const inScope = scopes === null || scopes.some((scope) => rule.scopes.includes(scope));
    return roles.some((role) => rule.roles.includes(role)) && inScope;
  });
}

async function send(method: string, path: string, { headers }: Pick<Caller, 'headers'>) {
  const body = method === 'POST' ? Uint8Array.from(cell) : null;
  const response = await fetch(server.url + path, { method, headers, body, redirect: 'manual' });
  const { date, ...others } = Object.fromEntries(response.headers);
  return { status: response.status, headers: others, body: await response.text(), date };
}

const filled = (path: string, values: Record<string, string>) =>
  path.replace(/:(\w+)/g, (_whole, name: string) => values[name] ?? '').replace('{*page}', 'history');

const guarded = Object.entries(ROUTES).flatMap(([route, rule]) => {
  const [method = '', path = ''] = route.split(' ');
  return rule === 'this machine' || rule.length === 0 ? [] : [{ route, method, path, needed: rule }];
});

test.each(guarded)('$route is for exactly the roles and scopes of its permissions', async (guard) => {
  const { method, path, needed } = guard;
  for (const caller of callers) {
    const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
    for (const used of methods) {
      const { status } = await send(used, filled(path, { ...existing, ...caller.own }), caller);
      const expected = isAllowed(needed, caller) ? 200 : caller.roles.length > 0 ? 403 : 401;
      expect([caller.name, used, status]).toEqual([caller.name, used, expected]);
    }
  }
});

test.each(guarded.filter(({ path }) => path.includes(':')))(
  '$route answers a caller without the permissions alike, whether the file exists or not',
  async ({ path, needed }) => {
    for (const caller of callers) {
      for (const method of ['GET', 'HEAD']) {
        const found = await send(method, filled(path, { ...existing, ...caller.own }), caller);
        const notFound = await send(method, filled(path, missing), caller);
        if (isAllowed(needed, caller)) expect([found.status, notFound.status]).toEqual([200, 404]);
        else expect({ ...found, date: null }).toEqual({ ...notFound, date: null });
      }
    }
  },
);

test('other methods are refused, for every caller alike', async () => {
  const strangers: Pick<Caller, 'headers'> = { headers: {} };
  for (const { path } of guarded.filter(({ method }) => method === 'GET')) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const nobody = await send(method, filled(path, existing), strangers);
      expect([nobody.status, nobody.headers.allow]).toEqual([405, 'GET, HEAD']);
      for (const caller of callers)
        expect({ ...(await send(method, filled(path, existing), caller)), date: null }).toEqual({
          ...nobody,
          date: null,
        });
    }
  }
});

test('open routes answer everyone alike, and metrics only programs on this machine', async () => {
  for (const caller of callers) {
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect([path, (await send('GET', path, caller)).status]).toEqual([path, 200]);
    const forwarded = { headers: { ...caller.headers, 'x-forwarded-for': '192.0.2.7' } };
    expect((await send('GET', '/metrics', forwarded)).status).toBe(404);
  }
});
