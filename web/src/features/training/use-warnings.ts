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

/** A check that warned, with what it said: one check may warn of several things. */
export interface Warning {
  check: string;
  messages: string[];
}

interface Warnings {
  /** Undefined until they are known. */
  checks: Warning[] | undefined;
  error: unknown;
  retry: () => void;
}

/** What validation warns of in a snapshot, by the check that must be acknowledged to train on it. */
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
    checks: data && [...messages].map(([check, of]) => ({ check, messages: of })),
    error,
    retry: () => void refetch(),
  };
}
