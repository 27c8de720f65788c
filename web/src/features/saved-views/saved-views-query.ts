import { graphql } from '../../graphql/index.js';

export const savedViewsQuery = graphql(`
  query SavedViews {
    savedViews {
      id
      page
      name
      filters
    }
  }
`);
