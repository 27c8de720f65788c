import { skipToken, useQuery } from '@apollo/client/react';
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

/** References of existing cases that contain a text, which the user is typing. None for an empty text. */
export function useCaseSuggestions(typed: string): readonly string[] {
  const seesCases = useMay('see images');
  const search = useDelayed(typed.trim(), DELAY_MS);
  const { data } = useQuery(
    caseSuggestionsQuery,
    search === '' || !seesCases ? skipToken : { variables: { search }, fetchPolicy: 'cache-and-network' },
  );
  return search === '' ? [] : (data?.cases.edges ?? []).flatMap(({ node }) => node.reference ?? []);
}
