import { skipToken, useQuery } from '@apollo/client/react';
import { TextField } from '@mui/material';
import { useId } from 'react';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { useDelayed } from '../../ui/use-delayed.js';

const caseSuggestionsQuery = graphql(`
  query CaseSuggestions($search: String!) {
    cases(first: 8, filter: { search: $search }) {
      edges {
        node {
          id
          reference
        }
      }
    }
  }
`);

/** The user pauses typing for this time before cases are searched. */
const DELAY_MS = 300;

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
  const seesCases = useMay('see images');
  const search = useDelayed(value.trim(), DELAY_MS);
  const { data } = useQuery(
    caseSuggestionsQuery,
    search === '' || !seesCases ? skipToken : { variables: { search }, fetchPolicy: 'cache-and-network' },
  );
  const references =
    search === '' ? [] : (data?.cases.edges ?? []).flatMap(({ node }) => node.reference ?? []);
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
      <datalist id={listId}>
        {references.map((reference) => (
          <option key={reference} value={reference} />
        ))}
      </datalist>
    </>
  );
}

/** A known reference that differs from the typed one only in capitals. Null if there is none, or if the typed one is known itself. */
function sameExceptCapitals(typed: string, references: readonly string[]): string | null {
  if (references.includes(typed)) return null;
  return references.find((reference) => reference.toLowerCase() === typed.toLowerCase()) ?? null;
}
