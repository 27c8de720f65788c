import { graphql } from '../../graphql/index.js';

/** The sites that the user sees, by name; for administrators all of them. */
export const sitesQuery = graphql(`
  query Sites {
    sites {
      id
      name
    }
  }
`);
