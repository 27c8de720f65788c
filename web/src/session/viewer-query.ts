import { graphql } from '../graphql/index.js';

/** Who is signed in: read by the gate that stands before every page. */
export const viewerQuery = graphql(`
  query Viewer {
    viewer {
      id
      email
      displayName
      roles
      passwordIsOneTime
    }
  }
`);
