import {
  execute as executeOperation,
  getNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isObjectType,
  isRequiredArgument,
  parse,
  validate,
} from 'graphql';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { Services, Viewer } from '../api/context.js';
import { createMetrics } from '../api/service-metrics.js';
import { Role } from '../api/permissions.js';
import { type Config, loadConfig } from '../config.js';
import { LENIENT_POLICY } from '../promotion-policy-testing.js';
import { openEvents } from '../database/events.js';
import { newId } from '../database/ids.js';
import { createDatabase, type Database } from '../database/client.js';
import { asProcess, createTestDatabase } from '../database/testing.js';
import { userColumns, viewerOf } from '../features/accounts/load-users.js';
import { followChampions } from '../serving/follow-champions.js';
import { shadowChallengers } from '../serving/shadow-challengers.js';
import { openInferencePool } from '../inference/pool.js';
import { prepareObjectStore } from '../storage/open-object-store.js';
import { type AppContext, type AppServices, createAppServices } from './app-services.js';
import { createErrorFormatter } from './error-formatter.js';
import { createSchema } from './schema.js';

/** The real services of a server on a fresh database and a temporary folder, with helpers for tests. */
export interface TestServices extends AppServices {
  /** Connection string of the fresh database, as the owner of its tables. The services use the role of the server. */
  databaseUrl: string;
  /** The database as the owner of its tables, for what the server may not do. */
  ownerDatabase: Database;
  /** The whole API, for a test that subscribes. */
  schema: GraphQLSchema;
  /** A temporary folder, for files that a test needs besides. */
  folder: string;
  /** A new user with these roles (default: all of them). */
  createViewer(...roles: Role[]): Promise<Viewer>;
  /** The context of a request by `viewer` (default: not signed in), who disconnects when `signal` aborts (default: never). */
  contextOf(viewer?: Viewer | null, signal?: AbortSignal): AppContext;
  /** Runs one GraphQL operation as `viewer` (default: not signed in) and returns the server's response. */
  execute(document: string, variables?: Record<string, unknown>, viewer?: Viewer | null): Promise<TestAnswer>;
  /** Runs one in a context that the caller has made. */
  executeIn(context: AppContext, document: string, variables?: Record<string, unknown>): Promise<TestAnswer>;
  close(): Promise<void>;
}

export interface TestAnswer {
  /** The data, in the shape of the operation. */
  data: any;
  /** Code and message of each error that is not a user error. */
  errors: { code: unknown; message: string }[];
}

/**
 * Opens services for one test file; `overrides` replace settings of the default configuration, whose promotion policy is lenient and
 * whose time limits for classifications and queries are long.
 */
export async function openTestServices(overrides: Partial<Config> = {}): Promise<TestServices> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-test-'));
  const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const config = {
    ...loadConfig({
      DATA_DIR: folder,
      INFERENCE_THREADS: '1',
      PROMOTION_POLICY: JSON.stringify(LENIENT_POLICY),
      // The machine may be busy with other tests, or stand still for a while.
      CLASSIFY_DEADLINE_MS: '600000',
      QUERY_TIME_LIMIT: '120',
    }),
    ...overrides,
  };
  const testDatabase = await createTestDatabase();
  const { url } = testDatabase;
  const database = createDatabase(asProcess(url), 5);
  const store = await prepareObjectStore(config, []);
  const events = await openEvents(asProcess(url), log);
  const inference = openInferencePool({
    threads: config.inferenceThreads,
    queueLimit: config.inferenceQueueLimit,
    log,
  });
  const served = await followChampions({ database, store, inference, events, log });
  const metrics = createMetrics({ inference, served });
  const shadow = shadowChallengers({ database, inference, served, metrics, log }, config.shadowShare);
  const services = createAppServices({
    ...{ config, database, store, inference, served, shadow, metrics, events, log },
  });
  const schema = await createSchema();

  const contextOf = (
    viewer: Viewer | null = null,
    signal: AbortSignal = new AbortController().signal,
  ): AppContext => ({
    ...services,
    viewer,
    signal,
    ip: '192.0.2.1',
    requestId: randomUUID(),
    formRead: Promise.resolve(),
    sessionSecret: null,
    deviceSecret: null,
    userAgent: null,
    idempotencyKey: null,
  });
  return {
    ...services,
    databaseUrl: url,
    ownerDatabase: testDatabase.database,
    schema,
    folder,
    contextOf,
    createViewer: (...roles) => createViewer(services, roles.length > 0 ? roles : Object.values(Role)),
    execute: (document, variables, viewer) => execute(schema, document, variables, contextOf(viewer)),
    executeIn: (context, document, variables) => execute(schema, document, variables, context),
    close: async () => {
      await services.accesses.flush();
      await shadow.close();
      await served.close();
      await inference.close();
      await events.close();
      store.close();
      await database.$disconnect();
      await testDatabase.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createViewer({ database }: Services, roles: Role[]): Promise<Viewer> {
  const id = newId('user');
  const user = await database.user.create({
    data: { id, email: `${id}@example.org`, displayName: id, passwordHash: 'none', roles },
    select: userColumns,
  });
  return viewerOf(user, {});
}

async function execute(
  schema: GraphQLSchema,
  source: string,
  variableValues: Record<string, unknown> | undefined,
  contextValue: AppContext,
): Promise<TestAnswer> {
  const document = parse(source);
  const faults = validate(schema, document);
  if (faults.length > 0) throw new Error(`The test's operation is wrong: ${faults.join('\n')}`);
  const { data, errors = [] } = await executeOperation({ schema, document, variableValues, contextValue });
  const formatError = createErrorFormatter(contextValue.log);
  return {
    // Plain objects: graphql-js creates some without a prototype, which Jest treats as unequal.
    data: data && JSON.parse(JSON.stringify(data)),
    errors: errors.map(formatError).map(({ message, extensions }) => ({ code: extensions?.code, message })),
  };
}

const IN_CASE: readonly string[] = ['Case.fields', 'Case.predictions'];

/** Objects within objects in {@link everythingOf}: from some query, every field of the schema is reached within four. */
const MOST_OBJECTS_DEEP = 5;

/**
 * A selection of everything that can be read from a type without arguments, as text, with each type at most once on a path.
 * What is in a case is selected only for a case itself: elsewhere it would repeat what the selection has already, many times.
 * @param isLeftOut whether a field, named as 'Type.field', is not selected
 */
export function everythingOf(
  type: GraphQLOutputType,
  isLeftOut: (field: string) => boolean = () => false,
  above: readonly string[] = [],
): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const selected = Object.values(named.getFields()).flatMap((field) => {
    const below = getNamedType(field.type);
    if (above.includes(below.name) || below === named) return [];
    if (isObjectType(below) && above.length >= MOST_OBJECTS_DEEP) return [];
    if (above.length > 0 && IN_CASE.includes(`${named.name}.${field.name}`)) return [];
    if (isLeftOut(`${named.name}.${field.name}`) || field.args.some(isRequiredArgument)) return [];
    const selection = everythingOf(field.type, isLeftOut, [...above, named.name]);
    return isObjectType(below) && selection === '' ? [] : [`${field.name} ${selection}`];
  });
  return selected.length > 0 ? `{ ${selected.join(' ')} }` : '';
}
