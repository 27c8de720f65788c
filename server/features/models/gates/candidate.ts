/** The version that is to be let into a part. */
export interface Candidate {
  id: string;
  model: { id: string; name: string };
  version: number;
  digest: string;
}
