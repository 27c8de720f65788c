/** A promotion policy for tests of other things: it requires no evaluation, no minimum metrics and no approval. */
export const LENIENT_POLICY = {
  evaluation: 'reported' as const,
  minSensitivity: null,
  minSpecificity: null,
  minCoverage: null,
};
