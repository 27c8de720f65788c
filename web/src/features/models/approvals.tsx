import { Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { useMay, useViewer } from '../../session/viewer.js';
import type { ApprovalFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { Section } from '../../ui/section.js';
import { WithdrawDialog } from './withdraw-dialog.js';

export const approvalFragment = graphql(`
  fragment Approval on PromotionApproval {
    id
    kind
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
    withdrawal {
      reason
      createdAt
      withdrawnBy {
        id
        displayName
      }
    }
  }
`);

/** The approvals of a version, newest first, which its author and administrators can withdraw. Empty if there are none. */
export function Approvals({ approvals }: { approvals: readonly ApprovalFragment[] }) {
  const viewer = useViewer();
  const mayWithdrawAny = useMay('override gates');
  const [withdrawn, setWithdrawn] = useState<ApprovalFragment | null>(null);
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
              {approval.kind === 'RETIREMENT' && 'approval to retire, '}
              <Validity approval={approval} />
            </Typography>
            {approval.isStanding && (mayWithdrawAny || approval.approvedBy.id === viewer.id) && (
              <Button size="small" color="error" onClick={() => setWithdrawn(approval)}>
                Withdraw approval
              </Button>
            )}
          </li>
        ))}
      </Stack>
      {withdrawn && <WithdrawDialog approval={withdrawn} onClose={() => setWithdrawn(null)} />}
    </Section>
  );
}

function Validity({
  approval: { kind, promotion, withdrawal, isStanding, expiresAt },
}: {
  approval: ApprovalFragment;
}) {
  if (promotion) return kind === 'RETIREMENT' ? 'used for a retirement' : 'used for a promotion';
  if (withdrawal) {
    return (
      <>
        withdrawn by {withdrawal.withdrawnBy.displayName}, <DateTime iso={withdrawal.createdAt} />:{' '}
        {withdrawal.reason}
      </>
    );
  }
  if (!isStanding) return 'no longer valid';
  return (
    <>
      valid until <DateTime iso={expiresAt} />
    </>
  );
}
