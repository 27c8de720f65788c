import { sharesByLabel, someOfEachLabel } from './by-label.js';
import { counted, type Finding, tallyOfItems } from './finding.js';
import type { ImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';

// Does every image show one whole white cell, as the network assumes? The cells were found when the image was measured;
// docs/cell-finding.md says how often the finder is wrong.

/** Share of the images of a label. The finder misses at most one cell in a hundred, so that in a small snapshot one miss is not a warning. */
const NO_CELL_AT_MOST = 0.05;
/** Share of the images of a label. In the single-cell images of three laboratories it is at most 0.11, and a few of them do no harm. */
const SEVERAL_OR_CUT_OFF_AT_MOST = 0.2;

interface ContentCheck {
  check: string;
  concerns: (item: ImageItem) => boolean;
  /** What the images show: 'No white cell was found' */
  what: string;
  /** What it means, and what to do. */
  meaning: string;
  /** The largest share of the images of a label that is not a WARNING. */
  atMost: number;
}

export const noCell: ImageCheck = ({ items }) =>
  contentFindings(items, {
    check: 'no-cell',
    concerns: ({ cells }) => cells.subject === null,
    what: 'No white cell was found',
    meaning:
      'From an image without a cell, a model learns the slide instead. Look at these images, and remove those without a white cell from the source.',
    atMost: NO_CELL_AT_MOST,
  });

export const severalCells: ImageCheck = ({ items }) =>
  contentFindings(items, {
    check: 'several-cells',
    concerns: ({ cells }) => cells.wholeCells > 1,
    what: 'Several whole white cells were found',
    meaning:
      'The label may be that of only one of them, and a model can learn from the neighbours. Crop the images so that each shows one cell.',
    atMost: SEVERAL_OR_CUT_OFF_AT_MOST,
  });

export const cellCutOff: ImageCheck = ({ items }) =>
  contentFindings(items, {
    check: 'cell-cut-off',
    concerns: ({ cells: { subject, wholeCells } }) => wholeCells <= 1 && subject?.isCutOff === true,
    what: 'The border cuts off the white cell',
    meaning: 'A part of the cell is missing, and its size is unknown. Use images that show the whole cell.',
    atMost: SEVERAL_OR_CUT_OFF_AT_MOST,
  });

function contentFindings(
  items: readonly ImageItem[],
  { check, concerns, what, meaning, atMost }: ContentCheck,
): Finding[] {
  const affected = items.filter(concerns);
  if (affected.length === 0) return [];
  const shares = sharesByLabel(items, concerns);
  const largest = Math.max(...shares.map(({ share }) => share));
  const each = shares.map(({ text }) => text).join(', ');
  return [
    {
      check,
      severity: largest > atMost ? 'WARNING' : 'INFO',
      message: `${what} in ${counted(affected.length, 'image')}: ${each}. ${meaning}`,
      ...tallyOfItems(affected),
      exampleKeys: someOfEachLabel(affected),
      statistic: largest,
      threshold: atMost,
    },
  ];
}
