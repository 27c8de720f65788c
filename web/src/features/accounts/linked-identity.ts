import type { PersonFragment } from '../../graphql/graphql.js';

/** The identity with which a person signs in; null for a person with a password. */
export function linkedIdentity({ identities }: Pick<PersonFragment, 'identities'>) {
  return identities?.find(({ linkedAt }) => linkedAt !== null) ?? null;
}
