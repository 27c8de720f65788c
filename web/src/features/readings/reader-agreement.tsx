import { useQuery } from '@apollo/client/react';
import { Stack } from '@mui/material';
import { graphql } from '../../graphql/index.js';
import { Section } from '../../ui/section.js';
import { OneAgreement } from './double-reading-page.js';

const readingAgreementQuery = graphql(`
  query ReadingAgreement($modelName: String!, $from: DateTime!, $to: DateTime!) {
    readingAgreement(modelName: $modelName, from: $from, to: $to) {
      ...ReadingAgreementFigures
    }
  }
`);

/** How far readers agreed with each other and with each version of a model, in readings that were finished in a time window. Nothing without any. */
export function ReaderAgreement(window: { modelName: string; from: string; to: string }) {
  const { data } = useQuery(readingAgreementQuery, { variables: window, fetchPolicy: 'cache-and-network' });
  if (!data || data.readingAgreement.length === 0) return null;
  return (
    <Section
      title="Agreement of readers"
      hint="From blind readings that were finished in this time. Only cells that were drawn at random, or all cells of a case, count."
    >
      <Stack spacing={3}>
        {data.readingAgreement.map((agreement) => (
          <OneAgreement key={agreement.modelVersion?.id} agreement={agreement} />
        ))}
      </Stack>
    </Section>
  );
}
