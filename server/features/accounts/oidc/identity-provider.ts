import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';
import * as oidc from 'openid-client';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { IdentityProviderSettings } from '../../../identity-provider-settings.js';
import { UnavailableError } from '../../../unavailable-error.js';
import { badUserInput, tokenRefused } from '../../../api/errors.js';
import type { Scope } from '../../../api/permissions.js';
import { type Claims, identityOf, nameGroups, type ProvenIdentity, scopesOf } from './claims.js';
import { whyRefused } from './why-refused.js';

/** What the browser keeps between the two halves of a sign-in. */
export interface SignInAttempt {
  state: string;
  nonce: string;
  /** Of PKCE (RFC 7636): proves that the same browser comes back. */
  codeVerifier: string;
}

/** A person whom the provider has just signed in. */
export interface ProviderSignIn {
  identity: ProvenIdentity;
  /** The provider's name for its session (`sid`), by which it can end the session here; null if it has none. */
  providerSessionId: string | null;
  /** Shown to the provider again when the person signs out. */
  idToken: string;
  /** When the person last proved to the provider who they are, by its clock (`auth_time`); null if it does not say. */
  authenticatedAt: Date | null;
}

/** A program, or a person's program, with an access token of the provider. */
export interface ProviderToken {
  identity: ProvenIdentity;
  scopes: Scope[];
  /** The token's own name (`jti`); null if it has none. */
  tokenId: string | null;
}

/** The provider's word that a session of it has ended. */
export interface LogoutToken {
  issuer: string;
  /** Whose; null if only the session is named. */
  subject: string | null;
  /** Which (`sid`); null: all of the person. */
  providerSessionId: string | null;
}

/** The provider, or what the browser brought back, does not prove who the person is. The message is for the log. */
export class SignInRejected extends Error {
  constructor(
    /** `CANCELLED`: the person, or the provider, ended the sign-in. `REJECTED`: anything else. */
    readonly reason: 'CANCELLED' | 'REJECTED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'SignInRejected';
  }
}

/** How far the clocks of the provider and of this server may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 60;
/** How long the provider may take to answer, in seconds. */
const TIME_LIMIT_S = 5;
/** How long the provider's description of itself is used before it is read again. */
const METADATA_MS = 3600_000;
/** How long its keys are used before they are read again. A key that it withdraws is trusted for this long. */
const KEYS_MS = 600_000;
/** A token signed with an unknown key makes this server read the keys again, but not more often than this. */
const KEYS_COOLDOWN_MS = 5_000;
/** Only signatures that the provider alone can make: neither `none` nor HMAC, which the client secret could make. */
const ALGORITHMS: string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Of the header `typ`, in lower case (RFC 9068); many providers write JWT, or leave it out. */
const ACCESS_TOKEN_TYPES = ['at+jwt', 'application/at+jwt', 'jwt', ''];

/** Of the header `typ` of logout tokens, in lower case. */
const LOGOUT_TOKEN_TYPES = ['logout+jwt', 'jwt', ''];
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** A logout token is sent at once; an older one is refused. In seconds. */
const LOGOUT_TOKEN_AGE_S = 300;

interface Provider {
  configuration: oidc.Configuration;
  keys: ReturnType<typeof createRemoteJWKSet>;
  readAt: number;
}

/**
 * The OpenID Connect provider of the settings. It is first contacted when it is needed, so that the server starts and serves
 * signed-in people while the provider is unavailable.
 */
export class IdentityProvider {
  readonly settings: IdentityProviderSettings;
  /** Where people begin to sign in. */
  readonly signInUrl: string;
  /** Where people who are signed in begin to sign in again. */
  readonly signInAgainUrl: string;
  /** Where the provider sends the browser back; registered at the provider. */
  readonly callbackUrl: string;
  /** Where the provider sends the browser after signing out; registered at the provider. */
  readonly signedOutUrl: string;
  readonly #log: Logger;
  #provider: Provider | null = null;
  #reading: Promise<Provider> | null = null;

  /** @param publicUrl the address of this server in browsers, without a trailing slash */
  constructor(settings: IdentityProviderSettings, publicUrl: string, log: Logger) {
    this.settings = settings;
    this.signInUrl = `${publicUrl}/oidc/sign-in`;
    this.signInAgainUrl = `${publicUrl}/oidc/sign-in-again`;
    this.callbackUrl = `${publicUrl}/oidc/callback`;
    this.signedOutUrl = `${publicUrl}/`;
    this.#log = log;
  }

  /**
   * The provider's page where the person signs in, and what the browser keeps until it comes back.
   * @param options.again asks the provider to let people prove who they are even if it has signed them in already
   * @throws UnavailableError
   */
  async beginSignIn({ again = false } = {}): Promise<{ url: string; attempt: SignInAttempt }> {
    const { configuration } = await this.#read();
    const attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
    };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.callbackUrl,
      scope: this.settings.scopes,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
      ...(again && { prompt: 'login', max_age: '0' }),
    });
    return { url: url.href, attempt };
  }

  /**
   * The person who comes back from the provider.
   * @param query what the provider added to the callback's address
   * @throws SignInRejected
   * @throws UnavailableError
   */
  async finishSignIn(query: string, { state, nonce, codeVerifier }: SignInAttempt): Promise<ProviderSignIn> {
    const provider = await this.#read();
    const { configuration } = provider;
    const address = new URL(this.callbackUrl);
    address.search = query;
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, address, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const { id_token: idToken = '', access_token: accessToken } = tokens;
      // The library relies on TLS for the ID token of this flow; the signature is checked here as well.
      const idClaims = await this.#verify(provider, idToken, {
        audience: this.settings.clientId,
        requiredClaims: NAMES_A_PERSON,
      });
      const { sid, auth_time: authTime } = idClaims;
      const subject = subjectOf(idClaims);
      const claims = await this.#completed(configuration, accessToken, subject, idClaims);
      return {
        identity: identityOf(this.#issuer(provider), subject, claims, this.settings.groups),
        providerSessionId: typeof sid === 'string' ? sid : null,
        idToken,
        authenticatedAt: typeof authTime === 'number' ? new Date(authTime * 1000) : null,
      };
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /**
   * Whom an access token (a JWT) is for, and what it may be used for.
   * @throws UNAUTHENTICATED with the reason if it is not valid
   * @throws UnavailableError if the provider's keys cannot be read
   */
  async verifyAccessToken(token: string): Promise<ProviderToken> {
    const { apiAudience: audience, groups } = this.settings;
    if (audience === null) {
      throw tokenRefused('this server accepts no tokens of the identity provider; use an API token');
    }
    const provider = await this.#read();
    try {
      const options = { audience, requiredClaims: NAMES_A_PERSON };
      const claims = await this.#verify(provider, token, options, ACCESS_TOKEN_TYPES);
      const { jti } = claims;
      const subject = subjectOf(claims);
      return {
        identity: identityOf(this.#issuer(provider), subject, claims, groups),
        scopes: scopesOf(groups, claims),
        tokenId: typeof jti === 'string' && /^[\w.:-]{1,100}$/.test(jti) ? jti : null,
      };
    } catch (error) {
      if (isUnreachable(error)) {
        throw new UnavailableError('identity provider', 'unreachable', { cause: error });
      }
      throw tokenRefused(whyRefused(error, { issuer: this.#issuer(provider), audience }));
    }
  }

  /**
   * What a logout token says, which the provider itself sends (OpenID Connect Back-Channel Logout 1.0, section 2.6).
   * @throws BAD_USER_INPUT with the reason if it is not valid
   * @throws UnavailableError if the provider's keys cannot be read
   */
  async verifyLogoutToken(token: string): Promise<LogoutToken> {
    const { clientId: audience } = this.settings;
    const provider = await this.#read();
    const issuer = this.#issuer(provider);
    try {
      const options = { audience, requiredClaims: ['iat', 'jti', 'events'], maxTokenAge: LOGOUT_TOKEN_AGE_S };
      const { sub, sid, events, nonce } = await this.#verify(provider, token, options, LOGOUT_TOKEN_TYPES);
      const subject = typeof sub === 'string' ? sub : null;
      const providerSessionId = typeof sid === 'string' ? sid : null;
      const isLogout = typeof events === 'object' && events !== null && LOGOUT_EVENT in events;
      if (!isLogout || nonce !== undefined || (subject === null && providerSessionId === null)) {
        throw new errors.JWTInvalid('This is no logout token.');
      }
      return { issuer, subject, providerSessionId };
    } catch (error) {
      if (isUnreachable(error)) {
        throw new UnavailableError('identity provider', 'unreachable', { cause: error });
      }
      throw badUserInput(`The logout token was refused: ${whyRefused(error, { issuer, audience })}.`);
    }
  }

  /**
   * The provider's page that ends its own session too; null if it has no such page or is unavailable.
   * @param idToken of the session that ends
   */
  async signOutUrl(idToken: string): Promise<string | null> {
    try {
      const { configuration } = await this.#read();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
      return oidc.buildEndSessionUrl(configuration, {
        id_token_hint: idToken,
        post_logout_redirect_uri: this.signedOutUrl,
      }).href;
    } catch (error) {
      this.#log.warn({ err: error }, 'The session at the identity provider could not be ended.');
      return null;
    }
  }

  /** Adds the provider's user information where the ID token names no groups or no e-mail address. */
  async #completed(
    configuration: oidc.Configuration,
    accessToken: string,
    subject: string,
    claims: Claims,
  ): Promise<Claims> {
    const isComplete = nameGroups(claims, this.settings.groups.claim) && claims.email !== undefined;
    if (isComplete || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
    return { ...(await oidc.fetchUserInfo(configuration, accessToken, subject)), ...claims };
  }

  /**
   * The claims of a token that the provider has signed.
   * @param types values of the header `typ`, in lower case; null: any
   */
  async #verify(
    provider: Provider,
    token: string,
    options: JWTVerifyOptions,
    types: readonly string[] | null = null,
  ): Promise<JWTPayload> {
    const { payload, protectedHeader } = await jwtVerify(token, provider.keys, {
      issuer: this.#issuer(provider),
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      ...options,
    });
    if (types && !types.includes(protectedHeader.typ?.toLowerCase() ?? '')) {
      throw new errors.JWTInvalid(`A token of the type ${String(protectedHeader.typ)} is no access token.`);
    }
    return payload;
  }

  #issuer({ configuration }: Provider): string {
    return configuration.serverMetadata().issuer;
  }

  /** The provider's description of itself; an old one while it cannot be read again. */
  async #read(): Promise<Provider> {
    const known = this.#provider;
    if (known && performance.now() - known.readAt < METADATA_MS) return known;
    this.#reading ??= this.#discover().finally(() => (this.#reading = null));
    try {
      return await this.#reading;
    } catch (error) {
      this.#log.warn({ err: error }, `The identity provider ${this.settings.issuer} cannot be read.`);
      if (known) return known;
      throw new UnavailableError('identity provider', 'unreachable', { cause: error });
    }
  }

  async #discover(): Promise<Provider> {
    const { issuer, clientId, clientSecret } = this.settings;
    const configuration = await oidc.discovery(
      new URL(issuer),
      clientId,
      { [oidc.clockTolerance]: CLOCK_TOLERANCE_S },
      clientSecret === null ? oidc.None() : oidc.ClientSecretBasic(clientSecret),
      {
        timeout: TIME_LIMIT_S,
        // The settings allow plain HTTP only on this machine.
        execute: issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
      },
    );
    const { jwks_uri: keysUrl } = configuration.serverMetadata();
    if (keysUrl === undefined) throw new Error('The provider does not say where its keys are (jwks_uri).');
    const keys = createRemoteJWKSet(new URL(keysUrl), {
      cacheMaxAge: KEYS_MS,
      cooldownDuration: KEYS_COOLDOWN_MS,
      timeoutDuration: TIME_LIMIT_S * 1000,
    });
    this.#provider = { configuration, keys, readAt: performance.now() };
    return this.#provider;
  }

  #explained(error: unknown): Error {
    if (isUnreachable(error))
      return new UnavailableError('identity provider', 'unreachable', { cause: error });
    if (error instanceof oidc.AuthorizationResponseError) {
      const cancelled = ['access_denied', 'login_required', 'interaction_required', 'consent_required'];
      const reason = cancelled.includes(error.error) ? 'CANCELLED' : 'REJECTED';
      return new SignInRejected(reason, `the provider answered ${errorName(error.error)}`, { cause: error });
    }
    const why = error instanceof oidc.ResponseBodyError ? errorName(error.error) : messageOf(error);
    return new SignInRejected('REJECTED', why, { cause: error });
  }
}

/** Claims that every token of a person or a program has. */
const NAMES_A_PERSON = ['sub', 'exp'];

function subjectOf({ sub }: JWTPayload): string {
  if (typeof sub !== 'string' || sub === '') throw new errors.JWTInvalid('The claim "sub" is empty.');
  return sub;
}

/** The name of an error of OAuth, such as access_denied. The browser may bring any text, which the audit trail must not get. */
function errorName(text: string): string {
  return /^[\w.:/-]{1,100}$/.test(text) ? text : 'an error without a name';
}

/** What the library says, and what it says about the reason. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

/** An error of `fetch` or of the libraries, by what they have in common. */
const Failure = z.object({
  name: z.string().optional(),
  message: z.string().optional(),
  /** An error, or a response of the provider. */
  cause: z.unknown().optional(),
  status: z.number().optional(),
});

/** Whether a request to the provider got no answer, or one that says that the provider is not working. */
function isUnreachable(error: unknown): boolean {
  const failure = Failure.safeParse(error);
  if (!failure.success) return false;
  const { name, message = '', cause, status } = failure.data;
  if (status !== undefined && status >= 500) return true;
  if (error instanceof errors.JWKSTimeout || name === 'TimeoutError' || name === 'AbortError') return true;
  if (name === 'TypeError' && /^(fetch failed|terminated)$/.test(message)) return true;
  if (message === 'Expected 200 OK from the JSON Web Key Set HTTP response') return true;
  return cause !== error && isUnreachable(cause);
}
