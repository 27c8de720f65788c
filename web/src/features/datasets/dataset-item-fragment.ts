import { graphql } from '../../graphql/index.js';

/** The fields that show an item: its image, label, group and split. */
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
