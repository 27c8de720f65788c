import { Box, Typography } from '@mui/material';
import type { WindowFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { count, milliseconds, percent } from '../../ui/format.js';
import { outcomeLabels, withheldMeaning } from '../../ui/labels.js';

export const windowFiguresFragment = graphql(`
  fragment WindowFigures on MonitoringWindow {
    predictionCount
    reviewedCount
    labelledCount
    agreementRate
    abstentionRate
    outOfDistributionRate
    positiveRate
    challengerAgreementRate
    p50Ms
    p95Ms
  }
`);

interface Figure {
  name: string;
  value: string;
  /** What the value is a fraction of, or how to read it. */
  note: string;
}

/** The metrics of a time window, each with a note on how to read it. */
export function WindowFigures({ window }: { window: WindowFiguresFragment }) {
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: { xs: 'repeat(2, minmax(0, 1fr))', md: 'repeat(4, minmax(0, 1fr))' },
        m: 0,
      }}
    >
      {figuresOf(window).map(({ name, value, note }) => (
        <div key={name}>
          <Typography component="dt" variant="body2" color="textSecondary">
            {name}
          </Typography>
          <Typography component="dd" variant="h2" sx={{ m: 0 }}>
            {value}
          </Typography>
          <Typography component="dd" variant="caption" color="textSecondary" sx={{ m: 0, display: 'block' }}>
            {note}
          </Typography>
        </div>
      ))}
    </Box>
  );
}

function figuresOf(window: WindowFiguresFragment): Figure[] {
  const { predictionCount, reviewedCount, labelledCount, agreementRate, challengerAgreementRate } = window;
  const noLabels = reviewedCount === 0 ? 'no reviews yet' : 'no reviewer has given a label yet';
  const labelled = `of ${count(labelledCount, 'prediction')} that a reviewer labelled`;
  return [
    { name: 'Predictions', value: predictionCount.toLocaleString(), note: 'by all versions' },
    {
      name: 'Reviews that agree',
      value: agreementRate === null ? '–' : percent(agreementRate),
      note: agreementRate === null ? noLabels : `${labelled}; not a random sample`,
    },
    { name: 'Withheld', value: percent(window.abstentionRate), note: withheldMeaning },
    {
      name: outcomeLabels.OUT_OF_DISTRIBUTION,
      value: percent(window.outOfDistributionRate),
      note: 'unlike the training images',
    },
    { name: 'Positive', value: percent(window.positiveRate), note: 'of the classified images' },
    {
      name: 'Challenger agrees',
      value: challengerAgreementRate === null ? '–' : percent(challengerAgreementRate),
      note: challengerAgreementRate === null ? 'no challenger has run' : 'of the images it classified',
    },
    { name: 'Median time', value: milliseconds(window.p50Ms), note: 'from upload to result' },
    {
      name: 'Time, 95th percentile',
      value: milliseconds(window.p95Ms),
      note: 'from upload to result',
    },
  ];
}
