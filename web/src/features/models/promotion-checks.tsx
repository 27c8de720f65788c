import { skipToken, useQuery } from '@apollo/client/react';
import { LinearProgress, Typography } from '@mui/material';
import type { ModelAlias } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Problem } from '../../ui/problem.js';
import { GateResults } from './gate-results.js';

const promotionGatesQuery = graphql(`
  query PromotionGates($modelVersionId: ID!, $alias: ModelAlias!) {
    promotionGates(modelVersionId: $modelVersionId, alias: $alias) {
      gate
      passed
      message
    }
  }
`);

/** The checks of promoting a version now. Runs none while `modelVersionId` is null. */
export function usePromotionChecks(modelVersionId: string | null, alias: ModelAlias) {
  const query = useQuery(
    promotionGatesQuery,
    modelVersionId === null
      ? skipToken
      : { variables: { modelVersionId, alias }, fetchPolicy: 'network-only' },
  );
  const results = query.data?.promotionGates ?? [];
  return { query, results, anyFails: results.some(({ passed }) => !passed) };
}

/** The progress and results of {@link usePromotionChecks}. */
export function PromotionChecks({ checks }: { checks: ReturnType<typeof usePromotionChecks> }) {
  const { query, results } = checks;
  return (
    <>
      {query.loading && (
        <div>
          <Typography variant="body2" color="textSecondary">
            Verifying the artifact, loading the model, checking its evaluations …
          </Typography>
          <LinearProgress sx={{ mt: 0.5 }} />
        </div>
      )}
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <GateResults results={results} />
    </>
  );
}
