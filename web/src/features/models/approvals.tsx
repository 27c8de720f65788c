import { Stack, Typography } from '@mui/material';
import type { ApprovalFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { Section } from '../../ui/section.js';

export const approvalFragment = graphql(`
  fragment Approval on PromotionApproval {
    id
    comment
    createdAt
    expiresAt
    isStanding
    approvedBy {
      id
      displayName
    }
    promotion {
      id
    }
  }
`);

/** The approvals of a version as champion, newest first. Empty if there are none. */
export function Approvals({ approvals }: { approvals: readonly ApprovalFragment[] }) {
  if (approvals.length === 0) return null;
  return (
    <Section title="Approvals">
      <Stack component="ul" spacing={1.5} sx={{ listStyle: 'none', p: 0, m: 0 }}>
        {approvals.map((approval) => (
          <li key={approval.id}>
            <Typography variant="body2" sx={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
              {approval.comment}
            </Typography>
            <Typography variant="caption" color="textSecondary" component="p">
              {approval.approvedBy.displayName}, <DateTime iso={approval.createdAt} />,{' '}
              <Validity approval={approval} />
            </Typography>
          </li>
        ))}
      </Stack>
    </Section>
  );
}

function Validity({ approval: { promotion, isStanding, expiresAt } }: { approval: ApprovalFragment }) {
  if (promotion) return 'used for a promotion';
  if (!isStanding) return 'no longer valid';
  return (
    <>
      valid until <DateTime iso={expiresAt} />
    </>
  );
}
