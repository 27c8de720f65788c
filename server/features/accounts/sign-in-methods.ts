import type { AccountContext } from './account-services.js';
import type { SignInMethods } from './types.js';

/** How people sign in to this server. Anyone may ask, because nobody has signed in yet. */
export function signInMethods({ identityProvider, config }: AccountContext): SignInMethods {
  const { builtInAccounts } = config;
  if (!identityProvider) return { provider: null, builtInAccounts };
  const { name, contact } = identityProvider.settings;
  return { provider: { name, contact, url: identityProvider.signInUrl }, builtInAccounts };
}
