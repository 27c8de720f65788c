import { Typography } from '@mui/material';
import type { ShadowAgreementFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { percent } from '../../ui/format.js';
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

/** How often a version agreed with the champion while it was challenger. */
export function ShadowAgreement({ agreement }: { agreement: ShadowAgreementFragment }) {
  const { answers, agreements, rate, interval, since } = agreement;
  return (
    <Section
      title="Agreement with the champion"
      hint="As challenger, this version classifies a sample of the champion’s images. Its results are not shown to users. Agreement does not prove that a result is correct."
    >
      <Typography>
        Agreement {percent(rate)} (95 % CI {percent(interval.lower)} to {percent(interval.upper)}):{' '}
        {agreements.toLocaleString()} of {answers.toLocaleString()} images since <DateTime iso={since} />.
      </Typography>
    </Section>
  );
}
