import { z } from 'zod';
import { authorise } from '../../../api/authorise.js';
import { batched, rowsByKey } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { ofVisibleSites, type SiteLimits } from '../../../api/visible-sites.js';
import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import type { PredictionOutcome } from '../../../database/generated/enums.js';
import { isId } from '../../../database/ids.js';
import { leftOutReasons } from '../../../pixels/field-cells.js';
import type { PredictionRow } from '../load-predictions.js';

const Box = z.object({ left: z.number(), top: z.number(), width: z.number(), height: z.number() });

/** The form of `Field.scale` in the database. */
const FieldScale = z.object({ redCellDiameter: z.number(), uncertainty: z.number(), redCells: z.number() });
/** The form of `Field.leftOut` in the database. */
const LeftOut = z.array(z.object({ region: Box, reason: z.enum(leftOutReasons) }));

export type FieldRow = Omit<Prisma.FieldGetPayload<object>, 'scale' | 'leftOut'> & {
  scale: z.infer<typeof FieldScale> | null;
  leftOut: z.infer<typeof LeftOut>;
};

/** The fields with these ids, of the sites that the user sees. */
export async function loadFields(
  database: Database,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, FieldRow>> {
  const rows = await database.field.findMany({ where: { id: { in: [...ids] }, ...ofVisibleSites(limits) } });
  return new Map(rows.map((row) => [row.id, fieldOf(row)]));
}

/** A row of the database with its JSON columns checked. */
export function fieldOf(row: Prisma.FieldGetPayload<object>): FieldRow {
  return { ...row, scale: FieldScale.nullable().parse(row.scale), leftOut: LeftOut.parse(row.leftOut) };
}

/** A field by id, for users who may read predictions; null if there is none. */
export async function findField(context: RequestContext, id: string): Promise<FieldRow | null> {
  authorise(context, 'read predictions');
  return isId('field', id) ? batched(context, loadFields).load(id) : null;
}

/** The predictions of each field, in reading order; cells that users added come last. */
export async function loadPredictionsOfFields(
  database: Database,
  fieldIds: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, PredictionRow[]>> {
  const rows = await database.prediction.findMany({
    where: { fieldId: { in: [...fieldIds] }, ...ofVisibleSites(limits) },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], // the ids of one transaction were made in reading order
    omit: { evidence: true },
  });
  return rowsByKey(rows, ({ fieldId }) => fieldId ?? '');
}

export interface OutcomeCount {
  outcome: PredictionOutcome;
  label: string;
  count: number;
}

/** The number of predictions of each field by outcome and label, without the rows. Fields without predictions have no entry. */
export async function loadOutcomesOfFields(
  database: Database,
  fieldIds: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, OutcomeCount[]>> {
  const groups = await database.prediction.groupBy({
    by: ['fieldId', 'outcome', 'label'],
    where: { fieldId: { in: [...fieldIds] }, ...ofVisibleSites(limits) },
    _count: true,
  });
  const counts = groups.map(({ _count: count, ...group }) => ({ ...group, count }));
  return rowsByKey(counts, ({ fieldId }) => fieldId ?? '');
}
