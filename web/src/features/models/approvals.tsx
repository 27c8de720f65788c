import { Stack, Typography } from '@mui/material';
import type { ApprovalFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { dateTime } from '../../ui/format.js';
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

/** Who has said that a version may become the champion, the newest first; nothing where nobody has. */
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
              {approval.approvedBy.displayName}, {dateTime(approval.createdAt)}; {standing(approval)}
            </Typography>
          </li>
        ))}
      </Stack>
    </Section>
  );
}

function standing({ promotion, isStanding, expiresAt }: ApprovalFragment): string {
  if (promotion) return 'it was promoted on this';
  return isStanding ? `stands until ${dateTime(expiresAt)}` : 'no longer stands';
}
