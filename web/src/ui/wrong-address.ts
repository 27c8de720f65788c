import { CombinedGraphQLErrors } from '@apollo/client';

/** Whether a query failed only because the id or name in the page's address is not one of the right kind, or does not exist. */
export function isWrongAddress(error: unknown): boolean {
  return (
    CombinedGraphQLErrors.is(error) &&
    error.errors.every(({ extensions }) => ['BAD_USER_INPUT', 'NOT_FOUND'].includes(String(extensions?.code)))
  );
}
