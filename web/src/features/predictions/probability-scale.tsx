import { Box, Typography } from '@mui/material';
import { colours } from '../../ui/colours.js';
import { percent, readable } from '../../ui/format.js';
import {
  abstentionBand,
  boundsText,
  negativeLabel,
  positiveProbability,
  type ShownAnswer,
} from './explain.js';

const position = (fraction: number) => `${Math.min(1, Math.max(0, fraction)) * 100}%`;

/** What the scale shows of an answer. */
type ProbabilityOfAnswer = Pick<ShownAnswer, 'outcome' | 'probabilities' | 'modelVersion'>;

/**
 * The calibrated probability of the positive class on a scale from 0 to 1, with the decision threshold (dashed line) and
 * the abstention band (hatched).
 */
export function ProbabilityScale({ prediction }: { prediction: ProbabilityOfAnswer }) {
  const { positiveLabel, decisionThreshold } = prediction.modelVersion;
  const probability = positiveProbability(prediction);
  const band = abstentionBand(prediction);
  const recognised = prediction.outcome !== 'OUT_OF_DISTRIBUTION';
  const bounds = boundsText(prediction);

  return (
    <Box sx={{ maxWidth: 560 }}>
      <Typography variant="body2">
        Probability of {readable(positiveLabel)}: <strong>{percent(probability)}</strong>
      </Typography>
      <Box
        role="img"
        aria-label={`Probability of ${readable(positiveLabel)}: ${percent(probability)}. ${bounds}`}
        sx={{
          position: 'relative',
          height: 18,
          opacity: recognised ? 1 : 0.5,
          forcedColorAdjust: 'none', // keeps the scale in a contrast theme of the system
        }}
      >
        <Box
          sx={{
            position: 'absolute',
            inset: '4px 0',
            borderRadius: 5,
            background: `linear-gradient(to right, ${colours.scaleNegative}, ${colours.scaleMiddle} 50%, ${colours.scalePositive})`,
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
              background: `repeating-linear-gradient(135deg, ${colours.needsReview} 0 1.5px, ${colours.bandBackground} 1.5px 6px)`,
            }}
          />
        )}
        <Box
          sx={{
            position: 'absolute',
            top: 0,
            bottom: 0,
            left: position(decisionThreshold),
            borderLeft: `2px dashed ${colours.threshold}`,
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
            border: '2px solid',
            borderColor: 'background.paper',
            boxShadow: (theme) => `0 0 0 1px ${(theme.vars ?? theme).palette.primary.main}`,
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
