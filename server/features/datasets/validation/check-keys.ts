import { type ClassMapping, classOf } from '../class-mapping.js';
import { foldPath, shownSpellings, spellings } from '../names.js';
import { counted, EXAMPLE_IMAGES, EXAMPLES } from './finding.js';
import type { ImageCheck } from './image-check.js';

/**
 * IMG_1.jpg and img_1.JPG in the same class folder: a groups CSV from a spreadsheet cannot distinguish them, and Windows and
 * macOS keep only one of them. checkStructure compares the class folders themselves; a mapping may name both of two such folders.
 */
export const collidingKeys: ImageCheck = ({ items, classes }) => {
  const colliding = spellings(
    items.map(({ key }) => key),
    (key) => foldBelowFolder(classes, key),
  );
  if (colliding.length === 0) return [];
  return [
    {
      check: 'colliding-files',
      severity: 'ERROR',
      message:
        `Some files have paths that differ only in capitals, spaces or letter encoding, in ${counted(colliding.length, 'case')}. ` +
        'People and spreadsheets treat them as one file, and Windows and macOS keep only one of them. Rename or remove one of each in the source.',
      count: colliding.length,
      examples: colliding.slice(0, EXAMPLES).map(shownSpellings),
      exampleKeys: colliding.flat().slice(0, EXAMPLE_IMAGES),
    },
  ];
};

function foldBelowFolder(classes: ClassMapping, key: string): string {
  const folder = classOf(classes, key)?.folder ?? '';
  return key.startsWith(`${folder}/`) ? folder + foldPath(key.slice(folder.length)) : foldPath(key);
}
