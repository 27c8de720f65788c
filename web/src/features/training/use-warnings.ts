import { skipToken, useQuery } from '@apollo/client/react';
import { graphql } from '../../graphql/index.js';

const warningsQuery = graphql(`
  query SnapshotWarnings($id: ID!) {
    datasetSnapshot(id: $id) {
      id
      findings {
        ...FindingDetails
      }
    }
  }
`);

/** The warnings of one check. A check can have several. */
export interface Warning {
  check: string;
  messages: string[];
}

interface Warnings {
  /** Undefined while loading. */
  checks: Warning[] | undefined;
  error: unknown;
  retry: () => void;
}

/** The warnings of a snapshot, grouped by the check that must be acknowledged before training. */
export function useWarnings(snapshotId: string | undefined): Warnings {
  const { data, error, refetch } = useQuery(
    warningsQuery,
    snapshotId === undefined ? skipToken : { variables: { id: snapshotId } },
  );
  const messages = new Map<string, string[]>();
  for (const { check, severity, message } of data?.datasetSnapshot?.findings ?? []) {
    if (severity === 'WARNING') messages.set(check, [...(messages.get(check) ?? []), message]);
  }
  return {
    checks: data && [...messages].map(([check, texts]) => ({ check, messages: texts })),
    error,
    retry: () => void refetch(),
  };
}
