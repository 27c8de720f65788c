import HelpOutlined from '@mui/icons-material/HelpOutlined';
import RadioButtonUnchecked from '@mui/icons-material/RadioButtonUnchecked';
import ReportProblem from '@mui/icons-material/ReportProblemOutlined';
import TripOrigin from '@mui/icons-material/TripOrigin';
import { Chip } from '@mui/material';
import type { PredictionOutcome } from '../../graphql/graphql.js';
import { readable } from '../../ui/format.js';

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
        icon={<HelpOutlined />}
        label="A person decides"
      />
    );
  }
  if (outcome === 'OUT_OF_DISTRIBUTION') {
    return <Chip size="small" variant="outlined" icon={<ReportProblem />} label="Not recognised" />;
  }
  return label === positiveLabel ? (
    <Chip size="small" color="error" icon={<TripOrigin />} label={readable(label)} />
  ) : (
    <Chip
      size="small"
      color="secondary"
      variant="outlined"
      icon={<RadioButtonUnchecked />}
      label={readable(label)}
    />
  );
}
