import type { Logger } from 'pino';
import type { Artifact } from '../server/artifact/artifact.js';
import type { GivenCells, PreparedField } from '../server/imaging/prepare-field.js';
import { UnreadableImageError } from '../server/image-files/unreadable-image.js';
import type { RawAnswer } from '../server/decision/interpret.js';
import { type InferencePool, openInferencePool } from '../server/inference/pool.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { readStoredImage, StoredImageError } from '../server/storage/stored-images.js';
import { EvaluationError } from './evaluation-error.js';

/** A cell to score. */
export interface CellToAnswer {
  /** Its name in errors. */
  readonly key: string;
  readonly imageSha256: string;
  /** Box of the cell in a field, in pixels: left, top, width, height. Missing or empty: the image shows a single cell. */
  readonly region?: readonly number[];
}

export interface AnsweringRoom {
  /** The number of worker threads that score the cells. */
  threads: number;
  log: Logger;
  /** Called after each cell with the number of cells that are done. */
  onProgress: (done: number) => void;
}

type Images = Pick<ObjectStore, 'get'>;

const MODEL = 'model';

/** Images in progress for each thread: some are read from the store while others are decoded and scored. */
const AHEAD = 4;

/** Fields in progress for each thread: the prepared cells of each are in memory, up to 75 MB for 500 cells of 224². */
const FIELDS_AHEAD = 2;

/**
 * Scores cells with the serving engine, each as the version sees it when it serves, and returns what `keep` makes of each answer, in
 * the order of the cells. Only a few images are in memory at a time, and of fields at most two for each thread.
 *
 * Throws EvaluationError when an image is missing or unreadable, because results without it would describe another set of cells;
 * ModelLoadError; ObjectStoreError; and the reason of `signal` when it aborts.
 */
export async function answerCells<Cell extends CellToAnswer, Kept>(
  { manifest, onnx }: Pick<Artifact, 'manifest' | 'onnx'>,
  { cells, store }: { cells: readonly Cell[]; store: Images },
  keep: (answer: RawAnswer, cell: Cell) => Kept,
  { threads, log, onProgress }: AnsweringRoom,
  signal: AbortSignal,
): Promise<Kept[]> {
  const inFlight = threads * AHEAD;
  // One image per run, so that its score does not depend on the other images of a batch.
  const pool = openInferencePool({ threads, queueLimit: inFlight, maxBatch: 1, log });
  const kept: Kept[] = [];
  let done = 0;
  try {
    await pool.load(MODEL, manifest, onnx);
    const images = [...byImage(cells).values()];
    const isOfField = (ofImage: Numbered<Cell>[]) => ofImage.some(({ cell }) => hasRegion(cell));
    const fields = images.filter(isOfField).values();
    const others = images.filter((ofImage) => !isOfField(ofImage)).values();
    const answerAll = async (waiting: Iterable<Numbered<Cell>[]>) => {
      for (const ofImage of waiting) {
        signal.throwIfAborted();
        await answerImage(pool, store, ofImage, (answer, { cell, index }) => {
          kept[index] = keep(answer, cell);
          onProgress(++done);
        });
      }
    };
    const lane = async (place: number) => {
      if (place < threads * FIELDS_AHEAD) await answerAll(fields);
      await answerAll(others);
    };
    const lanes = Array.from({ length: inFlight }, (_, place) => lane(place));
    const ends = await Promise.allSettled(lanes); // after a failure no lane starts another image
    const failure = ends.find((end) => end.status === 'rejected');
    if (failure) throw failure.reason;
  } finally {
    await pool.close();
  }
  return kept;
}

interface Numbered<Cell> {
  cell: Cell;
  index: number;
}

function byImage<Cell extends CellToAnswer>(cells: readonly Cell[]): Map<string, Numbered<Cell>[]> {
  const ofImages = new Map<string, Numbered<Cell>[]>();
  cells.forEach((cell, index) => {
    const known = ofImages.get(cell.imageSha256);
    if (known) known.push({ cell, index });
    else ofImages.set(cell.imageSha256, [{ cell, index }]);
  });
  return ofImages;
}

/** Scores the cells of one image, which is decoded once for all cells of a field. */
async function answerImage<Cell extends CellToAnswer>(
  pool: InferencePool,
  store: Images,
  cells: readonly Numbered<Cell>[],
  answered: (answer: RawAnswer, cell: Numbered<Cell>) => void,
): Promise<void> {
  const [first] = cells;
  if (!first) return;
  try {
    const bytes = await readStoredImage(store, first.cell.imageSha256);
    const ofField = cells.filter(({ cell }) => hasRegion(cell));
    const singles = cells.filter(({ cell }) => !hasRegion(cell));
    if (singles.length > 0) {
      const answer = await pool.infer(MODEL, bytes);
      for (const single of singles) answered(answer, single);
    }
    if (ofField.length > 0) await answerField(pool, bytes, ofField, answered);
  } catch (error) {
    if (!(error instanceof StoredImageError) && !(error instanceof UnreadableImageError)) throw error;
    throw new EvaluationError(`The image '${first.cell.key}' cannot be evaluated: ${error.message}`, {
      cause: error,
    });
  }
}

/**
 * Cells that the search finds again are scored as found; a cell that a user added is placed in the middle of its box. The field is
 * prepared once for each of these, one after the other, so that the prepared cells of only one are in memory.
 */
async function answerField<Cell extends CellToAnswer>(
  pool: InferencePool,
  bytes: Uint8Array,
  cells: readonly Numbered<Cell>[],
  answered: (answer: RawAnswer, cell: Numbered<Cell>) => void,
): Promise<void> {
  const { added, scale } = await answerPrepared(pool, bytes, null, cells, answered);
  if (added.length === 0) return;
  const places = added.map(({ cell: { region = [] } }) => {
    const [left = 0, top = 0, width = 0, height = 0] = region;
    return {
      region: { left, top, width, height },
      centre: { x: left + width / 2, y: top + height / 2 },
      diameter: Math.sqrt(width * height),
    };
  });
  const { added: missing } = await answerPrepared(pool, bytes, { cells: places, scale }, added, answered);
  const [first] = missing;
  if (first) throw new Error(`The cell '${first.cell.key}' was not prepared.`);
}

/** Scores the cells that a preparation of the field contains; returns the others, and the scale of the field. */
async function answerPrepared<Cell extends CellToAnswer>(
  pool: InferencePool,
  bytes: Uint8Array,
  places: GivenCells | null,
  cells: readonly Numbered<Cell>[],
  answered: (answer: RawAnswer, cell: Numbered<Cell>) => void,
): Promise<{ added: Numbered<Cell>[]; scale: PreparedField['scale'] }> {
  const field = await pool.reserve(MODEL).prepareField(bytes, places);
  const prepared = new Map(field.cells.map((cell) => [placeOf(cell.region), cell]));
  const added: Numbered<Cell>[] = [];
  for (const numbered of cells) {
    const found = prepared.get(numbered.cell.region?.join(' ') ?? '');
    if (found) answered(await pool.reserve(MODEL).inferCell(found.image), numbered);
    else added.push(numbered);
  }
  return { added, scale: field.scale };
}

function hasRegion({ region }: CellToAnswer): boolean {
  return region !== undefined && region.length > 0;
}

/** A box as text, in the order of `region`. */
function placeOf({ left, top, width, height }: Record<'left' | 'top' | 'width' | 'height', number>): string {
  return [left, top, width, height].join(' ');
}
