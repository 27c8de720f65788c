import { errors } from 'jose';

/**
 * Why the verification of a token failed, for the program's developer, as the end of the sentence 'The token was refused: …'.
 * Repeats nothing of the token.
 */
export function whyRefused(error: unknown, expected: { issuer: string; audience: string }): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    switch (error.claim) {
      case 'aud':
        return `it is for another audience than ${expected.audience}`;
      case 'iss':
        return `it is from another issuer than ${expected.issuer}`;
      case 'nbf':
        return 'it is not valid yet';
      default:
        return `its claim ${error.claim} is missing or wrong`;
    }
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return 'its signature algorithm is not allowed; use RS256, PS256, ES256 or EdDSA';
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return `${expected.issuer} has no key that could have signed it`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is not a signed token (JWT) of the right kind';
}
