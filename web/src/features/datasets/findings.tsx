import { Alert, AlertTitle, Box, Stack, Typography } from '@mui/material';
import type { FindingDetailsFragment, FindingSeverity } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { decimal } from '../../ui/format.js';
import { Section } from '../../ui/section.js';

export const findingDetailsFragment = graphql(`
  fragment FindingDetails on ValidationFinding {
    check
    severity
    message
    count
    examples
    statistic
    threshold
  }
`);

const ranks: Record<FindingSeverity, number> = { ERROR: 0, WARNING: 1, INFO: 2 };
const looks = { ERROR: 'error', WARNING: 'warning', INFO: 'info' } as const;
const names = { ERROR: 'Error', WARNING: 'Warning', INFO: 'Note' } as const;

/** What validation found in a snapshot, the worst first. */
export function Findings({ findings }: { findings: readonly FindingDetailsFragment[] }) {
  const worstFirst = findings.toSorted((a, b) => ranks[a.severity] - ranks[b.severity]);
  return (
    <Section title="Findings">
      {findings.length === 0 ? (
        <Typography color="textSecondary">Validation found nothing to object to.</Typography>
      ) : (
        <Stack spacing={1.5} component="ul" sx={{ listStyle: 'none', p: 0, m: 0 }}>
          {worstFirst.map((finding) => (
            <Finding key={`${finding.check} ${finding.message}`} finding={finding} />
          ))}
        </Stack>
      )}
    </Section>
  );
}

function Finding({ finding }: { finding: FindingDetailsFragment }) {
  const { check, severity, message, count, examples, statistic, threshold } = finding;
  return (
    <Alert component="li" severity={looks[severity]} variant="outlined">
      <AlertTitle>
        {names[severity]}: {check.replaceAll(/[-_]/g, ' ').toLowerCase()}
        {count > 1 && ` (${count.toLocaleString()})`}
      </AlertTitle>
      {message}
      {statistic != null && (
        <Typography variant="body2" sx={{ mt: 0.5 }}>
          Measured {decimal(statistic)}
          {threshold != null && `, bound ${decimal(threshold)}`}
        </Typography>
      )}
      {examples.length > 0 && (
        <Box component="details" sx={{ mt: 0.75 }}>
          <summary>Examples</summary>
          <Stack component="ul" sx={{ pl: 2.5, my: 0.5 }}>
            {examples.map((example) => (
              <li key={example}>
                <Code>{example}</Code>
              </li>
            ))}
          </Stack>
        </Box>
      )}
    </Alert>
  );
}
