import { Stack, Typography } from '@mui/material';
import type { FindingDetailsFragment, FindingSeverity } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { Section } from '../../ui/section.js';
import type { NewSnapshot } from './create-snapshot-dialog.js';
import { Finding } from './finding.js';

export const findingDetailsFragment = graphql(`
  fragment FindingDetails on ValidationFinding {
    check
    severity
    message
    count
    examples
    exampleItems {
      ...ShownItem
    }
    statistic
    threshold
    classes {
      folder
      label
    }
  }
`);

const ranks: Record<FindingSeverity, number> = { ERROR: 0, WARNING: 1, INFO: 2 };

interface FindingsProps {
  findings: readonly FindingDetailsFragment[];
  /** The fields of the snapshot, to create it again with a class mapping that a finding suggests. */
  snapshot: Omit<NewSnapshot, 'classes'>;
}

/** The findings of validation, most severe first. */
export function Findings({ findings, snapshot }: FindingsProps) {
  const seesItems = useMay('see dataset items');
  const worstFirst = findings.toSorted((a, b) => ranks[a.severity] - ranks[b.severity]);
  return (
    <Section
      title="Findings"
      hint={
        seesItems
          ? undefined
          : 'Your role does not show examples of findings, because they name files and patients.'
      }
    >
      {findings.length === 0 ? (
        <Typography color="textSecondary">Validation found no problems.</Typography>
      ) : (
        <Stack spacing={1.5} component="ul" sx={{ listStyle: 'none', p: 0, m: 0 }}>
          {worstFirst.map((finding) => (
            <Finding key={`${finding.check} ${finding.message}`} finding={finding} snapshot={snapshot} />
          ))}
        </Stack>
      )}
    </Section>
  );
}
