import { Alert, Box, Stack, Typography } from '@mui/material';
import type { FieldWithCellsFragment } from '../../graphql/graphql.js';
import { capitalised } from '../../ui/format.js';
import { outcomeLabels } from '../../ui/labels.js';
import { explainFieldWarning, leftOutText } from './field-words.js';
import { markKindOf, type MarkKind, MarkSample } from './mark-lines.js';

/** The number of cells by outcome with the line of their boxes, what was left out, and the warnings about the picture. */
export function FieldSummary({ field }: { field: FieldWithCellsFragment }) {
  const { counts, leftOut, modelVersion, qualityWarnings } = field;
  const rows: [MarkKind, string, number][] = [
    ...counts.classified.map(({ label, count }): [MarkKind, string, number] => [
      markKindOf({ outcome: 'CLASSIFIED', label }, modelVersion.positiveLabel),
      capitalised(label),
      count,
    ]),
    ['indeterminate', outcomeLabels.INDETERMINATE, counts.indeterminate],
    ['not recognised', outcomeLabels.OUT_OF_DISTRIBUTION, counts.outOfDistribution],
    ...(leftOut.length > 0 ? [['left out', 'Left out', leftOut.length] as [MarkKind, string, number]] : []),
  ];
  return (
    <Stack spacing={1.5}>
      <Box
        component="ul"
        aria-label="Cells by outcome"
        sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2.5, rowGap: 0.5, listStyle: 'none', p: 0, m: 0 }}
      >
        {rows.map(([kind, name, number]) => (
          <Box component="li" key={name} sx={{ display: 'flex', alignItems: 'center', gap: 0.75 }}>
            <MarkSample kind={kind} />
            <Typography variant="body2" component="span">
              {name}: <strong>{number.toLocaleString()}</strong>
            </Typography>
          </Box>
        ))}
      </Box>
      <Typography variant="body2" color="textSecondary">
        The numbers count the answers of the model, regardless of reviews. {leftOutText(field)}
      </Typography>
      {qualityWarnings.length > 0 && (
        <Alert severity="warning" sx={{ py: 0 }}>
          {qualityWarnings.map(explainFieldWarning).join(' ')}
        </Alert>
      )}
    </Stack>
  );
}
