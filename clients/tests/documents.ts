/** The operations that every client sends. */
export const PAGE = `query Page($after: String) {
  predictions(first: 2, after: $after) { edges { node { id label } } pageInfo { hasNextPage endCursor } totalCount }
}`;
export const CLASSIFY = `mutation Classify($image: Upload!) {
  classify(image: $image) { prediction { id outcome } userErrors { code field message } }
}`;
export const CREATED = `subscription Created { predictionCreated { id } }`;
/** Refused with an error of GraphQL. */
export const TOO_MANY = `query TooMany { predictions(first: 100000) { totalCount } }`;

/** The data of `PAGE` and of `CLASSIFY`. */
export interface PageData {
  predictions: {
    edges: { node: { id: string; label: string } }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    totalCount: number;
  };
}
export interface ClassifyData {
  classify: {
    prediction: { id: string; outcome: string } | null;
    userErrors: { code: string; field: string[] | null; message: string }[];
  };
}
