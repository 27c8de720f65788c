import { z } from 'zod';
import type { Permission } from '../../api/permissions.js';

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 uses it. */
export type JsonSchema = Record<string, unknown>;

/** What a client needs to know about a route. It is written beside the route, and uses the schemas with which requests are checked. */
export interface RouteDescription {
  /** A name for generated clients, such as 'classifyImage'. */
  operationId: string;
  summary: string;
  /** Plain text; a blank line begins a paragraph. */
  description?: string;
  /** The permissions that a caller needs, all of them. None: the route is for anyone. 'this machine': see `/metrics`. */
  permissions: readonly Permission[] | 'this machine';
  /** Parameters in the path, in the query and in the headers. */
  path?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  /** The body that a request must have, by media type. */
  body?: Record<string, JsonSchema>;
  /** Successful responses, by status. */
  responses: Record<number, ResponseDescription>;
  /** The statuses of errors that this route has besides those of every route. */
  problems?: readonly ProblemStatus[];
}

export interface ResponseDescription {
  description: string;
  /** By media type. Default: no body. */
  content?: Record<string, JsonSchema>;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
}

/** What each status of an error means. */
export const PROBLEMS = {
  400: 'The request is malformed, or has a parameter that is unknown, repeated or invalid.',
  401: 'Nobody is signed in, or the token is invalid.',
  403: 'The roles of the user, the scopes of the token or the sites of the user do not allow it.',
  404: 'There is no such thing, or the caller may not see it.',
  409: 'The request contradicts an earlier one, such as an Idempotency-Key that was used for another request.',
  413: 'The body is too large.',
  415: 'The body has a media type that this route does not read.',
  416: 'The Range header names no byte of the file.',
  422: 'The image cannot be read.',
  429: 'The caller sends too much. Retry-After says when to try again.',
  500: 'An error of the server, or a stored file that is missing or damaged.',
  503: 'The server is busy, or the database, the object store or a model is unavailable. Retry-After says when to try again.',
} as const;
export type ProblemStatus = keyof typeof PROBLEMS;

/** The body of an error. */
export const ProblemBody = z.object({
  error: z.string().meta({ description: 'What is wrong, and what would be right.' }),
  code: z.string().meta({ description: 'For programs, such as NOT_FOUND.' }),
});

/** The JSON Schema of a value that the server sends. Further properties may be added later. */
export function schemaOf(type: z.ZodType): JsonSchema {
  const { $schema: _draft, ...schema } = z.toJSONSchema(type, { io: 'input' });
  return schema;
}

/** The JSON Schemas of the properties of an object, such as the fields of a form. */
export function propertiesOf({ shape }: z.ZodObject): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries<z.ZodType>(shape).map(([name, type]) => [name, schemaOf(type)]));
}

/** The content of a file. */
export const BINARY: JsonSchema = {};
