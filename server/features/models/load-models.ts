import { ofVisibleSites, type SiteLimits } from '../../api/visible-sites.js';
import { Manifest, validationPart } from '../../artifact/manifest.js';
import type { EvaluationMetrics } from '../../artifact/classification-metrics.js';
import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import type { ModelAlias } from '../../database/generated/enums.js';

// Loaders for `batched(context, …)`, for pages of models, versions and predictions.

export type ModelRow = Prisma.ModelGetPayload<object>;
/** A version as the API shows it: without its manifest, which can be large. */
export type ModelVersionRow = Prisma.ModelVersionGetPayload<{ omit: { manifest: true } }>;

export async function loadModels(
  database: DatabaseOrTransaction,
  ids: readonly string[],
): Promise<Map<string, ModelRow>> {
  const rows = await database.model.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, row]));
}

export async function loadModelsByName(
  database: Database,
  names: readonly string[],
): Promise<Map<string, ModelRow>> {
  const rows = await database.model.findMany({ where: { name: { in: [...names] } } });
  return new Map(rows.map((row) => [row.name, row]));
}

export async function loadModelVersions(
  database: DatabaseOrTransaction,
  ids: readonly string[],
): Promise<Map<string, ModelVersionRow>> {
  const rows = await database.modelVersion.findMany({
    where: { id: { in: [...ids] } },
    omit: { manifest: true },
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The classes of each version, in the order of its predictions' probabilities. */
export async function loadClasses(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const rows = await database.modelVersion.findMany({
    where: { id: { in: [...versionIds] } },
    select: { id: true, classes: true },
  });
  return new Map(rows.map(({ id, classes }) => [id, classes]));
}

/** The cell types that each version knows, in the order of its predictions' probabilities. */
export async function loadCellTypes(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const rows = await database.modelVersion.findMany({
    where: { id: { in: [...versionIds] } },
    select: { id: true, cellTypes: true },
  });
  return new Map(rows.map(({ id, cellTypes }) => [id, cellTypes]));
}

export async function loadManifests(
  database: DatabaseOrTransaction,
  versionIds: readonly string[],
): Promise<Map<string, Manifest>> {
  const rows = await database.modelVersion.findMany({
    where: { id: { in: [...versionIds] } },
    select: { id: true, manifest: true },
  });
  return new Map(rows.map(({ id, manifest }) => [id, Manifest.parse(manifest)]));
}

/** The metrics that each version's manifest reports on its own splits, the validation split first. A fit has none: those in its manifest are of its base. */
export async function loadReportedMetrics(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, (EvaluationMetrics & { split: string })[]>> {
  const rows = await database.$queryRaw<{ id: string; metrics: unknown }[]>`
    SELECT "id", "manifest"->'metrics' AS metrics FROM "ModelVersion"
    WHERE "id" = ANY(${[...versionIds]}) AND NOT "manifest" ? 'fit'`;
  return new Map(
    rows.map(({ id, metrics }) => {
      const reported = Manifest.shape.metrics.parse(metrics);
      const heldOut = { split: validationPart(reported), ...reported.validation };
      return [id, [heldOut, ...(reported.test ? [{ split: 'test', ...reported.test }] : [])]];
    }),
  );
}

/** The ids of the versions that have an alias, by model and alias. */
export async function loadAliasesOfModels(
  database: Database,
  modelIds: readonly string[],
): Promise<Map<string, Partial<Record<ModelAlias, string>>>> {
  const rows = await database.modelAliasAssignment.findMany({ where: { modelId: { in: [...modelIds] } } });
  const aliases = new Map<string, Partial<Record<ModelAlias, string>>>();
  for (const { modelId, alias, modelVersionId } of rows) {
    aliases.set(modelId, { ...aliases.get(modelId), [alias]: modelVersionId });
  }
  return aliases;
}

/** The number of predictions of each version, at the sites that the user sees. */
export async function loadPredictionCounts(
  database: Database,
  versionIds: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, number>> {
  const rows = await database.prediction.groupBy({
    by: ['modelVersionId'],
    where: { modelVersionId: { in: [...versionIds] }, ...ofVisibleSites(limits) },
    _count: true,
  });
  return new Map(rows.map((row) => [row.modelVersionId, row._count]));
}
