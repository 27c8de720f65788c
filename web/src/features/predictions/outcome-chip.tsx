import { Chip } from '@mui/material';
import { colours } from '../../ui/colours.js';
import type { PredictionOutcome } from '../../graphql/graphql.js';
import { capitalised } from '../../ui/format.js';
import { AlertIcon, MarkedRingIcon, QuestionIcon, RingIcon } from '../../ui/icons.js';
import { outcomeLabels } from '../../ui/labels.js';

interface OutcomeChipProps {
  outcome: PredictionOutcome;
  label: string;
  positiveLabel: string;
}

/** The outcome as text with an icon, so that it does not depend on colour. A classified cell shows its label. */
export function OutcomeChip({ outcome, label, positiveLabel }: OutcomeChipProps) {
  if (outcome === 'INDETERMINATE') {
    return (
      <Chip
        size="small"
        variant="outlined"
        icon={<QuestionIcon color="inherit" />}
        label={outcomeLabels.INDETERMINATE}
        sx={{ borderColor: colours.needsReview, color: colours.needsReview }}
      />
    );
  }
  if (outcome === 'OUT_OF_DISTRIBUTION') {
    return (
      <Chip
        size="small"
        variant="outlined"
        icon={<AlertIcon color="inherit" />}
        label={outcomeLabels.OUT_OF_DISTRIBUTION}
        sx={{ borderColor: colours.notRecognised, color: colours.notRecognised, borderStyle: 'dotted' }}
      />
    );
  }
  return label === positiveLabel ? (
    <Chip
      size="small"
      icon={<MarkedRingIcon color="inherit" />}
      label={capitalised(label)}
      sx={{ bgcolor: colours.positive, color: colours.onPositive }}
    />
  ) : (
    <Chip
      size="small"
      variant="outlined"
      icon={<RingIcon color="inherit" />}
      label={capitalised(label)}
      sx={{ borderColor: colours.negative, color: colours.negative }}
    />
  );
}
