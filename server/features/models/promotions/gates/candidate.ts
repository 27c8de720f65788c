/** The version that is to be let into a part. */
export interface Candidate {
  id: string;
  model: { id: string; name: string };
  version: number;
  digest: string;
}

/** A version that the policy is to judge. */
export interface Contender extends Candidate {
  /** What its manifest says of its training is the word of whoever registered it. */
  trainedElsewhere: boolean;
}
