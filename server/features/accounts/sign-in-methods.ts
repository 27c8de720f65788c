import type { AccountContext } from './account-services.js';
import type { SignInMethods } from './types.js';

/** How people sign in to this server. Anyone may ask, because nobody has signed in yet. */
export function signInMethods({ identityProvider, config }: AccountContext): SignInMethods {
  const { builtInAccounts } = config;
  if (!identityProvider) return { provider: null, builtInAccounts };
  const { name, contact } = identityProvider.settings;
  const { signInUrl: url, signInAgainUrl: againUrl } = identityProvider;
  return { provider: { name, contact, url, againUrl }, builtInAccounts };
}
