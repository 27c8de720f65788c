import { Box, Chip, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { ModelStandingFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { count, readable } from '../../ui/format.js';
import { aliasLabels } from '../../ui/labels.js';
import { Section } from '../../ui/section.js';
import { GateResults } from './gate-results.js';

/** A model's champion and challenger, and its promotion history. */
export const modelStandingFragment = graphql(`
  fragment ModelStanding on Model {
    id
    name
    champion {
      id
      version
      aliases
    }
    challenger {
      id
      version
      aliases
    }
    promotions {
      id
      kind
      alias
      reason
      createdAt
      from {
        id
        version
      }
      to {
        id
        version
      }
      requestedBy {
        id
        displayName
      }
      approvedBy {
        id
        displayName
      }
      overridden
      gateResults {
        gate
        passed
        message
        observed
        required
      }
    }
  }
`);

/** The result of a mutation that changes an alias, with everything on the pages that changes with it. */
export const promotionResultFragment = graphql(`
  fragment PromotionResult on PromotionPayload {
    promotion {
      id
      model {
        ...ModelStanding
      }
      from {
        id
        aliases
      }
    }
    userErrors {
      code
      message
    }
  }
`);

type Promotion = ModelStandingFragment['promotions'][number];

/** The promotion history of a model, newest first: what changed, who requested it, when and why. */
export function Promotions({ promotions }: { promotions: readonly Promotion[] }) {
  const newestFirst = promotions.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  return (
    <Section title="Promotions">
      {promotions.length === 0 ? (
        <Typography color="textSecondary">
          No promotions yet. Open a version with the status Ready and promote it to champion.
        </Typography>
      ) : (
        <Stack component="ol" spacing={2} sx={{ listStyle: 'none', p: 0, m: 0 }}>
          {newestFirst.map((promotion) => (
            <Box
              component="li"
              key={promotion.id}
              sx={{ borderLeft: 3, borderColor: 'primary.main', pl: 1.5 }}
            >
              <Typography sx={{ '&::first-letter': { textTransform: 'uppercase' } }}>
                <PromotionSentence promotion={promotion} />
              </Typography>
              <Typography variant="body2" sx={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
                {promotion.reason}
              </Typography>
              <Typography variant="caption" color="textSecondary" component="p">
                {promotion.requestedBy.displayName}, <DateTime iso={promotion.createdAt} />
                {promotion.approvedBy && `, approved by ${promotion.approvedBy.displayName}`}
              </Typography>
              {promotion.overridden.length > 0 && (
                <Chip
                  size="small"
                  color="warning"
                  variant="outlined"
                  label={`Overridden: ${promotion.overridden.map(readable).join(', ')}`}
                  sx={{ height: 'auto', '& .MuiChip-label': { whiteSpace: 'normal' } }}
                />
              )}
              <Checks results={promotion.gateResults} />
            </Box>
          ))}
        </Stack>
      )}
    </Section>
  );
}

/** The results of the promotion checks. Failed (overridden) checks are always shown, passed ones can be expanded. */
function Checks({ results }: { results: Promotion['gateResults'] }) {
  const passed = results.filter((result) => result.passed);
  return (
    <>
      <GateResults results={results.filter((result) => !result.passed)} />
      {passed.length > 0 && (
        <Typography variant="body2" color="textSecondary" component="details">
          <summary style={{ cursor: 'pointer' }}>{count(passed.length, 'check')} passed</summary>
          <GateResults results={passed} />
        </Typography>
      )}
    </>
  );
}

function PromotionSentence({ promotion }: { promotion: Promotion }) {
  const { kind, alias, from, to } = promotion;
  const aliasName = aliasLabels[alias].toLowerCase();
  if (kind === 'RETIREMENT' || !to) {
    return (
      <>
        {from && <VersionLink version={from} />} retired as {aliasName}
      </>
    );
  }
  return (
    <>
      {kind === 'ROLLBACK' && 'Rolled back: '}
      <VersionLink version={to} /> became {aliasName}
      {from && (
        <>
          {' '}
          in place of <VersionLink version={from} />
        </>
      )}
    </>
  );
}

function VersionLink({ version }: { version: { id: string; version: number } }) {
  return (
    <Link component={RouterLink} to={`/model-versions/${version.id}`}>
      version {version.version}
    </Link>
  );
}
