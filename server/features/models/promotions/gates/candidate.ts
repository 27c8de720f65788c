/** The version that is being promoted. */
export interface Candidate {
  id: string;
  model: { id: string; name: string };
  version: number;
  digest: string;
}

/** A candidate that the promotion policy is checked against. */
export interface PolicyCandidate extends Candidate {
  /** Whether it was trained outside this server: then its manifest's statements about training are unverified. */
  trainedElsewhere: boolean;
}
