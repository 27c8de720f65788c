import { Chip } from '@mui/material';
import type { PredictionOutcome } from '../../graphql/graphql.js';
import { readable } from '../../ui/format.js';
import { AlertIcon, MarkedRingIcon, QuestionIcon, RingIcon } from '../../ui/icons.js';

interface OutcomeChipProps {
  outcome: PredictionOutcome;
  label: string;
  positiveLabel: string;
}

/** The outcome in words, with a sign of its own; the colour only repeats it. */
export function OutcomeChip({ outcome, label, positiveLabel }: OutcomeChipProps) {
  if (outcome === 'INDETERMINATE') {
    return (
      <Chip
        size="small"
        color="warning"
        variant="outlined"
        icon={<QuestionIcon />}
        label="A person decides"
      />
    );
  }
  if (outcome === 'OUT_OF_DISTRIBUTION') {
    return <Chip size="small" variant="outlined" icon={<AlertIcon />} label="Not recognised" />;
  }
  return label === positiveLabel ? (
    <Chip size="small" color="error" icon={<MarkedRingIcon />} label={readable(label)} />
  ) : (
    <Chip size="small" color="secondary" variant="outlined" icon={<RingIcon />} label={readable(label)} />
  );
}
