const SHORTEST = 12;
export const LONGEST_PASSWORD = 256;

/** Why a new password is not acceptable, as a sentence that says what would be right; null if it is acceptable. */
export function passwordFault(password: string, email: string): string | null {
  const length = Array.from(password).length; // characters, not UTF-16 units
  if (length < SHORTEST) return `A password must have at least ${SHORTEST} characters.`;
  if (length > LONGEST_PASSWORD) return `A password must have at most ${LONGEST_PASSWORD} characters.`;
  if (new Set(password).size < 4) return 'A password must have at least 4 different characters.';
  if (password.toLowerCase().includes(email.toLowerCase()))
    return 'A password must not contain the e-mail address.';
  return null;
}
