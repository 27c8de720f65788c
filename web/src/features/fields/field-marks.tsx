import { memo } from 'react';
import type { FieldWithCellsFragment } from '../../graphql/graphql.js';
import { leftOutLabels, outcomeWord } from './field-words.js';
import { markKindOf, markLines, type MarkKind } from './mark-lines.js';
import { type PlacedText, placeTexts } from './place-texts.js';
import type { Box } from './view.js';

/** Height of the text, in pixels of the screen. */
const TEXT_SIZE = 13;
/** The primary colour of the light scheme, because pictures of smears are light in both schemes. */
const SELECTION = '#4f3a8c';
/** Distance of the second line around the selected cell from the first, in pixels of the screen. */
const SELECTION_GAP = 5;

interface FieldMarksProps {
  field: FieldWithCellsFragment;
  selectedId: string | null;
  /** Pixels of the screen for each pixel of the picture. Lines and texts have the same size at every zoom. */
  scale: number;
}

/**
 * The numbered boxes of the cells with their outcomes, and the boxes of what was left out. Where there is no room for an outcome, only
 * the number is written, and where there is none for the number either, the line of the box shows the outcome. Not rendered again while
 * the picture moves.
 */
export const FieldMarks = memo(function FieldMarks({ field, selectedId, scale }: FieldMarksProps) {
  const cells = field.predictions.flatMap((cell, index) =>
    cell.region
      ? {
          key: cell.id,
          region: cell.region,
          kind: markKindOf(cell, field.modelVersion.positiveLabel),
          texts: [`${index + 1} ${outcomeWord(cell)}`, `${index + 1}`],
        }
      : [],
  );
  const leftOut = field.leftOut.map(({ region, reason }, index) => ({
    key: `left out ${index}`,
    region,
    kind: 'left out' as const,
    texts: [leftOutLabels[reason], ''],
  }));
  const isSelected = ({ key }: { key: string }) => key === selectedId;
  const marks = [...cells.filter(isSelected), ...cells.filter((cell) => !isSelected(cell)), ...leftOut];
  const texts = placeTexts(marks, field.image, scale, TEXT_SIZE);
  return (
    <g aria-hidden>
      {/* The selected cell is drawn last, above the others. */}
      {marks
        .map((mark, index) => (
          <Mark
            key={mark.key}
            region={mark.region}
            kind={mark.kind}
            text={texts[index]}
            isSelected={isSelected(mark)}
            scale={scale}
          />
        ))
        .toReversed()}
    </g>
  );
});

interface MarkProps {
  region: Box;
  kind: MarkKind;
  text: PlacedText | undefined;
  isSelected?: boolean;
  scale: number;
}

function Mark({ region, kind, text, isSelected = false, scale }: MarkProps) {
  const { left, top, width, height } = region;
  const line = markLines[kind];
  const box = { x: left, y: top, width, height, rx: 3 / scale, fill: 'none' };
  const gap = SELECTION_GAP / scale;
  return (
    <g>
      {isSelected && (
        <rect
          x={left - gap}
          y={top - gap}
          width={width + 2 * gap}
          height={height + 2 * gap}
          rx={6 / scale}
          fill="none"
          stroke={SELECTION}
          strokeWidth={3}
          vectorEffect="non-scaling-stroke"
        />
      )}
      {/* White below the line, so that it is visible on dark nuclei and on the pale slide. */}
      <rect
        {...box}
        stroke="#ffffff"
        strokeOpacity={0.85}
        strokeWidth={line.strokeWidth + 2.5}
        vectorEffect="non-scaling-stroke"
      />
      <rect {...box} {...line} vectorEffect="non-scaling-stroke" />
      {text?.text && (
        <text
          x={text.x}
          y={text.y}
          fontSize={TEXT_SIZE / scale}
          fontWeight={650}
          fill={line.stroke}
          stroke="#ffffff"
          strokeWidth={4 / scale}
          strokeLinejoin="round"
          paintOrder="stroke"
        >
          {text.text}
        </text>
      )}
    </g>
  );
}
