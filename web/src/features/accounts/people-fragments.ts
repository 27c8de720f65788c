import { graphql } from '../../graphql/index.js';

/** A person in the list of people and on their own page. */
export const personFragment = graphql(`
  fragment Person on User {
    id
    email
    displayName
    roles
    createdAt
    disabledAt
    passwordIsOneTime
    lastSignedInAt
    hasSecondFactor
  }
`);
