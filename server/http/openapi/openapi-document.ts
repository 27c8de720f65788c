import type { z } from 'zod';
import { type Permission, permissions, roleNames } from '../../api/permissions.js';
import {
  type JsonSchema,
  ProblemBody,
  PROBLEMS,
  type ProblemStatus,
  type ResponseDescription,
  type RouteDescription,
  schemaOf,
} from './route-description.js';

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object; securitySchemes: object };
}

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { required: true; content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, Response>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

export interface Response {
  description: string;
  content?: Record<string, { schema: JsonSchema }>;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
}

const INTRODUCTION = `The routes of Cytograph besides GraphQL. Everything else is done with GraphQL at /graphql.

Programs send an API token as 'Authorization: Bearer …'. A user creates one on the page My account. Browsers send the cookie of their session.

An error has a JSON body with a sentence for people and a code for programs.`;

/**
 * The OpenAPI 3.1 document of the routes.
 * @param descriptions by route, such as 'GET /files/images/:sha256'
 * @param serverUrl the address of the server, or the path below which it is served
 */
export function openApiDocument(
  descriptions: Readonly<Record<string, RouteDescription>>,
  serverUrl: string,
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  for (const [route, description] of Object.entries(descriptions)) {
    const [method = '', path = ''] = route.split(' ');
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationOf(description) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Cytograph', version: '1', description: INTRODUCTION },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas: { Problem: schemaOf(ProblemBody) },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token.' },
        session: { type: 'apiKey', in: 'cookie', name: 'cytograph_session' },
        metricsToken: { type: 'http', scheme: 'bearer', description: 'The token of METRICS_TOKEN.' },
      },
    },
  };
}

function operationOf(route: RouteDescription): Operation {
  const parameters = [
    ...parametersOf('path', route.path),
    ...parametersOf('query', route.query),
    ...parametersOf('header', route.headers),
  ];
  const responses = Object.entries(route.responses).map(
    ([status, response]) => [status, responseOf(response)] as const,
  );
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: [route.description, accessOf(route.permissions)].filter(Boolean).join('\n\n'),
    security: securityOf(route.permissions),
    parameters,
    ...(route.body && { requestBody: { required: true, content: contentOf(route.body) } }),
    responses: {
      ...Object.fromEntries(problemsOf(route).map((status) => [status, problemOf(status)])),
      ...Object.fromEntries(responses),
    },
  };
}

function parametersOf(place: Parameter['in'], known: z.ZodObject | undefined): Parameter[] {
  return Object.entries<z.ZodType>(known?.shape ?? {}).map(([name, type]) => {
    const { description, ...schema } = schemaOf(type);
    const required = place === 'path' || !type.safeParse(undefined).success;
    return { name, in: place, required, ...(typeof description === 'string' && { description }), schema };
  });
}

function responseOf({ description, content, headers }: ResponseDescription): Response {
  return { description, ...(content && { content: contentOf(content) }), ...(headers && { headers }) };
}

function contentOf(byMediaType: Record<string, JsonSchema>): Record<string, { schema: JsonSchema }> {
  return Object.fromEntries(Object.entries(byMediaType).map(([type, schema]) => [type, { schema }]));
}

/** The errors of a route. Every route that identifies its caller has most of them. */
function problemsOf({ permissions, problems = [] }: RouteDescription): ProblemStatus[] {
  const ofCaller: ProblemStatus[] =
    permissions === 'this machine' || permissions.length === 0 ? [] : [400, 401, 403, 429, 500, 503];
  return [...ofCaller, ...problems];
}

function problemOf(status: ProblemStatus): Response {
  return {
    description: PROBLEMS[status],
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

function securityOf(needed: RouteDescription['permissions']): Operation['security'] {
  if (needed === 'this machine') return [{}, { metricsToken: [] }];
  return needed.length === 0 ? [] : [{ token: [] }, { session: [] }];
}

function accessOf(needed: RouteDescription['permissions']): string {
  if (needed === 'this machine') return '';
  if (needed.length === 0) return 'For anyone.';
  return needed
    .map((permission) => `Needs the permission '${permission}': ${holdersOf(permission)}.`)
    .join('\n\n');
}

function holdersOf(permission: Permission): string {
  const { roles, scopes } = permissions[permission];
  const tokens =
    scopes.length === 0 ? 'no API token' : `their API tokens with the scope ${scopes.join(' or ')}`;
  return `users with the role ${roles.map((role) => roleNames[role]).join(' or ')}, and ${tokens}`;
}
