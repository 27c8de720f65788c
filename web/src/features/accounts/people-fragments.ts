import { graphql } from '../../graphql/index.js';

/** A person in the list of people and on their own page. */
export const personFragment = graphql(`
  fragment Person on User {
    id
    email
    displayName
    roles
    seesAllSites
    sites {
      id
      name
    }
    createdAt
    disabledAt
    passwordIsOneTime
    lastSignedInAt
    hasSecondFactor
    identities {
      id
      issuer
      subject
      email
      displayName
      createdAt
      linkedAt
    }
  }
`);

/** What every operation on an account returns. */
export const userResultFragment = graphql(`
  fragment UserResult on UserPayload {
    user {
      ...Person
    }
    oneTimePassword
    userErrors {
      code
      message
    }
  }
`);
