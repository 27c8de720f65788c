import { useQuery } from '@apollo/client/react';
import { Section } from '../../ui/section.js';
import { DoubleReadings, doubleReadingsQuery } from './readings-page.js';

/** The double readings of a case. Nothing if it has none. */
export function CaseReadings({ caseId }: { caseId: string }) {
  const { data } = useQuery(doubleReadingsQuery, { variables: { caseId } });
  if (!data || data.doubleReadings.length === 0) return null;
  return (
    <Section title="Double readings">
      <DoubleReadings caseId={caseId} />
    </Section>
  );
}
