import { type ClassMapping, classOf } from '../class-mapping.js';
import { foldPath, shownSpellings, spellings } from '../names.js';
import { counted, EXAMPLE_IMAGES, EXAMPLES } from './finding.js';
import type { ImageCheck } from './image-check.js';

/**
 * IMG_1.jpg beside img_1.JPG in one class folder: a groups CSV from a spreadsheet cannot tell them apart, and Windows and macOS
 * keep only one of them. Class folders themselves are compared by checkStructure, and may differ so where a mapping names both.
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
        `Files whose paths differ only in capitals, in spaces or in how a letter is encoded, in ${counted(colliding.length, 'case')}: ` +
        'people and spreadsheets take them for one file, and Windows and macOS keep only one of them. Rename or remove one of each in the source.',
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
