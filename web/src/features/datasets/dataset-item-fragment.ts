import { graphql } from '../../graphql/index.js';

/** What it takes to show an item's image and say whose and what it is. */
export const shownItemFragment = graphql(`
  fragment ShownItem on DatasetItem {
    key
    label
    group
    split
    image {
      sha256
      url
      thumbnailUrl
      width
      height
    }
  }
`);
