import type { DatabaseOrTransaction } from '../../database/client.js';
import type { CellType } from '../../database/generated/enums.js';
import { blastEquivalents, blastTypes } from '../../decision/blast-types.js';
import { cellsWithNewestReview } from '../cases/cells-with-newest-review.js';
import { type KnownOfCell, knownOfCell, type Place, placeOfCell } from '../cases/place-of-cell.js';
import { clopperPearsonInterval } from './clopper-pearson.js';
import type { CountedShare, Differential } from './types.js';

/** The types of white cells in the order of a differential. Null: another cell whose type is not stated. */
const order: readonly (CellType | null)[] = [
  ...blastTypes,
  ...blastEquivalents,
  ...(['PROMYELOCYTE', 'MYELOCYTE', 'METAMYELOCYTE', 'BAND_NEUTROPHIL', 'SEGMENTED_NEUTROPHIL'] as const),
  ...(['EOSINOPHIL', 'BASOPHIL', 'MONOCYTE'] as const),
  ...(['LYMPHOCYTE', 'REACTIVE_LYMPHOCYTE', 'LARGE_GRANULAR_LYMPHOCYTE', 'ABNORMAL_LYMPHOCYTE'] as const),
  ...(['PROLYMPHOCYTE', 'HAIRY_CELL', 'PLASMA_CELL', 'OTHER', null] as const),
];
const blastRows: ReadonlySet<CellType | null> = new Set(blastTypes);
const blastsAndEquivalents: ReadonlySet<CellType | null> = new Set([...blastTypes, ...blastEquivalents]);

/** The setting of a case, and the number of cells of each kind. */
interface CountedCase {
  id: string;
  minimumCells: number;
  countBandsSeparately: boolean;
  /** Cells that were found in fields of the case and not classified. */
  leftOut: number;
  kinds: readonly CellKind[];
}

/** Cells of a case about which the same is known. */
interface CellKind extends KnownOfCell {
  modelVersionId: string;
  count: number;
  /** Whether another cell of the case is at the same place of the same image. */
  isRepeat: boolean;
}

/**
 * The differential of a case, which the caller must have found for the user: how many cells are of each type, and the share of each among
 * the white cells, 0 to 1. Null if there is no such case.
 */
export async function countDifferential(
  database: DatabaseOrTransaction,
  caseId: string,
): Promise<Differential | null> {
  return (await loadDifferentials(database, [caseId])).get(caseId) ?? null;
}

/** The same for several cases, with one query. */
export async function loadDifferentials(
  database: DatabaseOrTransaction,
  caseIds: readonly string[],
): Promise<Map<string, Differential>> {
  const ids = [...caseIds];
  const cases = await database.$queryRaw<CountedCase[]>`
    WITH cells AS (
      SELECT c.id AS "caseId", p."modelVersionId", ${knownOfCell},
        row_number() OVER (PARTITION BY c.id, p."imageSha256", p.region ORDER BY p."createdAt", p.id) > 1 AS "isRepeat"
      FROM ${cellsWithNewestReview}
      WHERE c.id = ANY(${ids}::text[])
    ), kinds AS (
      SELECT *, count(*)::int AS count FROM cells
      GROUP BY "caseId", "modelVersionId", verdict, "cellType", outcome, named, "isPositive", "isRepeat"
    )
    SELECT c.id, c."minimumCells", c."countBandsSeparately",
      (SELECT coalesce(json_agg(kinds), '[]') FROM kinds WHERE kinds."caseId" = c.id) AS kinds,
      (SELECT count(*)::int FROM "Field" f CROSS JOIN json_array_elements(f."leftOut"::json) AS l (cell)
        WHERE f."caseReference" = c.reference AND f."siteId" IS NOT DISTINCT FROM c."siteId" AND NOT EXISTS (
          SELECT FROM "Prediction" p WHERE p."fieldId" = f.id AND p.region = ARRAY[
            (cell->'region'->>'left')::int, (cell->'region'->>'top')::int,
            (cell->'region'->>'width')::int, (cell->'region'->>'height')::int])) AS "leftOut"
    FROM "Case" c WHERE c.id = ANY(${ids}::text[])`;
  return new Map(cases.map((each) => [each.id, differentialOf(each)]));
}

/** Bands count with segmented neutrophils unless the case says otherwise. */
function placeOf(kind: CellKind, countBandsSeparately: boolean): Place {
  const place = placeOfCell(kind);
  const isBand = typeof place === 'object' && place.row === 'BAND_NEUTROPHIL';
  return isBand && !countBandsSeparately ? { row: 'SEGMENTED_NEUTROPHIL' } : place;
}

function differentialOf({ minimumCells, countBandsSeparately, leftOut, kinds }: CountedCase): Differential {
  const placed = kinds.map((kind) => ({ ...kind, place: placeOf(kind, countBandsSeparately) }));
  const white = placed.flatMap(({ place, ...kind }) =>
    typeof place === 'object' ? { ...kind, type: place.row } : [],
  );
  const countAt = (wanted: Place) => sum(placed.filter(({ place }) => place === wanted));
  const whiteCells = sum(white);
  const toReview = {
    blasts: sum(white.filter(({ type, verdict }) => verdict === null && blastsAndEquivalents.has(type))),
    needsReview: countAt('needs review'),
    notRecognised: countAt('not recognised'),
  };
  // Withheld cells belong to some row, and nobody knows yet to which one.
  const isOpen = toReview.needsReview + toReview.notRecognised > 0;
  const shareOf = (types: ReadonlySet<CellType | null>): Pick<CountedShare, keyof CountedShare> => {
    const cells = white.filter(({ type }) => types.has(type));
    const reviewed = sum(cells.filter(({ verdict }) => verdict !== null));
    // That no cell is of a type is known only when a person has seen all of them.
    const isUnseen =
      cells.length === 0 ? white.some(({ verdict }) => verdict === null) : reviewed < sum(cells);
    return { reviewed, ...shareAmong(sum(cells), whiteCells, isOpen || isUnseen) };
  };
  const erythroblasts = countAt('erythroblast');

  return {
    minimumCells,
    countBandsSeparately,
    whiteCells,
    rows: order.flatMap((type) =>
      white.some((cell) => cell.type === type) ? { type, ...shareOf(new Set([type])) } : [],
    ),
    blasts: shareOf(blastRows),
    blastsAndEquivalents: shareOf(blastsAndEquivalents),
    erythroblasts,
    erythroblastsPer100: whiteCells > 0 ? (100 * erythroblasts) / whiteCells : null,
    smudgeCells: countAt('smudge cell'),
    notCells: countAt('not a cell'),
    undecided: countAt('undecided'),
    toReview,
    leftOut,
    repeats: sum(placed.filter(({ isRepeat }) => isRepeat)),
    versionIds: [...new Set(kinds.map(({ modelVersionId }) => modelVersionId))].sort(),
  };
}

function shareAmong(count: number, whiteCells: number, isEstimate: boolean): Omit<CountedShare, 'reviewed'> {
  const share = whiteCells > 0 ? count / whiteCells : null;
  const interval = share === null || isEstimate ? null : clopperPearsonInterval(count, whiteCells);
  return { count, share, lower: interval?.lower ?? null, upper: interval?.upper ?? null, isEstimate };
}

function sum(cells: readonly { count: number }[]): number {
  return cells.reduce((total, { count }) => total + count, 0);
}
