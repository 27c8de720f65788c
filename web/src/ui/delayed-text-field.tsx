import { TextField, type TextFieldProps } from '@mui/material';
import { useEffect, useRef, useState } from 'react';

const DELAY_MS = 400;

type DelayedTextFieldProps = Omit<TextFieldProps, 'value' | 'onChange'> & {
  value: string;
  /** Called once typing has paused. */
  onChange: (value: string) => void;
};

/** A text field that tells of its value when typing pauses, so that not every letter asks the server. */
export function DelayedTextField({ value, onChange, ...props }: DelayedTextFieldProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (known !== value) {
    // Changed from outside: the back button, or a reset.
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  // Of the render that is shown when typing pauses: another field may have changed the address since this one was typed in.
  const newest = useRef(onChange);
  useEffect(() => {
    newest.current = onChange;
  });

  return (
    <TextField
      {...props}
      value={typed}
      onChange={(event) => {
        const next = event.target.value;
        setTyped(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => newest.current(next), DELAY_MS);
      }}
    />
  );
}
