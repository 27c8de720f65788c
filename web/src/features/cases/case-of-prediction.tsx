import { Button, Stack } from '@mui/material';
import { useState } from 'react';
import type { CaseState } from '../../graphql/graphql.js';
import { useMay } from '../../session/viewer.js';
import { CaseLink } from './case-link.js';
import { MoveDialog } from './move-dialog.js';

interface CaseOfPredictionProps {
  prediction: {
    id: string;
    case?: { id: string; state: CaseState } | null;
    caseReference?: string | null;
    field?: { id: string } | null;
  };
}

/** The case of a prediction, and the button that moves it to another, for users who may do that. */
export function CaseOfPrediction({ prediction }: CaseOfPredictionProps) {
  const { id, case: of, caseReference, field } = prediction;
  const [isOpen, setOpen] = useState(false);
  const mayMove = useMay('review') && of?.state !== 'SIGNED';
  return (
    <Stack
      direction="row"
      useFlexGap
      sx={{ alignItems: 'center', flexWrap: 'wrap', columnGap: 1, rowGap: 0.5 }}
    >
      {of ? <CaseLink of={of} reference={caseReference} /> : 'No case'}
      {mayMove && (
        <Button size="small" onClick={() => setOpen(true)}>
          {of ? 'Move to another case' : 'Move to a case'}
        </Button>
      )}
      {isOpen && <MoveDialog predictionId={id} isOfField={Boolean(field)} onClose={() => setOpen(false)} />}
    </Stack>
  );
}
