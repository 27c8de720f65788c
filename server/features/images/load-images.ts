import type { Database } from '../../database/client.js';
import type { ImageRow } from './types.js';

/** Images by SHA-256. Used with `batched(context, loadImages)`. */
export async function loadImages(
  database: Database,
  sha256s: readonly string[],
): Promise<Map<string, ImageRow>> {
  const rows = await database.image.findMany({ where: { sha256: { in: [...sha256s] } } });
  return new Map(rows.map((row) => [row.sha256, row]));
}
