import { Alert, Stack } from '@mui/material';
import { decimal } from '../../ui/format.js';
import { explainOutcome, explainQuality, type ShownAnswer } from './explain.js';

/** Why a prediction has no label, and the quality warnings of its image. */
export function AnswerNotices({ prediction }: { prediction: ShownAnswer }) {
  const { outcome, outOfDistributionScore, qualityWarnings } = prediction;
  if (outcome === 'CLASSIFIED' && qualityWarnings.length === 0) return null;
  return (
    <Stack spacing={0.75}>
      {outcome === 'OUT_OF_DISTRIBUTION' && (
        <Alert severity="warning" sx={{ py: 0 }}>
          {explainOutcome(prediction)}
          {outOfDistributionScore > 1 &&
            ` (Distance from the training images: ${decimal(outOfDistributionScore, 1)}; the limit is 1.)`}
        </Alert>
      )}
      {outcome === 'INDETERMINATE' && (
        <Alert severity="info" sx={{ py: 0 }}>
          {explainOutcome(prediction)}
        </Alert>
      )}
      {qualityWarnings.length > 0 && (
        <Alert severity="warning" sx={{ py: 0 }}>
          {qualityWarnings.map(explainQuality).join(' ')}
        </Alert>
      )}
    </Stack>
  );
}
