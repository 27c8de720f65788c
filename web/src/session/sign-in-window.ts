/** The name of a window that was opened only to sign in with the identity provider. */
export const SIGN_IN_WINDOW = 'cytograph-sign-in';
