import { Button, Stack, ToggleButton, ToggleButtonGroup, Typography } from '@mui/material';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { count } from '../../ui/format.js';
import { type ClassificationQueue, isPending, type QueuedFile } from './classification-queue.js';
import { cellCount } from '../fields/field-words.js';
import { EvidenceSlider } from './evidence-slider.js';
import { QueueRow } from './queue-row.js';

declare module 'react' {
  interface CSSProperties {
    /** Set on the list, so that moving the slider does not render the rows again. */
    '--evidence-opacity'?: number;
  }
}

interface QueueListProps {
  files: readonly QueuedFile[];
  queue: ClassificationQueue;
}

/** The files dropped in this session, newest batch first, with the actions that apply to all of them. */
export function QueueList({ files, queue }: QueueListProps) {
  const [evidenceOpacity, setEvidenceOpacity] = useState(0);
  const [search, setSearch] = useSearchParams(); // kept when the user comes back to the list
  const shown = search.get('show') === 'attention' ? 'attention' : 'all';
  const retriable = files.filter(({ step }) => step.kind === 'failed' && step.canRetry);
  const attention = files.filter(needsAttention);
  const listed = (shown === 'all' ? files : attention).toSorted((a, b) => b.batch - a.batch || a.id - b.id);

  return (
    <Stack component="section" aria-label="Results" spacing={1.5}>
      <Stack
        direction="row"
        useFlexGap
        sx={{
          flexWrap: 'wrap',
          alignItems: 'center',
          columnGap: 2,
          rowGap: 1,
          justifyContent: 'space-between',
        }}
      >
        <Typography role="status" sx={{ fontWeight: 600 }}>
          {summary(files)}
        </Typography>
        <EvidenceSlider opacity={evidenceOpacity} onChange={setEvidenceOpacity} />
        <ToggleButtonGroup
          size="small"
          exclusive
          value={shown}
          onChange={(_, value: 'all' | 'attention' | null) => {
            if (value) setSearch(value === 'all' ? {} : { show: value }, { replace: true });
          }}
          aria-label="Which results to show"
        >
          <ToggleButton value="all">All {files.length}</ToggleButton>
          <ToggleButton value="attention">Needs attention {attention.length}</ToggleButton>
        </ToggleButtonGroup>
        <Stack direction="row" spacing={1}>
          {retriable.length > 1 && (
            <Button onClick={() => retriable.forEach(({ id }) => queue.retry(id))}>Retry failed</Button>
          )}
          {files.some(isPending) ? (
            <Button onClick={() => files.filter(isPending).forEach(({ id }) => queue.cancel(id))}>
              Cancel remaining
            </Button>
          ) : (
            <Button onClick={() => queue.clear()}>Clear list</Button>
          )}
        </Stack>
      </Stack>
      <Stack
        component="ul"
        spacing={1}
        style={{ '--evidence-opacity': evidenceOpacity }}
        sx={{ listStyle: 'none', p: 0, m: 0 }}
      >
        {listed.map((file) => (
          <QueueRow
            key={file.id}
            queued={file}
            queue={queue}
            evidenceOpacity={evidenceOpacity > 0 ? 'var(--evidence-opacity)' : 0}
          />
        ))}
      </Stack>
      {listed.length === 0 && <Typography color="textSecondary">No result needs attention.</Typography>}
    </Stack>
  );
}

function needsAttention({ step }: QueuedFile): boolean {
  switch (step.kind) {
    case 'failed':
    case 'held':
      return true;
    case 'answered':
      return step.prediction.outcome !== 'CLASSIFIED';
    case 'answered as a field': {
      const { indeterminate, outOfDistribution } = step.field.counts;
      return indeterminate + outOfDistribution > 0 || cellCount(step.field) === 0;
    }
    default:
      return false;
  }
}

function summary(files: readonly QueuedFile[]): string {
  const answered = files.filter(
    ({ step }) => step.kind === 'answered' || step.kind === 'answered as a field',
  ).length;
  const failed = files.filter(({ step }) => step.kind === 'failed').length;
  const held = files.filter(({ step }) => step.kind === 'held').length;
  const parts = [`${answered} of ${count(files.length, 'image')} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (held > 0) parts.push(`${held} in the list twice`);
  return parts.join(', ');
}
