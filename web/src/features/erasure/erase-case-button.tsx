import { Button } from '@mui/material';
import { useState } from 'react';
import { useMay } from '../../session/viewer.js';
import { EraseCaseDialog } from './erase-case-dialog.js';

interface EraseCaseButtonProps {
  caseReference: string;
  /** Called after the case was erased and the dialog was closed. */
  onErased: () => void;
}

/** Opens the dialog that erases a case, for users who may do that. */
export function EraseCaseButton({ caseReference, onErased }: EraseCaseButtonProps) {
  const [isOpen, setOpen] = useState(false);
  if (!useMay('erase cases')) return null;
  return (
    <>
      <Button color="error" onClick={() => setOpen(true)}>
        Erase this case…
      </Button>
      {isOpen && (
        <EraseCaseDialog
          caseReference={caseReference}
          onClose={(isErased) => {
            setOpen(false);
            if (isErased) onErased();
          }}
        />
      )}
    </>
  );
}
