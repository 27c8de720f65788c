import {
  Alert,
  Box,
  Button,
  IconButton,
  LinearProgress,
  Link,
  Paper,
  Stack,
  Typography,
} from '@mui/material';
import { memo } from 'react';
import { Link as RouterLink } from 'react-router';
import { useLinkState } from '../../ui/came-from.js';
import { bytes, milliseconds } from '../../ui/format.js';
import { CloseIcon, ReplayIcon } from '../../ui/icons.js';
import { CellTypeLine } from './cell-type-line.js';
import { type ClassificationQueue, isPending, type QueuedFile, type Step } from './classification-queue.js';
import { DeviceAnswerText } from './device-answer-text.js';
import { EvidenceImage } from './evidence-image.js';
import { FieldRow } from './field-row.js';
import { AnswerNotices } from './notices.js';
import { OutcomeChip } from './outcome-chip.js';
import { ProbabilityScale } from './probability-scale.js';
import { RepeatNotice } from './repeat-notice.js';

interface QueueRowProps {
  queued: QueuedFile;
  queue: ClassificationQueue;
  evidenceOpacity: number | string;
}

/** One file: its preview, its progress, and its result or error. Rendered again only when one of these changes. */
export const QueueRow = memo(function QueueRow({ queued, queue, evidenceOpacity }: QueueRowProps) {
  const { file, step } = queued;
  const linkState = useLinkState();
  const prediction = step.kind === 'answered' ? step.prediction : null;
  const field = step.kind === 'answered as a field' ? step.field : null;
  const image = prediction?.image ?? field?.image;
  return (
    <Paper
      component="li"
      aria-label={file.name}
      // There can be hundreds of rows: the browser skips the layout of rows outside the viewport.
      sx={{ p: 1.5, contentVisibility: 'auto', containIntrinsicSize: 'auto 128px' }}
    >
      <Stack direction="row" spacing={2} sx={{ alignItems: 'flex-start' }}>
        <EvidenceImage
          src={queued.previewUrl}
          fallbackSrc={image?.thumbnailUrl}
          alt={file.name}
          evidenceMapUrl={prediction?.evidenceMapUrl}
          evidenceOpacity={evidenceOpacity}
          width={{ xs: 72, sm: 104 }}
          ratio={image ? image.width / image.height : 1}
        />
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Stack
            direction="row"
            spacing={1}
            sx={{ alignItems: 'flex-start', justifyContent: 'space-between' }}
          >
            <Stack
              direction="row"
              useFlexGap
              sx={{ flexWrap: 'wrap', columnGap: 1, rowGap: 0.5, minWidth: 0 }}
            >
              {prediction && (
                <OutcomeChip
                  outcome={prediction.outcome}
                  label={prediction.label}
                  positiveLabel={prediction.modelVersion.positiveLabel}
                />
              )}
              <Typography variant="body2" noWrap title={file.name} sx={{ maxWidth: { xs: 180, sm: 420 } }}>
                {file.name}
              </Typography>
            </Stack>
            <RowActions queued={queued} queue={queue} />
          </Stack>
          {prediction ? (
            <Stack spacing={1}>
              <ProbabilityScale prediction={prediction} />
              <CellTypeLine prediction={prediction} />
              <AnswerNotices prediction={prediction} />
              <RepeatNotice prediction={prediction} />
              {queued.target.held?.deviceAnswer && (
                <DeviceAnswerText
                  answer={queued.target.held.deviceAnswer}
                  version={
                    queued.target.held.deviceAnswer.modelVersionId === prediction.modelVersion.id
                      ? prediction.modelVersion
                      : null
                  }
                />
              )}
              <Typography variant="caption" color="textSecondary">
                {prediction.modelVersion.model.name} version {prediction.modelVersion.version} ·{' '}
                {!prediction.repeatOf && `${milliseconds(prediction.timing.totalMs)} · `}
                <Link
                  component={RouterLink}
                  to={`/predictions/${prediction.id}`}
                  state={linkState}
                  aria-label={`Open prediction of ${file.name}`}
                >
                  Open prediction
                </Link>
              </Typography>
              {prediction.qualityWarnings.includes('SEVERAL_CELLS') && (
                <Button
                  size="small"
                  variant="outlined"
                  onClick={() => queue.sendAsField(queued.id)}
                  sx={{ alignSelf: 'flex-start' }}
                >
                  Classify as a field
                </Button>
              )}
            </Stack>
          ) : field ? (
            <FieldRow field={field} name={file.name} />
          ) : (
            <StepNote step={step} size={file.size} name={file.name} />
          )}
        </Box>
      </Stack>
    </Paper>
  );
});

function StepNote({ step, size, name }: { step: Step; size: number; name: string }) {
  switch (step.kind) {
    case 'held':
      return (
        <Alert severity="info" sx={{ mt: 1, py: 0 }}>
          This is the same image as {sameAsText(step.sameAs, name)}, so it was not sent a second time.
        </Alert>
      );
    case 'waiting':
      return (
        <Typography variant="body2" color="textSecondary">
          Waiting ({bytes(size)})
        </Typography>
      );
    case 'uploading':
    case 'answering':
      return (
        <Box sx={{ maxWidth: 560, mt: 1 }}>
          <LinearProgress
            aria-label={`Progress of ${name}`}
            variant={step.kind === 'uploading' ? 'determinate' : 'indeterminate'}
            value={step.kind === 'uploading' ? step.fraction * 100 : undefined}
          />
          <Typography variant="caption" color="textSecondary">
            {step.kind === 'uploading'
              ? `Uploading, ${Math.round(step.fraction * 100)} % of ${bytes(size)}`
              : 'Classifying'}
          </Typography>
        </Box>
      );
    case 'failed':
      return (
        <Alert severity="error" sx={{ mt: 1, py: 0 }}>
          {step.message}
        </Alert>
      );
    case 'cancelled':
      return (
        <Typography variant="body2" color="textSecondary">
          Cancelled
        </Typography>
      );
    case 'answered':
    case 'answered as a field':
      return null;
  }
}

function sameAsText(other: string, name: string): string {
  return other === name ? 'another with this name in the list' : `“${other}” in the list`;
}

function RowActions({ queued, queue }: Omit<QueueRowProps, 'evidenceOpacity'>) {
  const { id, file, step } = queued;
  const pending = isPending(queued);
  const title = pending ? `Cancel ${file.name}` : `Remove ${file.name} from the list`;
  return (
    <Stack direction="row" sx={{ flexShrink: 0, mt: -0.5, mr: -0.5 }}>
      {(step.kind === 'cancelled' || (step.kind === 'failed' && step.canRetry)) && (
        <Button size="small" startIcon={<ReplayIcon />} onClick={() => queue.retry(id)}>
          Retry
        </Button>
      )}
      {step.kind === 'held' && (
        <Button size="small" onClick={() => queue.retry(id)}>
          Send it too
        </Button>
      )}
      <IconButton
        size="small"
        title={title}
        aria-label={title}
        onClick={() => (pending ? queue.cancel(id) : queue.remove(id))}
      >
        <CloseIcon fontSize="small" />
      </IconButton>
    </Stack>
  );
}
