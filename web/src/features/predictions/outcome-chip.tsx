import { Chip } from '@mui/material';
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
        color="warning"
        variant="outlined"
        icon={<QuestionIcon />}
        label={outcomeLabels.INDETERMINATE}
      />
    );
  }
  if (outcome === 'OUT_OF_DISTRIBUTION') {
    return (
      <Chip size="small" variant="outlined" icon={<AlertIcon />} label={outcomeLabels.OUT_OF_DISTRIBUTION} />
    );
  }
  return label === positiveLabel ? (
    <Chip size="small" color="error" icon={<MarkedRingIcon />} label={capitalised(label)} />
  ) : (
    <Chip size="small" color="secondary" variant="outlined" icon={<RingIcon />} label={capitalised(label)} />
  );
}
