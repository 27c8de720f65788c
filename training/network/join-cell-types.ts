import type { LabelScores } from './train-network.js';

/** Scores of the labels by the joined embedding. */
export interface JoinedScores extends LabelScores {
  labels: string[];
}

/**
 * The members' scores of the labels as one linear map from their joined embeddings: the mean of the members' scores. Null if a
 * member has none. The members must have the same labels.
 */
export function joinCellTypes(members: readonly (LabelScores | null)[]): JoinedScores | null {
  const [first] = members;
  if (!first) return null;
  const heads = members.flatMap((head) => head ?? []);
  if (heads.length < members.length) return null;
  if (heads.some(({ labels }) => labels.join() !== first.labels.join()))
    throw new Error('The members score different labels.');
  const share = (value: number) => Number((value / heads.length).toPrecision(6));
  return {
    labels: [...first.labels],
    weights: first.labels.map((_, label) => heads.flatMap(({ weights }) => weights[label]?.map(share) ?? [])),
    biases: first.labels.map((_, label) =>
      share(heads.reduce((sum, { biases }) => sum + (biases[label] ?? NaN), 0)),
    ),
  };
}
