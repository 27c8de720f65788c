import { Alert, Box, Button, Chip, LinearProgress, Paper, Stack, TextField, Typography } from '@mui/material';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { CellToReadFragment, CellType, ReadingDetailsFragment } from '../../graphql/graphql.js';
import { colours } from '../../ui/colours.js';
import { capitalised, count } from '../../ui/format.js';
import { type Choice, KeyButton, useKeys } from '../../ui/keys.js';
import { cellTypeLabels, verdictLabels } from '../../ui/labels.js';
import { useKeptState } from '../../ui/use-kept-state.js';
import { useWarningBeforeLeaving } from '../../ui/use-warning-before-leaving.js';
import { OutcomeChip } from '../predictions/outcome-chip.js';
import { ProbabilityScale } from '../predictions/probability-scale.js';
import { answeredCellType, isCellType } from '../reviews/answered-cell-type.js';
import { cellTypeKeys } from '../reviews/cell-type-keys.js';
import { CellTypeKeys } from './cell-type-choice.js';
import { FinishEarly } from './finish-early.js';
import { KeysDialog } from './keys-dialog.js';
import { decisionText } from './reading-words.js';
import { type Decision, useDecisions } from './use-decisions.js';

interface CellReaderProps {
  reading: ReadingDetailsFragment;
  onFinish: () => void;
  isFinishing: boolean;
}

/** What a reader has prepared for a cell but not decided. */
interface Draft {
  comment: string;
  cellType: CellType | null;
}

/** The pictures that are loaded ahead. A reader needs about two seconds for a cell. */
const AHEAD = 6;

/**
 * Shows the cells of an open reading one after the other, with keys for everything. The place is kept in the address, what is prepared and
 * the order of the decisions in the browser tab, and the decisions on the server.
 */
export function CellReader({ reading, onFinish, isFinishing }: CellReaderProps) {
  const { cells, waiting, failure, decide, undo, dismiss } = useDecisions(reading.id, reading.cells);
  const [search, setSearch] = useSearchParams();
  const [drafts, setDrafts] = useKeptState<Record<string, Draft>>(
    `reading-drafts-${reading.id}`,
    {},
    isDrafts,
  );
  const [seen, setSeen] = useKeptState<number[]>(`reading-seen-${reading.id}`, [], isPlaces);
  const [decided, setDecided] = useKeptState<number[]>(`reading-decided-${reading.id}`, [], isPlaces);
  const [showsKeys, setShowsKeys] = useState(false);
  const comment = useRef<HTMLTextAreaElement>(null);

  // The address follows in a transition, which a second key may come before.
  const [chosen, setPlace] = useState(() => {
    const asked = Number(search.get('cell')) - 1;
    return cells.some((cell) => cell.place === asked) ? asked : null;
  });
  const place = chosen ?? nextUndecided(cells, -1); // also if the last decision could not be saved
  const cell = cells.find((each) => each.place === place) ?? null;
  useLoadedAhead(cells, place);
  useWarningBeforeLeaving(waiting > 0);

  const go = (next: number | null) => {
    setPlace(next);
    setSearch(next === null ? {} : { cell: String(next + 1) }, { replace: true, preventScrollReset: true });
  };
  const leave = (next: number | null) => {
    if (place !== null) setSeen((places) => [...places.filter((each) => each !== place), place]);
    go(next);
  };
  const isAllDecided = cells.every(({ verdict }) => verdict !== null);
  const { comment: text, cellType } = (cell && drafts[cell.id]) ?? {
    comment: cell?.comment ?? '',
    cellType: cell?.cellType ?? null,
  };
  const prepare = (change: Partial<Draft>) => {
    if (cell) setDrafts((all) => ({ ...all, [cell.id]: { comment: text, cellType, ...change } }));
  };

  const answer = cell?.prediction ?? null;
  const modelType = answer?.outcome === 'CLASSIFIED' ? answeredCellType(answer.cellType) : null;
  const give = ({ verdict, label }: Pick<Decision, 'verdict' | 'label'>) => {
    if (!cell) return;
    // Who gives the label that is shown as the answer confirms the type beside it too, as in the gallery.
    const shownType = verdict === 'LABEL' && label === answer?.label ? modelType : null;
    const type = verdict === 'NOT_A_CELL' ? null : (cellType ?? shownType);
    decide(cell.place, { verdict, label, cellType: type, comment: text.trim() || null });
    setDecided((places) => [...places.filter((each) => each !== cell.place), cell.place]);
    leave(nextUndecided(cells, cell.place));
  };
  const last = decided.findLast((each) => cells.some((one) => one.place === each && one.verdict !== null));
  const toUndo = cell !== null && cell.verdict !== null ? cell.place : last;
  const undoLast = (undone: number) => {
    undo(undone);
    setDecided((places) => places.filter((each) => each !== undone));
    go(undone);
  };
  const before =
    seen.findLast((each) => each !== place) ??
    (place === null ? cells.at(-1)?.place : previous(cells, place));
  const back = (to: number) => {
    setSeen((places) => places.filter((each) => each !== to));
    go(to);
  };

  const confirm: Choice[] =
    answer?.outcome === 'CLASSIFIED'
      ? [
          {
            name: `Confirm ${capitalised(answer.label).toLowerCase()}`,
            key: 'Enter',
            run: () => give({ verdict: 'LABEL', label: answer.label }),
          },
        ]
      : [];
  const labels: Choice[] = (cell?.labels ?? []).map((label, index) => ({
    name: capitalised(label),
    key: String(index + 1),
    run: () => give({ verdict: 'LABEL', label }),
  }));
  const others: Choice[] = (
    [
      ['NOT_A_CELL', 'x'],
      ['CANNOT_TELL', 'u'],
    ] as const
  ).map(([verdict, key]) => ({
    name: verdictLabels[verdict],
    key,
    run: () => give({ verdict, label: null }),
  }));
  const next = cell && nextUndecided(cells, cell.place, cell.place);
  const moves: Choice[] = [
    ...(before === undefined ? [] : [{ name: 'Back', key: 'ArrowLeft', run: () => back(before) }]),
    ...(next === null ? [] : [{ name: 'Skip', key: 'ArrowRight', run: () => leave(next) }]),
    ...(toUndo === undefined ? [] : [{ name: 'Undo', key: 'Backspace', run: () => undoLast(toUndo) }]),
  ];
  const types: Choice[] = Object.entries(cellTypeKeys).flatMap(([type, key]) =>
    isCellType(type)
      ? [
          {
            name: cellTypeLabels[type],
            key,
            run: () => prepare({ cellType: type === cellType ? null : type }),
          },
        ]
      : [],
  );
  const toComment: Choice = { name: 'Comment', key: '/', run: () => comment.current?.focus() };
  const help: Choice = { name: 'Keys', key: '?', run: () => setShowsKeys(true) };
  // Not Enter or a letter, which a reader who decides quickly may press once too often: finishing cannot be taken back.
  const finish: Choice = { name: 'Finish the reading', key: 'End', run: onFinish };
  const decisions = cell ? [...confirm, ...labels, ...others] : [];
  const atEnd = cell === null && isAllDecided && waiting === 0 ? [finish] : [];
  const alsoConfirm = cell ? confirm.map((choice) => ({ ...choice, key: 'c' })) : []; // the key of the gallery
  useKeys([...decisions, ...alsoConfirm, ...moves, ...(cell ? [...types, toComment] : []), help, ...atEnd]);

  const doneCount = cells.filter(({ verdict }) => verdict !== null).length;
  return (
    <Stack spacing={2}>
      <Stack direction="row" spacing={2} sx={{ alignItems: 'center' }}>
        <LinearProgress
          variant="determinate"
          value={(100 * doneCount) / cells.length}
          aria-label="Cells that are decided"
          sx={{ flex: 1, height: 6, borderRadius: 3 }}
        />
        <Typography role="status" variant="body2">
          {doneCount} of {count(cells.length, 'cell')} decided
        </Typography>
      </Stack>
      {reading.blind && (
        <Typography variant="body2" color="textSecondary">
          Decide from the picture alone. If you look at these cells on other pages before you have decided,
          your review does not count as blind.
        </Typography>
      )}
      {failure && (
        <Alert
          severity="error"
          onClose={dismiss}
          action={
            <Button color="inherit" onClick={() => (dismiss(), go(failure.place))}>
              Go to cell {failure.place + 1}
            </Button>
          }
        >
          Your decision on cell {failure.place + 1} was not saved. {failure.message}
        </Alert>
      )}
      {cell ? (
        <Paper sx={{ p: { xs: 1.5, sm: 2.5 } }}>
          <Stack direction={{ xs: 'column', md: 'row' }} spacing={{ xs: 1.5, md: 3 }}>
            <Box
              component="img"
              key={cell.pictureUrl}
              src={pictureOf(cell)}
              alt={`Cell ${cell.place + 1}`}
              data-place={cell.place}
              sx={{
                width: { xs: '100%', md: 'min(56vh, 46%)' },
                maxHeight: { xs: '38vh', md: 'none' },
                aspectRatio: '1',
                alignSelf: { xs: 'center', md: 'flex-start' },
                objectFit: 'contain',
                borderRadius: 1.5,
                bgcolor: colours.pictureBackground,
              }}
            />
            <Stack spacing={2} sx={{ flex: 1, minWidth: 0 }}>
              <Stack direction="row" spacing={1.5} sx={{ alignItems: 'center', flexWrap: 'wrap' }} useFlexGap>
                <Typography variant="h2">
                  Cell {cell.place + 1} of {cells.length}
                </Typography>
                {cell.verdict !== null && (
                  <Chip
                    size="small"
                    variant="outlined"
                    label={`You decided: ${decisionText(cell)?.toLowerCase()}`}
                  />
                )}
              </Stack>
              {answer && (
                <Stack spacing={1} sx={{ alignItems: 'flex-start' }}>
                  <OutcomeChip
                    outcome={answer.outcome}
                    label={answer.label}
                    positiveLabel={answer.modelVersion.positiveLabel}
                  />
                  {modelType && (
                    <Typography variant="body2">
                      Model’s cell type: {cellTypeLabels[modelType].toLowerCase()}
                    </Typography>
                  )}
                  <Box sx={{ width: '100%' }}>
                    <ProbabilityScale prediction={answer} />
                  </Box>
                </Stack>
              )}
              {/* On phones above the navigation, so that the buttons need no scrolling. */}
              <Stack
                spacing={{ xs: 1, md: 2 }}
                sx={{
                  position: { xs: 'sticky', md: 'static' },
                  bottom: 56,
                  zIndex: 1,
                  bgcolor: 'background.paper',
                  py: { xs: 1, md: 0 },
                }}
              >
                <Buttons choices={[...confirm, ...labels]} variant="contained" />
                <Buttons choices={others} variant="outlined" />
                <Buttons choices={moves} variant="text" />
              </Stack>
              <CellTypeKeys
                chosen={cellType}
                choices={types}
                onChange={(type) => prepare({ cellType: type })}
              />
              <TextField
                label="Comment (optional), key /"
                value={text}
                inputRef={comment}
                onChange={(event) => prepare({ comment: event.target.value })}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' && event.key !== 'Escape') return;
                  event.preventDefault();
                  comment.current?.blur();
                }}
                helperText="Enter goes back to the keys. The comment is saved with your decision."
                slotProps={{ htmlInput: { maxLength: 2000 } }}
              />
            </Stack>
          </Stack>
        </Paper>
      ) : (
        <Alert severity="success">
          <Stack spacing={1.5} sx={{ alignItems: 'flex-start' }}>
            <span>
              All {count(cells.length, 'cell')} are decided. You can still go back and change a decision.
              After you finish, your decisions stay as they are
              {reading.blind ? ', and the answers of the model are shown' : ''}.
            </span>
            <Stack direction="row" spacing={1} useFlexGap sx={{ flexWrap: 'wrap' }}>
              <KeyButton choice={finish} variant="contained" loading={isFinishing} disabled={waiting > 0} />
              {moves.map((choice) => (
                <KeyButton key={choice.key} choice={choice} color="inherit" />
              ))}
            </Stack>
          </Stack>
        </Alert>
      )}
      {reading.part === null && !isAllDecided && (
        <FinishEarly
          undecided={cells.length - doneCount}
          blind={reading.blind}
          disabled={waiting > 0}
          loading={isFinishing}
          onFinish={onFinish}
        />
      )}
      <KeyButton
        choice={help}
        size="small"
        sx={{ alignSelf: 'flex-start', display: { xs: 'none', md: 'inline-flex' } }}
      />
      {showsKeys && (
        <KeysDialog
          choices={[[...decisions, ...moves, toComment, help], types.slice(0, 12), types.slice(12)]}
          onClose={() => setShowsKeys(false)}
        />
      )}
    </Stack>
  );
}

function Buttons({
  choices,
  variant,
}: {
  choices: readonly Choice[];
  variant: 'contained' | 'outlined' | 'text';
}) {
  if (choices.length === 0) return null;
  return (
    <Stack direction="row" useFlexGap spacing={1} sx={{ flexWrap: 'wrap' }}>
      {choices.map((choice) => (
        <KeyButton key={choice.key} choice={choice} variant={variant} sx={{ minHeight: 44 }} />
      ))}
    </Stack>
  );
}

/** The next cell after a place that is not decided, from the start again after the last; null if there is none other than `except`. */
function nextUndecided(cells: readonly CellToReadFragment[], after: number, except = after): number | null {
  const undecided = cells
    .filter(({ verdict, place }) => verdict === null && place !== except)
    .map(({ place }) => place);
  return undecided.find((place) => place > after) ?? undecided[0] ?? null;
}

function previous(cells: readonly CellToReadFragment[], place: number): number | undefined {
  return cells.findLast((cell) => cell.place < place)?.place;
}

function pictureOf({ pictureUrl }: CellToReadFragment): string {
  return `${pictureUrl}?size=640`;
}

/** Loads the pictures of the next cells, so that each is shown at once. */
function useLoadedAhead(cells: readonly CellToReadFragment[], place: number | null): void {
  const pictures = useRef(new Map<string, HTMLImageElement>());
  const start = place ?? -1;
  const ahead = cells.filter((cell) => cell.verdict === null && cell.place > start).slice(0, AHEAD);
  const addresses = ahead.map(pictureOf).join('\n');
  useEffect(() => {
    const kept = new Map<string, HTMLImageElement>();
    for (const address of addresses.split('\n').filter((each) => each !== '')) {
      const picture = pictures.current.get(address) ?? new Image();
      if (!picture.src) {
        picture.src = address;
        void picture.decode().catch(() => undefined); // the picture itself shows that it cannot be loaded
      }
      kept.set(address, picture);
    }
    pictures.current = kept;
  }, [addresses]);
}

function isPlaces(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}

function isDrafts(value: unknown): value is Record<string, Draft> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isDraft);
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null || !('comment' in value) || !('cellType' in value))
    return false;
  const { comment, cellType } = value;
  return (
    typeof comment === 'string' &&
    (cellType === null || (typeof cellType === 'string' && isCellType(cellType)))
  );
}
