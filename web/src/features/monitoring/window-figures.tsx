import { Box, Typography } from '@mui/material';
import type { WindowFiguresFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { milliseconds, percent } from '../../ui/format.js';

export const windowFiguresFragment = graphql(`
  fragment WindowFigures on MonitoringWindow {
    predictionCount
    reviewedCount
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
  /** Of what it is the share, or what it does not say. */
  note: string;
}

/** A window's figures, each with what it is a share of. */
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
  const { predictionCount, reviewedCount, agreementRate, challengerAgreementRate } = window;
  const reviewed = `of ${reviewedCount.toLocaleString()} reviewed`;
  return [
    { name: 'Predictions', value: predictionCount.toLocaleString(), note: 'by all of its versions' },
    {
      name: 'Reviews that agree',
      value: agreementRate === null ? '–' : percent(agreementRate),
      note: agreementRate === null ? 'none was reviewed' : `${reviewed}; people choose what they review`,
    },
    { name: 'A person decides', value: percent(window.abstentionRate), note: 'no answer stands' },
    {
      name: 'Not recognised',
      value: percent(window.outOfDistributionRate),
      note: 'unlike anything it was trained on',
    },
    { name: 'Positive', value: percent(window.positiveRate), note: 'of those whose label stands' },
    {
      name: 'Challenger agrees',
      value: challengerAgreementRate === null ? '–' : percent(challengerAgreementRate),
      note: challengerAgreementRate === null ? 'no challenger was asked' : 'of the sample that it was asked',
    },
    { name: 'Median time', value: milliseconds(window.p50Ms), note: 'from the upload to the answer' },
    { name: '95 % stay below', value: milliseconds(window.p95Ms), note: 'from the upload to the answer' },
  ];
}
