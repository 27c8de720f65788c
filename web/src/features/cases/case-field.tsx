import { TextField } from '@mui/material';
import { useId } from 'react';
import { CaseSuggestions } from './case-suggestions.js';
import { useCaseSuggestions } from './use-case-suggestions.js';

interface CaseFieldProps {
  value: string;
  onChange: (value: string) => void;
  /** Shown below the field. */
  hint?: string;
  autoFocus?: boolean;
}

/** A field for a case reference, which suggests existing cases that contain the text. */
export function CaseField({ value, onChange, hint, autoFocus = false }: CaseFieldProps) {
  const listId = useId();
  const references = useCaseSuggestions(value);
  const similar = sameExceptCapitals(value.trim(), references);
  return (
    <>
      <TextField
        label="Case reference"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        helperText={
          similar === null
            ? hint
            : `There is a case “${similar}”. This reference has other capitals, so it is another case.`
        }
        autoFocus={autoFocus}
        sx={{ flex: 1 }}
        slotProps={{ htmlInput: { maxLength: 200, autoComplete: 'off', list: listId } }}
      />
      <CaseSuggestions id={listId} references={references} />
    </>
  );
}

/** A known reference that differs from the typed one only in capitals. Null if there is none, or if the typed one is known itself. */
function sameExceptCapitals(typed: string, references: readonly string[]): string | null {
  if (references.includes(typed)) return null;
  return references.find((reference) => reference.toLowerCase() === typed.toLowerCase()) ?? null;
}
