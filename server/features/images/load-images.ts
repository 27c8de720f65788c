import type { Database } from '../../database/client.js';
import type { ImageRow } from './types.js';

/** The images of these SHA-256s, for `batched(context, loadImages)`: of a page of predictions or of dataset items. */
export async function loadImages(
  database: Database,
  sha256s: readonly string[],
): Promise<Map<string, ImageRow>> {
  const rows = await database.image.findMany({ where: { sha256: { in: [...sha256s] } } });
  return new Map(rows.map((row) => [row.sha256, row]));
}
