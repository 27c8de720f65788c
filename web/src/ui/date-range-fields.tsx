import { DelayedTextField } from './delayed-text-field.js';

interface DateRangeFieldsProps {
  /** Days as `YYYY-MM-DD`; empty: no limit. */
  from: string;
  to: string;
  onChange: (name: 'from' | 'to', value: string) => void;
}

/** Two fields that limit a list to some days. */
export function DateRangeFields({ from, to, onChange }: DateRangeFieldsProps) {
  const date = { type: 'date', slotProps: { inputLabel: { shrink: true } } } as const;
  return (
    <>
      <DelayedTextField
        {...date}
        label="From date"
        value={from}
        onChange={(value) => onChange('from', value)}
      />
      <DelayedTextField {...date} label="To date" value={to} onChange={(value) => onChange('to', value)} />
    </>
  );
}
