import {
  Alert,
  Box,
  Button,
  Chip,
  IconButton,
  LinearProgress,
  Paper,
  Stack,
  Typography,
} from '@mui/material';
import { memo, useEffect, useMemo, useState } from 'react';
import { bytes, milliseconds } from '../../ui/format.js';
import { CloseIcon, ReplayIcon, UploadIcon } from '../../ui/icons.js';
import { CellTypeLine } from '../predictions/cell-type-line.js';
import { EvidenceImage } from '../predictions/evidence-image.js';
import { AnswerNotices } from '../predictions/notices.js';
import { OutcomeChip } from '../predictions/outcome-chip.js';
import { ProbabilityScale } from '../predictions/probability-scale.js';
import { evidenceUrl } from './evidence-url.js';
import type { HeldImage } from './held-images.js';

export interface HeldRowActions {
  /** Missing while the server cannot be reached. */
  onUpload?: (image: HeldImage) => void;
  onRetry: (image: HeldImage) => void;
  onRemove: (image: HeldImage) => void;
}

/** One image that is not uploaded, with the answer of this device. */
export const HeldRow = memo(function HeldRow({
  image,
  isRunning,
  evidenceOpacity,
  ...actions
}: { image: HeldImage; isRunning: boolean; evidenceOpacity: number } & HeldRowActions) {
  const { fileName, state } = image;
  const url = useUrlOf(image.file);
  const answered = state.kind === 'answered' ? state : null;
  const evidence = useMemo(() => answered && evidenceUrl(answered.result), [answered]);
  const answer = answered && { ...answered.result, modelVersion: answered.version };
  const size = answered?.result.image;
  return (
    <Paper
      component="li"
      aria-label={fileName}
      sx={{ p: 1.5, contentVisibility: 'auto', containIntrinsicSize: 'auto 128px' }}
    >
      <Stack direction="row" spacing={2} sx={{ alignItems: 'flex-start' }}>
        <EvidenceImage
          src={url}
          alt={fileName}
          evidenceMapUrl={evidence}
          evidenceOpacity={evidenceOpacity}
          width={{ xs: 72, sm: 104 }}
          ratio={size ? size.width / size.height : 1}
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
              {answer && (
                <OutcomeChip
                  outcome={answer.outcome}
                  label={answer.label}
                  positiveLabel={answer.modelVersion.positiveLabel}
                />
              )}
              <Typography variant="body2" noWrap title={fileName} sx={{ maxWidth: { xs: 150, sm: 420 } }}>
                {fileName}
              </Typography>
              <Chip size="small" variant="outlined" label="Not uploaded" />
            </Stack>
            <RowActions image={image} {...actions} />
          </Stack>
          {answer ? (
            <Stack spacing={1}>
              <ProbabilityScale prediction={answer} />
              <CellTypeLine prediction={answer} />
              <AnswerNotices prediction={answer} />
              <Typography variant="caption" color="textSecondary">
                On this device, {answer.modelVersion.modelName} version {answer.modelVersion.version} ·{' '}
                {milliseconds(answer.milliseconds)}
                {image.target.caseReference !== null && ` · Case ${image.target.caseReference}`}
              </Typography>
            </Stack>
          ) : (
            <StateNote image={image} isRunning={isRunning} />
          )}
        </Box>
      </Stack>
    </Paper>
  );
});

function StateNote({
  image: { state, file, fileName },
  isRunning,
}: {
  image: HeldImage;
  isRunning: boolean;
}) {
  if (state.kind === 'waiting') {
    return isRunning ? (
      <Box sx={{ maxWidth: 560, mt: 1 }}>
        <LinearProgress aria-label={`Progress of ${fileName}`} />
        <Typography variant="caption" color="textSecondary">
          Classifying on this device
        </Typography>
      </Box>
    ) : (
      <Typography variant="body2" color="textSecondary">
        Not classified yet ({bytes(file.size)})
      </Typography>
    );
  }
  if (state.kind === 'answered') return null;
  return (
    <Alert severity={state.kind === 'failed' ? 'error' : 'info'} sx={{ mt: 1, py: 0 }}>
      {state.message}
    </Alert>
  );
}

function RowActions({ image, onUpload, onRetry, onRemove }: { image: HeldImage } & HeldRowActions) {
  const title = `Delete ${image.fileName} from this device`;
  return (
    <Stack direction="row" sx={{ flexShrink: 0, mt: -0.5, mr: -0.5 }}>
      {image.state.kind === 'failed' && (
        <Button size="small" startIcon={<ReplayIcon />} onClick={() => onRetry(image)}>
          Retry
        </Button>
      )}
      {onUpload && (
        <Button
          size="small"
          startIcon={<UploadIcon />}
          aria-label={`Upload ${image.fileName}`}
          onClick={() => onUpload(image)}
        >
          Upload
        </Button>
      )}
      <IconButton size="small" title={title} aria-label={title} onClick={() => onRemove(image)}>
        <CloseIcon fontSize="small" />
      </IconButton>
    </Stack>
  );
}

/** An object URL of a file, for as long as the component is shown. */
function useUrlOf(file: Blob): string {
  const [url] = useState(() => URL.createObjectURL(file));
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}
