import { Typography } from '@mui/material';
import type { ShadowAgreementFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { dateTime, percent } from '../../ui/format.js';
import { Section } from '../../ui/section.js';

export const shadowAgreementFragment = graphql(`
  fragment ShadowAgreement on ShadowAgreement {
    answers
    agreements
    rate
    since
    interval {
      lower
      upper
    }
  }
`);

/** How often a version said, as a challenger, what the champion had answered. */
export function ShadowAgreement({ agreement }: { agreement: ShadowAgreementFragment }) {
  const { answers, agreements, rate, interval, since } = agreement;
  return (
    <Section
      title="In the shadow of the champion"
      hint="As a challenger it is asked about a sample of what the champion has answered, and nobody is told what it says. To agree is no proof of being right."
    >
      <Typography>
        It agreed on {percent(rate)} ({percent(interval.lower)} to {percent(interval.upper)}):{' '}
        {agreements.toLocaleString()} of {answers.toLocaleString()} images since {dateTime(since)}.
      </Typography>
    </Section>
  );
}
