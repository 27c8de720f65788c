import { useId, useState } from 'react';
import { DelayedTextField } from '../../ui/delayed-text-field.js';
import { CaseSuggestions } from './case-suggestions.js';
import { useCaseSuggestions } from './use-case-suggestions.js';

interface CaseFilterFieldProps {
  value: string;
  onChange: (value: string) => void;
}

/** A filter by the whole reference of a case. It suggests the cases that contain what is typed. */
export function CaseFilterField({ value, onChange }: CaseFilterFieldProps) {
  const listId = useId();
  const [typed, setTyped] = useState(value);
  return (
    <>
      <DelayedTextField
        label="Case reference"
        helperText="Whole reference; type a part of it to see cases"
        value={value}
        onChange={onChange}
        onTyped={setTyped}
        slotProps={{ htmlInput: { maxLength: 200, autoComplete: 'off', list: listId } }}
      />
      <CaseSuggestions id={listId} references={useCaseSuggestions(typed)} />
    </>
  );
}
