import type { StoredObject } from '../../storage/object-store.js';

/** Folders and files that operating systems, network drives and archivers leave behind, by their lower-case names. */
const SYSTEM_NAMES = new Map(
  [
    '@eaDir', // Synology
    '#recycle',
    '#snapshot',
    '@Recycle', // QNAP
    '@Recently-Snapshot',
    '$RECYCLE.BIN', // Windows
    'RECYCLER',
    'System Volume Information',
    'Thumbs.db',
    'ehthumbs.db',
    'ehthumbs_vista.db',
    'desktop.ini',
    '__MACOSX', // macOS
    'Icon\r',
    'lost+found', // Linux
  ].map((name) => [name.toLowerCase(), name.trim()]),
);

/** Hidden files and folders that are reported by name. */
const NAMED_HIDDEN = new Set([
  '.DS_Store',
  '.Spotlight-V100',
  '.Trashes',
  '.fseventsd',
  '.ipynb_checkpoints',
]);

/**
 * The kind of a system file that was not put there on purpose: the name of the file or folder, such as '@eaDir' or '.DS_Store', or
 * 'hidden files' for others whose name, or a folder's name, begins with a dot. Null for ordinary files.
 */
export function systemName({ key, byteSize }: Pick<StoredObject, 'key' | 'byteSize'>): string | null {
  const isMarker = key.endsWith('/') || key.endsWith('_$folder$');
  if (isMarker && byteSize === 0) return 'folder markers';
  for (const part of key.split('/')) {
    const known = SYSTEM_NAMES.get(part.toLowerCase());
    if (known !== undefined) return known;
    if (part.startsWith('._')) return '._*';
    if (NAMED_HIDDEN.has(part)) return part;
    if (part.startsWith('.')) return 'hidden files';
  }
  return null;
}
