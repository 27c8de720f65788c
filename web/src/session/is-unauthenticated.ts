import { CombinedGraphQLErrors } from '@apollo/client';

/** Whether a request was refused because nobody is signed in, or no longer. */
export function isUnauthenticated(error: unknown): error is CombinedGraphQLErrors {
  return (
    CombinedGraphQLErrors.is(error) &&
    error.errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')
  );
}
