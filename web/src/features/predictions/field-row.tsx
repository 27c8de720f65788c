import { Alert, Link, Stack, Typography } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import { useLinkState } from '../../ui/came-from.js';
import type { FieldSummaryFragment } from '../../graphql/graphql.js';
import { count } from '../../ui/format.js';
import { cellCount, countsText, explainFieldWarning, leftOutText } from '../fields/field-words.js';

/** The result of a field, whose file has this name, in the list of dropped files: its cells by outcome, what was left out, and a link to it. */
export function FieldRow({ field, name }: { field: FieldSummaryFragment; name: string }) {
  const { modelVersion, qualityWarnings } = field;
  const counts = countsText(field);
  return (
    <Stack spacing={1}>
      <Typography variant="body2">
        <strong>Field with {count(cellCount(field), 'cell')}</strong>
        {counts && `: ${counts}`}. {leftOutText(field)}
      </Typography>
      {qualityWarnings.length > 0 && (
        <Alert severity="warning" sx={{ py: 0 }}>
          {qualityWarnings.map(explainFieldWarning).join(' ')}
        </Alert>
      )}
      <Typography variant="caption" color="textSecondary">
        {modelVersion.model.name} version {modelVersion.version} ·{' '}
        <Link
          component={RouterLink}
          to={`/fields/${field.id}`}
          state={useLinkState()}
          aria-label={`Open field ${name}`}
        >
          Open field
        </Link>
      </Typography>
    </Stack>
  );
}
