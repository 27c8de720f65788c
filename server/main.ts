import 'reflect-metadata'; // before any class with TypeGraphQL's decorators
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Services } from './api/context.js';
import { createMetrics } from './api/service-metrics.js';
import { observeDatabase, observeDisk, observeStore } from './api/resource-metrics.js';
import { observeProcess } from './api/process-metrics.js';
import { CloseStack } from './close-stack.js';
import { type Config, loadConfig, loadEnvFile } from './config.js';
import { createDatabase } from './database/client.js';
import { startEmbeddedPostgres } from './database/embedded-postgres.js';
import { openEvents } from './database/events.js';
import { openSigningKey } from './features/audit-trail/checkpoints.js';
import { runArchiver } from './features/audit-trail/run-archiver.js';
import { runForwarder } from './features/audit-trail/run-forwarder.js';
import { runSealer } from './features/audit-trail/run-sealer.js';
import { onlyAccountWithPassword } from './features/accounts/built-in-accounts.js';
import { type AdminSignIn, ensureAdmin } from './features/accounts/ensure-admin.js';
import { createAppServices } from './graphql/app-services.js';
import { followChampions } from './serving/follow-champions.js';
import { registerBundledModel } from './features/models/registration/register-bundled-model.js';
import { reportReplica } from './serving/report-replica.js';
import { watchChampions } from './serving/watch-champions.js';
import { shadowChallengers } from './serving/shadow-challengers.js';
import { serveHttp } from './http/serve.js';
import { openInferencePool } from './inference/pool.js';
import { configuredDatabase, type DatabaseRoles, prepareDatabase } from './jobs/prepare-database.js';
import { endOnFault } from './end-on-fault.js';
import { createLog } from './log.js';
import { explainListening, explainPostgres, explanationOf } from './start-error.js';
import { createSteps, type Step } from './steps.js';
import { expectedObjects } from './expected-objects.js';
import { prepareObjectStore } from './storage/open-object-store.js';
import { startWorkerProcess } from './start-worker-process.js';

const WEB_APP = fileURLToPath(new URL('../app', import.meta.url));
const BUNDLED_MODEL = fileURLToPath(new URL('../../models/reference', import.meta.url));

export interface RunningServer {
  /** 'http://localhost:4000' */
  url: string;
  admin: AdminSignIn;
  /**
   * Reports for DRAIN_MS that the server is about to stop, so that load balancers stop using it. Requests are still answered.
   */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the server and reports each step through `say`. If a part fails to start, the parts before it are stopped again.
 * @throws StartError, ConfigError or ObjectStoreError with a message for the person who starts the server; any other error is
 *   a bug
 */
export async function startServer(
  config: Config,
  log: Logger,
  say: (line: string) => void,
): Promise<RunningServer> {
  const parts = new CloseStack(log);
  try {
    const { url, admin, drain } = await openParts(config, log, createSteps(say), parts);
    return { url, admin, drain, stop: () => parts.close() };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

async function openParts(config: Config, log: Logger, step: Step, parts: CloseStack) {
  const roles = await step(
    'Database',
    () => openPostgres(config, log, parts),
    () =>
      config.databaseUrl === null
        ? `embedded Postgres in ${shown(postgresFolder(config))}`
        : 'as DATABASE_URL says',
  );
  await step(
    'Migrations',
    () => prepareDatabase(roles, log),
    (applied) => (applied.length === 0 ? 'none is new' : `${applied.length} applied`),
  );
  const databaseUrl = roles.url;
  const database = parts.add(createDatabase(databaseUrl, 10, log), (it) => it.$disconnect());
  const events = parts.add(await openEvents(databaseUrl, log), (it) => it.close());

  const registry = new Registry();
  observeDatabase(registry, database);
  observeDisk(registry, config.dataDir);
  const plainStore = await step(
    'Object store',
    async () => prepareObjectStore(config, await expectedObjects(database)),
    ({ root }) => root,
  );
  const store = observeStore(registry, plainStore);
  parts.add(store, (it) => it.close());

  const signingKey = await openSigningKey(config.dataDir);
  parts.add(runSealer({ database, store, signingKey, log }), (it) => it.close());
  if (config.auditSyslog !== null) {
    parts.add(runForwarder({ database, log }, config.auditSyslog), (it) => it.close());
  }
  if (config.auditRetentionDays !== null) {
    const archiver = runArchiver(
      { database, store, signingKey, log },
      { retentionDays: config.auditRetentionDays, onlyForwarded: config.auditSyslog !== null },
    );
    parts.add(archiver, (it) => it.close());
  }

  const inference = parts.add(
    openInferencePool({
      threads: config.inferenceThreads,
      queueLimit: config.inferenceQueueLimit,
      maxBatch: config.inferenceMaxBatch,
      batchDelayMs: config.inferenceBatchDelayMs,
      server: config.inferenceServer,
      log,
    }),
    (it) => it.close(),
  );
  const served = parts.add(await followChampions({ database, store, inference, events, log }), (it) =>
    it.close(),
  );
  parts.add(await reportReplica({ database, served, log }), (it) => it.close());
  const metrics = createMetrics({ inference, served }, registry);
  parts.add(watchChampions({ served, log }, registry), (it) => it.close());
  parts.add(observeProcess(metrics.registry), (stop) => stop());
  const shadow = parts.add(
    shadowChallengers({ database, inference, served, metrics, log }, config.shadowShare),
    (it) => it.close(),
  );
  const services = createAppServices({
    ...{ config, database, store, inference, served, shadow, metrics, events, log },
  });
  parts.add(services.accesses, (it) => it.flush());

  const admin = await ensureAdmin(database, {
    email: config.adminEmail,
    password: config.adminPassword,
    only: onlyAccountWithPassword(config),
  });
  if (!admin.hasPassword && !config.builtInAccounts) {
    log.warn(
      `EMERGENCY_ACCOUNT: ${config.emergencyAccount} is not an enabled administrator with a password. ` +
        'Nobody can sign in while the identity provider is unavailable.',
    );
  }
  await step(
    'Champion',
    async () => {
      await registerBundledModel(services, BUNDLED_MODEL, admin);
      await served.refresh();
    },
    () => championRemark(services),
  );

  if (config.worker === 'embedded') {
    const worker = await step('Worker', async () => startWorkerProcess(config, databaseUrl, log));
    parts.add(worker, (it) => it.stop());
  }
  const http = await step('HTTP', () => serveHttp(services, WEB_APP).catch(explainListening(config)));
  parts.add(http, (it) => it.close());
  return { url: http.url, admin, drain: () => http.drain() };
}

/** How long the embedded Postgres may take to write its memory to the disk. */
const POSTGRES_STOP_MS = 65_000;

/** The addresses of the configured database, or of the embedded Postgres, which is started. */
async function openPostgres(config: Config, log: Logger, parts: CloseStack): Promise<DatabaseRoles> {
  const configured = await configuredDatabase(config, log);
  if (configured) return configured;
  const starting = startEmbeddedPostgres(postgresFolder(config), {}, log).catch(explainPostgres);
  const postgres = parts.add(await starting, (it) => it.stop(), POSTGRES_STOP_MS);
  return { url: postgres.processUrl, migrationUrl: postgres.url };
}

function championRemark({ served }: Services): string {
  const models = served.readiness().filter(({ championVersionId }) => championVersionId !== null);
  if (models.length === 0) return 'none yet; train a model and promote it';
  return models
    .map(({ modelName, servedVersionId }) =>
      servedVersionId === null
        ? `the champion of ${modelName} does not load, see above; promote another version`
        : `${modelName} ${served.champion(modelName)?.version ?? ''}`.trim(),
    )
    .join(', ');
}

const postgresFolder = ({ dataDir }: Config) => path.join(dataDir, 'postgres');

function shown(folder: string): string {
  const relative = path.relative(process.cwd(), folder);
  return relative.startsWith('..') ? folder : relative;
}

// ---- as a program ---------------------------------------------------------------------------------------------------

/** The exit code when the server could not start and has reported why. Restarting would not help. */
const NOT_STARTED_EXIT_CODE = 1;

/**
 * The program: reads the settings from the environment and `.env`, reports to the terminal, and stops on Ctrl-C, SIGTERM, or
 * the exit of a parent process connected over IPC. The parent receives 'ready' when the server answers requests.
 */
export async function main(): Promise<void> {
  // The reader of the output may exit before the server does.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const say = (line: string) => process.stdout.write(`${line}\n`);
  try {
    loadEnvFile(process.cwd());
    const config = loadConfig(process.env);
    const log = createLog(config.logLevel);
    const starting = startServer(config, log, say);
    stopWhenTold(starting, say);
    endOnFault(log, async () => (await starting).stop());
    const { url, admin } = await starting;
    for (const line of welcome(url, admin, config)) say(line);
    process.send?.('ready');
  } catch (error) {
    process.stderr.write(`\n${explanationOf(error)}\n`);
    process.exit(NOT_STARTED_EXIT_CODE);
  }
}

function welcome(url: string, admin: AdminSignIn, { identityProvider }: Config): string[] {
  const provider = identityProvider?.name;
  if (!admin.hasPassword) {
    return ['', `Cytograph answers at ${url}`, `Sign in with ${provider ?? 'the identity provider'}.`, ''];
  }
  const password =
    admin.oneTimePassword === null
      ? 'your password'
      : `the one-time password ${admin.oneTimePassword} (then choose your own)`;
  return ['', `Cytograph answers at ${url}`, `Sign in as ${admin.email} with ${password}.`, ''];
}

/**
 * npm forwards the Ctrl-C that the terminal also sends to the server: a second signal within this time is the same Ctrl-C.
 */
const SAME_SIGNAL_MS = 500;

/**
 * The first SIGINT or SIGTERM stops the server gracefully, the second immediately. SIGTERM waits for load balancers first.
 */
function stopWhenTold(starting: Promise<RunningServer>, say: (line: string) => void): void {
  let stoppingSince: number | null = null;
  const stop = async (line: string, drains = false) => {
    if (stoppingSince !== null) {
      if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
      process.exit(130);
    }
    stoppingSince = performance.now();
    say(line);
    const running = await starting.catch(() => null); // the failure has been reported
    if (running === null) return;
    if (drains) await running.drain();
    await running.stop();
    say('Stopped.');
    process.exit(0);
  };
  process.on('SIGINT', () => void stop('\nStopping. Press Ctrl-C again to stop immediately.'));
  process.on('SIGTERM', () => void stop('Stopping.', true));
  process.on(
    'disconnect',
    () => void stop('Stopping, because the process that started the server has exited.'),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
