import { Box, Typography } from '@mui/material';
import type { AnswerFragment } from '../../graphql/graphql.js';
import { percent, percentThreshold, readable } from '../../ui/format.js';
import { outcomeLabels } from '../../ui/labels.js';
import { abstentionBand, negativeLabel, positiveProbability } from './explain.js';

const position = (fraction: number) => `${Math.min(1, Math.max(0, fraction)) * 100}%`;

/**
 * The calibrated probability of the positive class on a scale from 0 to 1, with the decision threshold (dashed line) and
 * the abstention band (hatched).
 */
export function ProbabilityScale({ prediction }: { prediction: AnswerFragment }) {
  const { positiveLabel, decisionThreshold } = prediction.modelVersion;
  const probability = positiveProbability(prediction);
  const band = abstentionBand(prediction);
  const recognised = prediction.outcome !== 'OUT_OF_DISTRIBUTION';
  const bounds =
    `Threshold ${percentThreshold(decisionThreshold)}` +
    (band
      ? ` · ${outcomeLabels.INDETERMINATE} between ${percentThreshold(band.low)} and ${percentThreshold(band.high)}`
      : '');

  return (
    <Box sx={{ maxWidth: 560 }}>
      <Typography variant="body2">
        Probability of {readable(positiveLabel)}: <strong>{percent(probability)}</strong>
      </Typography>
      <Box
        role="img"
        aria-label={`Probability of ${readable(positiveLabel)}: ${percent(probability)}. ${bounds}`}
        sx={{ position: 'relative', height: 18, opacity: recognised ? 1 : 0.5 }}
      >
        <Box
          sx={{
            position: 'absolute',
            inset: '4px 0',
            borderRadius: 5,
            background: 'linear-gradient(to right, #cfe4e4, #efe9f2 50%, #f3cfcc)',
          }}
        />
        {band && (
          <Box
            sx={{
              position: 'absolute',
              top: 4,
              bottom: 4,
              left: position(band.low),
              width: position(band.high - band.low),
              background: 'repeating-linear-gradient(135deg, #8a530066 0 2px, #fff6e5 2px 6px)',
            }}
          />
        )}
        <Box
          sx={{
            position: 'absolute',
            top: 0,
            bottom: 0,
            left: position(decisionThreshold),
            borderLeft: '2px dashed #4a4458',
            ml: '-1px',
          }}
        />
        <Box
          sx={{
            position: 'absolute',
            top: 2,
            left: position(probability),
            width: 14,
            height: 14,
            ml: '-7px',
            borderRadius: '50%',
            bgcolor: 'primary.main',
            border: '2px solid white',
            boxShadow: '0 0 0 1px #4f3a8c',
          }}
        />
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', justifyContent: 'space-between', columnGap: 1 }}>
        <Typography variant="caption" color="textSecondary">
          {readable(negativeLabel(prediction))}
        </Typography>
        <Typography
          variant="caption"
          color="textSecondary"
          aria-hidden
          sx={{ order: { xs: 1, sm: 0 }, width: { xs: '100%', sm: 'auto' } }}
        >
          {bounds}
        </Typography>
        <Typography variant="caption" color="textSecondary">
          {readable(positiveLabel)}
        </Typography>
      </Box>
    </Box>
  );
}
