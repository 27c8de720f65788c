import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
} from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

// Prisma's schema engine compiled to WebAssembly, on the same driver as the client: no native engine to download. The
// driver adapter has four faults in this use. Each workaround below starts its comment with "Fault".

/** Relative to the compiled file in `dist/server/database`. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
export const SCHEMA_FILE = fileURLToPath(new URL('../../../prisma/schema.prisma', import.meta.url));

/** No table or enum is managed outside Prisma. */
export const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** Runs `work` with a schema engine connected to the Postgres at `url`. The engine's errors have the reason in `message`. */
export async function withSchemaEngine<T>(
  url: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  await (wasm ??= loadWasm());
  const adapters = new MigrationAdapters(url);
  const engine = await bindings.SchemaEngine.new(
    { datamodels: [[SCHEMA_FILE, await readFile(SCHEMA_FILE, 'utf8')]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(adapters),
  );
  try {
    return await work(engine);
  } finally {
    engine.free();
    await adapters.close();
  }
}

/** The migrations in `folder`, in the order in which they are applied. */
export async function readMigrations(folder: string): Promise<MigrationList> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => {
        const content = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
        return {
          path: name,
          migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: content } },
        };
      }),
    ),
  };
}

/** The part of the WebAssembly standard that is used here. The types of this Node version do not include it. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, unknown>,
  ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

// The package's bindings support one instance only, since they keep views of its memory.
let wasm: Promise<void> | null = null;

/** Instantiates the WebAssembly as the package's entry point does, since Node cannot import it as a module without a flag. */
async function loadWasm(): Promise<void> {
  const folder = path.dirname(
    createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  const bytes = await readFile(path.join(folder, 'schema_engine_bg.wasm'));
  const imports = Object.entries(bindings).map(([name, value]): [string, unknown] =>
    name.startsWith('__wbg_setTimeout_') ? [name, setTimeoutIdly] : [name, value],
  );
  const { instance } = await WebAssembly.instantiate(bytes, {
    './schema_engine_bg.js': Object.fromEntries<unknown>(imports),
  });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/** The engine never clears its 10 s time limit for acquiring its lock, so the timer must not keep the process running. */
function setTimeoutIdly(callback: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(callback, milliseconds).unref();
}

class MigrationAdapters extends PrismaPg {
  readonly #config: pg.PoolConfig;
  readonly #pools: pg.Pool[] = [];

  constructor(url: string) {
    // Fault: a connection string overrides `database`, so the adapter's shadow database would be the real one.
    const { host, port, user, password, database, ssl } = new pg.Client(url);
    const options = new URL(url).searchParams.get('options') ?? undefined;
    const config = { host, port, user, password: password ?? undefined, database, ssl, options };
    super(config);
    this.#config = config;
  }

  override async connect() {
    return this.#open(this.#config);
  }

  /** Fault: the adapter drops its shadow database while a connection to it is still open. */
  override async connectToShadowDb() {
    const database = `cytograph_shadow_${crypto.randomUUID().replaceAll('-', '')}`;
    await this.#administrate(`CREATE DATABASE ${database}`);
    const adapter = await this.#open({ ...this.#config, database });
    const dispose = adapter.dispose.bind(adapter);
    adapter.dispose = async () => {
      await dispose();
      await this.#administrate(`DROP DATABASE ${database} WITH (FORCE)`);
    };
    return adapter;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.filter((pool) => !pool.ended).map((pool) => pool.end()));
  }

  async #open(config: pg.PoolConfig) {
    const pool = new pg.Pool(config);
    pool.on('error', () => {}); // the next query fails with it
    this.#pools.push(pool);
    const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect();
    readCatalogue(adapter, pool);
    runScriptsWhole(adapter, pool);
    return adapter;
  }

  async #administrate(statement: string): Promise<void> {
    const client = new pg.Client(this.#config);
    await client.connect();
    await client.query(statement).finally(() => client.end());
  }
}

const TEXT = 25;
const TEXT_ARRAY = 1009;
const CHARACTER = 18;
/** Object identifiers of types that only the system catalogue uses ("char", name, int2vector, regproc, …) and of their arrays. */
const CATALOGUE_TYPES = new Map([
  ...[CHARACTER, 19, 22, 24, 28, 194, 2205, 2206].map((oid) => [oid, TEXT] as const),
  ...[1002, 1003].map((oid) => [oid, TEXT_ARRAY] as const),
]);

/**
 * Fault: the adapter refuses the types of the system catalogue, which the engine reads (prisma/orm#27403). Their values arrive
 * as text, so they are declared to the adapter as text. Only "char" is declared to the engine as a character, as it requires.
 */
function readCatalogue(adapter: SqlDriverAdapter, pool: pg.Pool): void {
  const characterColumns = new WeakMap<unknown[], number[]>(); // by the rows of a result
  type Answer = pg.QueryArrayResult;
  const query: (...parameters: unknown[]) => Promise<Answer | Answer[]> = pool.query.bind(pool);
  Object.assign(pool, {
    query: async (...parameters: unknown[]) => {
      const answer = await query(...parameters); // a script has one result for each statement
      for (const { fields, rows } of [answer].flat()) {
        const characters = fields.flatMap((field, column) =>
          field.dataTypeID === CHARACTER ? [column] : [],
        );
        if (characters.length > 0) characterColumns.set(rows, characters);
        for (const field of fields)
          field.dataTypeID = CATALOGUE_TYPES.get(field.dataTypeID) ?? field.dataTypeID;
      }
      return answer;
    },
  });
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (sqlQuery) => {
    const answer = await queryRaw(sqlQuery);
    for (const column of characterColumns.get(answer.rows) ?? [])
      answer.columnTypes[column] = ColumnTypeEnum.Character;
    return answer;
  };
}

/** Fault: the adapter splits scripts at every semicolon, even in the body of a function. Run whole, a script is one transaction. */
function runScriptsWhole(adapter: SqlDriverAdapter, pool: pg.Pool): void {
  adapter.executeScript = async (script) => {
    try {
      await pool.query(script);
    } catch (error) {
      throw asAdapterError(error);
    }
  };
}

/** Converts an error of Postgres to the form that the engine includes in its own errors. */
function asAdapterError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code = 'unknown', severity = 'ERROR', message, detail, column, hint } = error;
  return new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint });
}
