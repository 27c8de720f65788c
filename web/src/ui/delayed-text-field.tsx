import { TextField, type TextFieldProps } from '@mui/material';
import { useEffect, useRef, useState } from 'react';

const DELAY_MS = 400;

type DelayedTextFieldProps = Omit<TextFieldProps, 'value' | 'onChange'> & {
  value: string;
  /** Called when the user pauses typing for 400 ms. */
  onChange: (value: string) => void;
  /** Called with each key. */
  onTyped?: (text: string) => void;
};

/** A text field that reports its value when the user pauses typing, so that not every key sends a request to the server. */
export function DelayedTextField({ value, onChange, onTyped, ...props }: DelayedTextFieldProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (known !== value) {
    // Changed from outside, for example by the back button or a reset.
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  // The latest callback, because another field may have changed the URL since the user typed in this field.
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });

  return (
    <TextField
      {...props}
      value={typed}
      onChange={(event) => {
        const next = event.target.value;
        setTyped(next);
        onTyped?.(next);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => latest.current(next), DELAY_MS);
      }}
    />
  );
}
