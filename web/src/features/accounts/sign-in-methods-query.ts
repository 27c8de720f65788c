import { graphql } from '../../graphql/index.js';

/** How people sign in to this server. */
export const signInMethodsQuery = graphql(`
  query SignInMethods {
    signInMethods {
      provider {
        name
        url
        againUrl
        contact
      }
      builtInAccounts
    }
  }
`);
