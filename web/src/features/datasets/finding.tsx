import { Alert, AlertTitle, Box, Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import type { FindingDetailsFragment } from '../../graphql/graphql.js';
import { Code } from '../../ui/code.js';
import { count as counted, readable } from '../../ui/format.js';
import { severityLabels } from '../../ui/labels.js';
import { checkName } from './check-name.js';
import { CornerPatches } from './corner-patches.js';
import type { NewSnapshot } from './create-snapshot-dialog.js';
import { Measured } from './measured.js';
import { OfferedMapping } from './offered-mapping.js';
import { Thumbnails } from './thumbnails.js';

const alertSeverities = { ERROR: 'error', WARNING: 'warning', INFO: 'info' } as const;

/** The number of images shown before the user asks for all of them. */
const IMAGES_AT_FIRST = 8;

interface FindingProps {
  finding: FindingDetailsFragment;
  snapshot: Omit<NewSnapshot, 'classes'>;
}

/** One finding: its message, its statistic, and the images that it concerns. */
export function Finding({ finding, snapshot }: FindingProps) {
  const { check, severity, message, count, examples, exampleItems, statistic, threshold, classes } = finding;
  const alertSeverity = alertSeverities[severity];
  const comparesLabels = check.startsWith('shortcut-') || reportsEachLabel.has(check);
  return (
    <Alert
      component="li"
      severity={alertSeverity}
      variant="outlined"
      sx={{ '& .MuiAlert-message': { flex: 1, minWidth: 0 }, px: { xs: 1.25, sm: 2 } }}
    >
      <AlertTitle>
        {severityLabels[severity]}: {checkName(check)}
        {count > 1 && ` (${count.toLocaleString()})`}
      </AlertTitle>
      <Stack spacing={1.5}>
        <Typography variant="body2" sx={{ maxWidth: '46rem', overflowWrap: 'anywhere' }}>
          {message}
        </Typography>
        {statistic != null && (
          <Measured
            {...statisticOf(check)}
            statistic={statistic}
            threshold={threshold}
            colour={`${alertSeverity}.main`}
          />
        )}
        {check === 'shortcut-in-corners' && exampleItems.length > 0 && <CornerPatches items={exampleItems} />}
        {exampleItems.length > 0 && <ExampleImages items={exampleItems} sideBySide={comparesLabels} />}
        {classes && <OfferedMapping snapshot={{ ...snapshot, classes }} />}
        {examples.length > 0 && (
          <Box component="details">
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
      </Stack>
    </Alert>
  );
}

/** Checks whose statistic is the AUC of a small classifier that predicts the label, besides those called shortcut-…. */
const predictsLabel = new Set(['scale', 'label-in-colour']);
/** Checks whose statistic is a share of the images of one label. */
const sharesOfLabel = new Set(['no-cell', 'several-cells', 'cell-cut-off']);
/** Checks whose images are shown for each label, besides those called shortcut-…. */
const reportsEachLabel = new Set(['scale', ...sharesOfLabel]);

/** The name of the statistic of a check, and the start of its bar. */
function statisticOf(check: string): { name: string; from: number } {
  // The bar of an AUC starts at 0.5, which is what guessing scores.
  if (check.startsWith('shortcut-') || predictsLabel.has(check)) return { name: 'AUC', from: 0.5 };
  return { name: sharesOfLabel.has(check) ? 'Largest share of a label' : 'Value', from: 0 };
}

interface ExampleImagesProps {
  items: FindingDetailsFragment['exampleItems'];
  /** Whether the images of each label are shown in a separate column, for comparison. */
  sideBySide: boolean;
}

function ExampleImages({ items, sideBySide }: ExampleImagesProps) {
  const [all, setAll] = useState(false);
  const labels = [...new Set(items.map(({ label }) => label))];
  const parts = sideBySide ? labels.map((label) => items.filter((item) => item.label === label)) : [items];
  const atFirst = Math.ceil(IMAGES_AT_FIRST / parts.length);
  const hidden = parts.reduce((sum, part) => sum + Math.max(0, part.length - atFirst), 0);
  return (
    <Box role="group" aria-label="Affected images">
      <Box
        sx={{
          display: 'grid',
          columnGap: 3,
          rowGap: 1,
          gridTemplateColumns: sideBySide ? 'repeat(2, minmax(0, 18rem))' : 'minmax(0, 1fr)',
        }}
      >
        {parts.map((part) => (
          <Box key={part[0]?.label}>
            {sideBySide && (
              <Typography variant="body2" noWrap sx={{ mb: 0.5 }}>
                {readable(part[0]?.label ?? '')}
              </Typography>
            )}
            <Thumbnails
              items={all ? part : part.slice(0, atFirst)}
              side={sideBySide ? 56 : 72}
              named={!sideBySide}
            />
          </Box>
        ))}
      </Box>
      {hidden > 0 && !all && (
        <Button size="small" color="inherit" onClick={() => setAll(true)}>
          Show {counted(hidden, 'more image', 'more images')}
        </Button>
      )}
    </Box>
  );
}
