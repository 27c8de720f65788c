interface CaseSuggestionsProps {
  /** The `list` of the field. */
  id: string;
  references: readonly string[];
}

/** The cases that a field suggests. */
export function CaseSuggestions({ id, references }: CaseSuggestionsProps) {
  return (
    <datalist id={id}>
      {references.map((reference) => (
        <option key={reference} value={reference} />
      ))}
    </datalist>
  );
}
