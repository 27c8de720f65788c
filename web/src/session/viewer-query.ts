import { graphql } from '../graphql/index.js';

/** The signed-in user, as read by the sign-in gate. */
export const viewerQuery = graphql(`
  query Viewer {
    viewer {
      id
      email
      displayName
      roles
      passwordIsOneTime
      seesAllSites
      sites {
        id
        name
      }
    }
  }
`);
