import {
  Alert,
  Box,
  Button,
  LinearProgress,
  Link,
  Skeleton,
  Snackbar,
  Stack,
  ToggleButton,
  ToggleButtonGroup,
  Typography,
} from '@mui/material';
import { type DragEvent, type KeyboardEvent, type MouseEvent, useMemo, useRef, useState } from 'react';
import { Link as RouterLink, useLocation, useNavigate, useSearchParams } from 'react-router';
import { useMay } from '../../../session/viewer.js';
import { useLinkState } from '../../../ui/came-from.js';
import { count } from '../../../ui/format.js';
import { Problem } from '../../../ui/problem.js';
import { Section } from '../../../ui/section.js';
import { useDrawnInSteps } from '../../../ui/use-drawn-in-steps.js';
import { EvidenceSlider } from '../../predictions/evidence-slider.js';
import { ActionBar } from './action-bar.js';
import { arrangeCells, type CellGroup, type Grouping } from './arrange-cells.js';
import { CellDetails } from './cell-details.js';
import { GalleryGrid } from './gallery-grid.js';
import type { GalleryCell } from './gallery-queries.js';
import { EVIDENCE_OPACITY, GRID_HEIGHT } from './grid-styles.js';
import { GroupBar } from './group-bar.js';
import { KeyTable } from './key-table.js';
import { moveInGrid } from './move-in-grid.js';
import { useNewPointedCell } from './pointed-cell.js';
import { commonLabels, type ReviewChoice } from './review-choice.js';
import { type Manner, nextAfter, NOTHING_SELECTED, select } from './selection.js';
import { TypeDialog } from './type-dialog.js';
import { useGalleryCells } from './use-gallery-cells.js';
import { type Reviewing, useReviewing } from './use-reviewing.js';

interface GalleryProps {
  /** Of the section, for links to it. */
  id: string;
  caseId: string;
  /** Null for users who do not see it. */
  caseReference: string | null;
}

/** The cells of a case as small pictures in groups, suspicious groups first, to be confirmed or corrected many at a time. */
export function Gallery({ id, caseId, caseReference }: GalleryProps) {
  const known = useGalleryCells(caseId);
  const { cells, isLoading, error, retry } = known;
  const reviewing = useReviewing(caseId, known);
  const isDrawn = useDrawnInSteps(cells.size > 0);
  return (
    <Section
      title="Gallery"
      id={id}
      hint={isLoading ? `Loading the cells: ${cells.size.toLocaleString()} so far` : null}
      actions={
        caseReference !== null && (
          <Link
            component={RouterLink}
            to={`/predictions?${new URLSearchParams({ case: caseReference }).toString()}`}
          >
            List in the history
          </Link>
        )
      }
    >
      {isLoading && <LinearProgress aria-label="Loading the cells" sx={{ mb: 1 }} />}
      {error !== null && <Problem error={error} retry={retry} />}
      {isDrawn && <CellsInGroups cells={cells} isLoading={isLoading} reviewing={reviewing} />}
      {!isDrawn && (isLoading || cells.size > 0) && <Skeleton variant="rounded" sx={GRID_HEIGHT} />}
    </Section>
  );
}

interface CellsInGroupsProps {
  cells: ReadonlyMap<string, GalleryCell>;
  isLoading: boolean;
  reviewing: Reviewing;
}

function CellsInGroups({ cells, isLoading, reviewing }: CellsInGroupsProps) {
  const [search, setSearch] = useSearchParams();
  const grouping: Grouping = search.get('group') === 'type' ? 'cell type' : 'answer';
  const mayReview = useMay('review');
  const seesImages = useMay('see images');
  const [chosen, setChosen] = useState(() => {
    const id = search.get('cell');
    return id === null ? NOTHING_SELECTED : select(NOTHING_SELECTED, id, 'alone', []);
  });
  const [reveal, setReveal] = useState(() =>
    chosen.active === null ? null : { id: chosen.active, time: 1 },
  );
  const [dialog, setDialog] = useState<'keys' | 'type' | null>(null);
  const [showsEvidence, setShowsEvidence] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const pointed = useNewPointedCell();
  const dragged = useRef<readonly string[]>([]);
  const open = useOpenPrediction();

  const groups = useMemo(() => arrangeCells([...cells.values()], grouping), [cells, grouping]);
  const order = useMemo(() => groups.flatMap((group) => group.cells.map(({ id }) => id)), [groups]);
  const cellsOf = (ids: Iterable<string>) => [...ids].flatMap((id) => cells.get(id) ?? []);
  const selection =
    chosen.active === null || cells.has(chosen.active) || isLoading ? chosen : NOTHING_SELECTED;
  const selected = order.filter((id) => selection.selected.has(id)).flatMap((id) => cells.get(id) ?? []);
  const labels = commonLabels(selected.length > 0 ? selected : [...cells.values()]);

  const pick = (id: string, manner: Manner) => {
    setChosen(select(selection, id, manner, order));
    setReveal((before) => ({ id, time: (before?.time ?? 0) + 1 }));
  };
  const review = (of: readonly GalleryCell[], choice: ReviewChoice) => {
    if (!mayReview || of.length === 0) return;
    const next = nextAfter(new Set(of.map(({ id }) => id)), order);
    if (next === null) setChosen(NOTHING_SELECTED);
    else if (of.some(({ id }) => selection.selected.has(id))) pick(next, 'alone');
    void reviewing.review(of, choice);
  };
  const drop = ({ choice }: CellGroup) => {
    if (choice) review(cellsOf(dragged.current), choice);
    dragged.current = [];
  };

  const pressKey = (event: KeyboardEvent, columns: number) => {
    const isControl = event.ctrlKey || event.metaKey;
    const moved = moveInGrid(
      groups.map((group) => group.cells.map(({ id }) => id)),
      columns,
      selection.active,
      event.key,
    );
    const choice = isControl ? null : choiceOfKey(event.key, labels);
    if (moved !== null) pick(moved, event.shiftKey ? 'range' : isControl ? 'only moved to' : 'alone');
    else if (event.key === ' ' && selection.active !== null) pick(selection.active, 'toggled');
    else if (event.key === 'Enter' && selection.active !== null) open(selection.active);
    else if (event.key === 'Escape') setChosen({ ...NOTHING_SELECTED, active: selection.active });
    else if (event.key === '?') setDialog('keys');
    else if (event.key.toLowerCase() === 'a' && isControl) {
      const group = groups.find((each) => each.cells.some(({ id }) => id === selection.active)) ?? groups[0];
      const ids = group?.cells.map(({ id }) => id) ?? [];
      setChosen({ ...selection, active: selection.active ?? ids[0] ?? null, selected: new Set(ids) });
    } else if (mayReview && event.key.toLowerCase() === 't' && !isControl && selected.length > 0)
      setDialog('type');
    else if (choice) review(selected, choice);
    else return;
    event.preventDefault();
  };

  const startDrag = (id: string, event: DragEvent) => {
    dragged.current = selection.selected.has(id) ? [...selection.selected] : [id];
    event.dataTransfer.setData('text/plain', count(dragged.current.length, 'cell'));
    event.dataTransfer.effectAllowed = 'move';
  };

  return (
    <Box
      ref={whole}
      onKeyDown={(event) => {
        if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        void reviewing.undo();
      }}
    >
      <Stack
        direction="row"
        sx={{ flexWrap: 'wrap', alignItems: 'center', columnGap: 2, rowGap: 1, mb: 0.5 }}
      >
        <ToggleButtonGroup
          exclusive
          size="small"
          aria-label="Group by"
          value={grouping}
          onChange={(_, value: Grouping | null) => {
            if (value === null) return;
            const next = new URLSearchParams(search);
            if (value === 'answer') next.delete('group');
            else next.set('group', 'type');
            setSearch(next, { replace: true, preventScrollReset: true });
          }}
        >
          <ToggleButton value="answer">By answer</ToggleButton>
          <ToggleButton value="cell type">By cell type</ToggleButton>
        </ToggleButtonGroup>
        {seesImages && (
          <EvidenceControl
            onChange={(opacity) => {
              // Not by a render: moving the slider changes no component of the grid.
              whole.current?.style.setProperty(EVIDENCE_OPACITY, String(opacity));
              setShowsEvidence(opacity > 0);
            }}
          />
        )}
        <GroupBar
          groups={groups}
          mayReview={mayReview}
          onGoTo={(group) => group.cells[0] && pick(group.cells[0].id, 'alone')}
          onDropOn={drop}
        />
        <Stack direction="row" sx={{ ml: 'auto' }}>
          {reviewing.canUndo && (
            <Button size="small" onClick={() => void reviewing.undo()}>
              Undo
            </Button>
          )}
          <Button size="small" onClick={() => setDialog('keys')}>
            Keys
          </Button>
        </Stack>
      </Stack>
      <Unsaved reviewing={reviewing} />
      {reviewing.problems.map((problem) => (
        <Alert key={problem} severity="warning" sx={{ mb: 1 }}>
          {problem}
        </Alert>
      ))}
      <Typography sx={{ display: 'none', displayPrint: 'block' }}>
        The pictures are not printed. The differential counts these cells by type.
      </Typography>
      <GalleryGrid
        groups={groups}
        selection={selection}
        sending={reviewing.sending}
        seesImages={seesImages}
        mayReview={mayReview}
        showsEvidence={showsEvidence}
        // The cell that was opened before has its place when all cells are there.
        reveal={isLoading && reveal?.time === 1 ? null : reveal}
        heading={(group) => (
          <GroupHeading
            group={group}
            onConfirm={mayReview ? (rest) => review(rest, { kind: 'confirm' }) : null}
          />
        )}
        onPick={(id, event) => pick(id, mannerOf(event))}
        onOpen={open}
        onPoint={pointed.set}
        onKeyDown={pressKey}
        onDragCells={startDrag}
        onDragEnd={() => (dragged.current = [])}
        onDropOn={drop}
      />
      <CellDetails cells={cells} pointed={pointed} activeId={selection.active} seesImages={seesImages} />
      <ActionBar
        cells={selected}
        mayReview={mayReview}
        onReview={(choice) => review(selected, choice)}
        onChooseType={() => setDialog('type')}
        onOpen={open}
        onClear={() => setChosen(NOTHING_SELECTED)}
      />
      <Snackbar
        open={reviewing.message !== null}
        autoHideDuration={12_000}
        onClose={(_, reason) => reason !== 'clickaway' && reviewing.dismiss()}
        message={reviewing.message}
        action={
          reviewing.canUndo && (
            <Button color="inherit" size="small" onClick={() => void reviewing.undo()}>
              Undo
            </Button>
          )
        }
      />
      {dialog === 'keys' && (
        <KeyTable labels={labels} mayReview={mayReview} onClose={() => setDialog(null)} />
      )}
      {dialog === 'type' && (
        <TypeDialog
          cellCount={selected.length}
          onChoose={(cellType) => {
            setDialog(null);
            review(selected, { kind: 'type', cellType });
          }}
          onClose={() => setDialog(null)}
        />
      )}
    </Box>
  );
}

function EvidenceControl({ onChange }: { onChange: (opacity: number) => void }) {
  const [opacity, setOpacity] = useState(0);
  return (
    <EvidenceSlider
      opacity={opacity}
      width={120}
      onChange={(value) => {
        setOpacity(value);
        onChange(value);
      }}
    />
  );
}

interface GroupHeadingProps {
  group: CellGroup;
  /** Confirms the cells of the group that nobody has reviewed; null for users who may not. */
  onConfirm: ((rest: readonly GalleryCell[]) => void) | null;
}

function GroupHeading({ group, onConfirm }: GroupHeadingProps) {
  const rest = group.cells.filter(({ outcome, reviews }) => outcome === 'CLASSIFIED' && reviews.length === 0);
  const isAll = rest.length === group.cells.length;
  return (
    <>
      <Typography variant="h3" sx={{ fontSize: '1rem' }}>
        {group.title} <span aria-hidden>·</span> {group.cells.length.toLocaleString()}
      </Typography>
      {onConfirm && rest.length > 0 && (
        <Button size="small" onClick={() => onConfirm(rest)}>
          {isAll ? `Confirm all ${rest.length}` : `Confirm the ${count(rest.length, 'other', 'others')}`}
        </Button>
      )}
    </>
  );
}

/** Says what was not saved, and offers to send it again. */
function Unsaved({ reviewing: { unsavedCount, sendAgain, discardUnsaved } }: { reviewing: Reviewing }) {
  if (unsavedCount === 0) return null;
  return (
    <Alert
      severity="error"
      sx={{ mb: 1 }}
      action={
        <>
          <Button color="inherit" size="small" onClick={() => void sendAgain()}>
            Send again
          </Button>
          <Button color="inherit" size="small" onClick={discardUnsaved}>
            Discard
          </Button>
        </>
      }
    >
      {count(unsavedCount, 'review was', 'reviews were')} perhaps not saved. Sending again saves each once.
    </Alert>
  );
}

/** Opens a prediction so that "back" and the breadcrumbs lead to its place in the gallery. */
function useOpenPrediction(): (id: string) => void {
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const { from } = useLinkState();
  return (id) => {
    const params = new URLSearchParams(search);
    params.set('cell', id);
    const path = `${pathname}?${params.toString()}`;
    void navigate(path, { replace: true, preventScrollReset: true, state: from.from && { from: from.from } });
    void navigate(`/predictions/${id}`, { state: { from: { ...from, path } } });
  };
}

function mannerOf(event: MouseEvent): Manner {
  if (event.shiftKey) return 'range';
  const isTouch = event.nativeEvent instanceof PointerEvent && event.nativeEvent.pointerType === 'touch';
  return event.ctrlKey || event.metaKey || isTouch ? 'toggled' : 'alone';
}

/** What a key decides about the selected cells. */
function choiceOfKey(key: string, labels: readonly string[]): ReviewChoice | null {
  const label = labels[Number(key) - 1];
  if (label !== undefined) return { kind: 'label', label };
  switch (key.toLowerCase()) {
    case 'c':
      return { kind: 'confirm' };
    case 'x':
      return { kind: 'NOT_A_CELL' };
    case 'u':
      return { kind: 'CANNOT_TELL' };
    default:
      return null;
  }
}
