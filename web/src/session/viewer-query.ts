import { graphql } from '../graphql/index.js';

/** The signed-in user, as read by the sign-in gate. */
export const viewerQuery = graphql(`
  query Viewer {
    viewer {
      __typename
      id
      email
      displayName
      roles
      passwordIsOneTime
      seesAllSites
      sites {
        __typename
        id
        name
      }
    }
  }
`);
