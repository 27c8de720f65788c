import { ALL_SITES } from '../../api/visible-sites.js';
import { databaseTime } from '../../database/clock.js';
import type { Database } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import type { WebhookEvent } from '../../database/generated/enums.js';
import type { ModelWindow } from '../monitoring/answered.js';
import { driftFeatures } from '../monitoring/drift-features.js';
import { fitSuggestion } from '../monitoring/fit-suggestion.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The window that is examined. An event about the same champion is reported once in this time. */
const WINDOW_MS = 7 * DAY_MS;
/** By convention, a larger population stability index is a large shift. */
const LARGE_SHIFT = 0.2;
/** Key of the advisory lock that lets one process report at a time: 'drft' in ASCII. */
const LOCK = 0x64726674;

/** What monitoring has to report about the champion of a model; null: nothing. */
type Report = (database: Database, window: ModelWindow) => Promise<Prisma.InputJsonObject | null>;

/** The events that are found by looking at the figures, and how. */
const reports: Partial<Record<WebhookEvent, Report>> = {
  DRIFT: driftReport,
  FIT_SUGGESTED: fitReport,
};

/**
 * Queues a message for each champion that monitoring has something to report about.
 * @throws AggregateError with the failures of single champions, after all others were examined
 */
export async function reportMonitoring(database: Database): Promise<void> {
  const to = await databaseTime(database);
  const from = new Date(to.getTime() - WINDOW_MS);
  const failures: Error[] = [];
  for (const event of Object.keys(reports) as (keyof typeof reports)[]) {
    const report = reports[event];
    const listening = await database.webhook.count({ where: { enabled: true, events: { has: event } } });
    if (!report || listening === 0) continue;
    for (const { modelVersionId, model } of await championsOf(database)) {
      const { id: modelId, name: modelName, versions } = model;
      if (await wasReported(database, event, modelVersionId, from)) continue;
      try {
        const data = await report(database, { modelId, versions, from, to, limits: ALL_SITES });
        if (data === null) continue;
        const about = { modelName, modelVersionId, from: from.toISOString(), to: to.toISOString() };
        await announceOnce(database, event, { ...about, ...data }, from);
      } catch (error) {
        failures.push(new Error(`${event} of the model ${modelName}`, { cause: error }));
      }
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Some champions could not be examined.');
}

function championsOf(database: Database) {
  const versions = { select: { id: true, classes: true, positiveLabel: true } } as const;
  return database.modelAliasAssignment.findMany({
    where: { alias: 'CHAMPION' },
    select: { modelVersionId: true, model: { select: { id: true, name: true, versions } } },
  });
}

async function driftReport(database: Database, window: ModelWindow): Promise<Prisma.InputJsonObject | null> {
  const features = (await driftFeatures(database, window)).filter(
    ({ populationStabilityIndex }) => populationStabilityIndex > LARGE_SHIFT,
  );
  return features.length === 0
    ? null
    : {
        features: features.map(({ name, populationStabilityIndex }) => ({ name, populationStabilityIndex })),
      };
}

async function fitReport(database: Database, window: ModelWindow): Promise<Prisma.InputJsonObject | null> {
  const suggestion = await fitSuggestion(database, window);
  return suggestion && { reasons: suggestion.reasons };
}

async function wasReported(
  database: Pick<Database, 'webhookDelivery'>,
  event: WebhookEvent,
  modelVersionId: string,
  since: Date,
): Promise<boolean> {
  const data = { path: ['modelVersionId'], equals: modelVersionId };
  const earlier = await database.webhookDelivery.findFirst({
    where: { event, createdAt: { gte: since }, data },
    select: { id: true },
  });
  return earlier !== null;
}

/** Queues the message for every webhook that listens, unless another process has done so in the meantime. */
async function announceOnce(
  database: Database,
  event: WebhookEvent,
  data: { modelVersionId: string } & Prisma.InputJsonObject,
  since: Date,
): Promise<void> {
  await database.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK})`;
    if (await wasReported(tx, event, data.modelVersionId, since)) return;
    await tx.$executeRaw`SELECT announce_event(${event}::"WebhookEvent", ${JSON.stringify(data)}::jsonb)`;
  });
}
