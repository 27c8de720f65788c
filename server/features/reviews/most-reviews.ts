/** Reviews that one request adds or withdraws. */
export const MOST_REVIEWS = 100;
