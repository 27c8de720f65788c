import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { exportJWK, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import type Provider from 'oidc-provider';
import type { Configuration } from 'oidc-provider';
import { createDatabase, type Database } from '../../../database/client.js';
import { freePort } from '../../../concurrency/testing-port.js';
import { startServer, type TestServer } from '../../../testing.js';

export const CLIENT_ID = 'cytograph';
export const CLIENT_SECRET = 'a secret between the two, for tests';
export const API_AUDIENCE = 'urn:cytograph:api';

/** A person, or a program, that the provider knows by the name that they sign in with. */
export interface KnownPerson {
  email?: string;
  email_verified?: boolean;
  name?: string;
  groups?: string[];
}

/** A real OpenID Connect provider (oidc-provider) on this machine, with its own pages for signing in. */
export interface TestProvider {
  /** 'http://localhost:41234' */
  issuer: string;
  /** By the name to sign in with; any password is right. Tests may change them at any time. */
  people: Record<string, KnownPerson>;
  /** Changes the body of a successful answer of the token endpoint before it is sent. */
  changeTokens: ((body: Record<string, unknown>) => void | Promise<void>) | null;
  /** Whether every answer is 503, as of a proxy in front of a provider that is down. Default: false. */
  isFailing: boolean;
  /** How long a code is valid, in seconds. */
  codeSeconds: number;
  /** Number of times that its keys were read. */
  keysRead: number;
  /** A token of these claims, signed with the provider's key; `header` replaces parts of the header. */
  sign(claims: JWTPayload, header?: { alg?: string; typ?: string; kid?: string }): Promise<string>;
  /** An access token of a program, which it gets with its own secret. */
  tokenOfProgram(audience?: string): Promise<string>;
  /** Replaces the keys: from now on only the new key signs, and only the new key is published. */
  rotateKeys(): Promise<void>;
  /** Ends the process's listening socket, as when the provider is down. */
  goDown(): Promise<void>;
  comeUp(): Promise<void>;
  stop(): Promise<void>;
}

interface Options {
  /** The address of the server under test. */
  publicUrl: string;
  port: number;
  people: Record<string, KnownPerson>;
  /** Default: true. False: as while the provider is down; `comeUp` starts it. */
  isUp?: boolean | undefined;
}

async function startTestProvider({ publicUrl, port, people, isUp = true }: Options): Promise<TestProvider> {
  const issuer = `http://localhost:${port}`;
  const reportAgain = withoutReports();
  let key = await newKey();
  let server: Server | null = null;

  const listen = async () => {
    const provider = await createProvider();
    const answer = provider.callback();
    const opened = createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen(port, () => resolve());
    });
    server = opened;
  };
  const close = async () => {
    const closing = server;
    server = null;
    closing?.closeAllConnections();
    if (closing) await new Promise((resolve) => closing.close(resolve));
  };

  async function createProvider(): Promise<Provider> {
    const { default: Provider } = await import('oidc-provider');
    const configuration: Configuration = {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [`${publicUrl}/oidc/callback`],
          post_logout_redirect_uris: [`${publicUrl}/`],
          backchannel_logout_uri: `${publicUrl}/oidc/back-channel-logout`,
          backchannel_logout_session_required: true,
          response_types: ['code'],
          grant_types: ['authorization_code'],
        },
        {
          client_id: 'gateway',
          client_secret: CLIENT_SECRET,
          redirect_uris: [],
          response_types: [],
          grant_types: ['client_credentials'],
        },
      ],
      jwks: { keys: [key] },
      cookies: { keys: ['a key of the tests'] },
      pkce: { required: () => true },
      scopes: ['openid', 'profile', 'email'],
      claims: { openid: ['sub', 'sid'], profile: ['name', 'groups'], email: ['email', 'email_verified'] },
      findAccount: (_ctx, accountId) => ({
        accountId,
        claims: () => ({ sub: accountId, ...testProvider.people[accountId] }),
      }),
      extraTokenClaims: (_ctx, token) => ({
        groups: testProvider.people[token.clientId ?? '']?.groups ?? [],
      }),
      ttl: {
        AccessToken: 300,
        ClientCredentials: 300,
        AuthorizationCode: () => testProvider.codeSeconds,
        Grant: 600,
        IdToken: 300,
        Interaction: 600,
        Session: 600,
      },
      features: {
        devInteractions: { enabled: true },
        clientCredentials: { enabled: true },
        backchannelLogout: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => [],
          useGrantedResource: () => true,
          getResourceServerInfo: (_ctx, resource) => ({
            scope: '',
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: 300,
          }),
        },
      },
    };
    const provider = new Provider(issuer, configuration);
    provider.use(async (ctx, next) => {
      if (testProvider.isFailing) {
        ctx.status = 503;
        ctx.body = 'The provider is down.';
        return;
      }
      if (ctx.path === '/jwks') testProvider.keysRead += 1;
      await next();
      const body: unknown = ctx.body;
      if (ctx.path !== '/token' || ctx.status !== 200 || typeof body !== 'object' || !body) return;
      await testProvider.changeTokens?.(body as Record<string, unknown>);
    });
    return provider;
  }

  const testProvider: TestProvider = {
    issuer,
    people,
    changeTokens: null,
    isFailing: false,
    codeSeconds: 60,
    keysRead: 0,
    sign: async (claims, { alg = 'RS256', typ = 'at+jwt', kid = key.kid ?? '' } = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, typ, kid }).sign(await importJWK(key, alg)),
    tokenOfProgram: async (audience = API_AUDIENCE) => {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          Authorization: `Basic ${Buffer.from(`gateway:${encodeURIComponent(CLIENT_SECRET)}`).toString('base64')}`,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(`No token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    rotateKeys: async () => {
      key = await newKey();
      await close();
      await listen();
    },
    goDown: close,
    comeUp: listen,
    stop: async () => {
      await close();
      reportAgain();
    },
  };
  if (isUp) await listen();
  return testProvider;
}

/** The package reports on the console that its development pages and its memory are not for production. */
function withoutReports(): () => void {
  const { warn, info } = console;
  const others =
    (report: typeof warn): typeof warn =>
    (...parts) => {
      if (!String(parts[0]).includes('oidc-provider')) report(...parts);
    };
  Object.assign(console, { warn: others(warn), info: others(info) });
  return () => Object.assign(console, { warn, info });
}

async function newKey(): Promise<JWK> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

/** The whole server with such a provider. */
export interface ServerWithProvider {
  server: TestServer;
  provider: TestProvider;
  database: Database;
  /** Where people begin to sign in. */
  signInUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts both on free ports.
 * @param options.groups the setting OIDC_GROUPS
 * @param options.env further settings of the server
 * @param options.isUp false: the provider is down at first
 */
export async function startWithProvider({
  people,
  groups,
  env,
  isUp,
}: {
  people: Record<string, KnownPerson>;
  groups: object;
  env?: Record<string, string>;
  isUp?: boolean;
}): Promise<ServerWithProvider> {
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  const provider = await startTestProvider({ publicUrl, port: await freePort(), people, isUp });
  const server = await startServer({
    env: {
      PORT: String(port),
      PUBLIC_URL: publicUrl,
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      OIDC_GROUPS: JSON.stringify(groups),
      ...env,
    },
  });
  const database = createDatabase(server.databaseUrl, 2);
  const stop = async () => {
    await database.$disconnect();
    await server.stop();
    await provider.stop();
  };
  return { server, provider, database, signInUrl: `${server.url}/oidc/sign-in`, stop };
}

/** A browser that follows redirects and keeps the cookies of each server. */
export class RedirectBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();
  /** Every address that was requested, in order. */
  readonly visited: string[] = [];

  /** The response at the end of all redirects, with its address and text. Stops before an address that `until` matches. */
  async open(
    url: string,
    init: RequestInit = {},
    until?: RegExp,
  ): Promise<{ url: string; status: number; text: string }> {
    let next = { url, init };
    for (let redirects = 0; redirects < 20; redirects++) {
      if (until?.test(next.url)) return { url: next.url, status: 0, text: '' };
      const response = await this.fetch(next.url, next.init);
      const location = response.headers.get('location');
      if (location === null) return { url: next.url, status: response.status, text: await response.text() };
      await response.arrayBuffer();
      next = { url: new URL(location, next.url).href, init: {} };
    }
    throw new Error('There are too many redirects.');
  }

  /** One request, without following redirects. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    this.visited.push(url);
    const { origin, pathname } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const sent = [...jar].flatMap(([name, value]) => {
      const [path = '/', pair = ''] = value.split(' ', 2);
      return pathname.startsWith(path) ? [`${name}=${pair}`] : [];
    });
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        Accept: 'text/html',
        ...Object.fromEntries(new Headers(init.headers)),
        Cookie: sent.join('; '),
      },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = cookie.split(/; */);
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const path = /^path=(.*)$/i.exec(attributes.find((one) => /^path=/i.test(one)) ?? '')?.[1] ?? '/';
      const ended = attributes.some((one) => /^expires=Thu, 01 Jan 1970/i.test(one));
      if (ended) jar.delete(name);
      else jar.set(name, `${path} ${value}`);
    }
    return response;
  }

  /** The value of a cookie of the server at `url`. */
  cookie(url: string, name: string): string | null {
    return this.#cookies.get(new URL(url).origin)?.get(name)?.split(' ', 2)[1] ?? null;
  }

  setCookie(url: string, name: string, value: string, path = '/'): void {
    const jar = this.#cookies.get(new URL(url).origin) ?? new Map<string, string>();
    jar.set(name, `${path} ${value}`);
    this.#cookies.set(new URL(url).origin, jar);
  }

  /**
   * Opens the sign-in, and signs in at the provider's pages as this person.
   * @returns the page after it, or the first address that `until` matches, which is not opened
   */
  async signIn(signInUrl: string, login: string, until?: RegExp) {
    let page = await this.open(signInUrl, {}, until);
    // The provider asks for the name, then for consent.
    for (let step = 0; step < 3 && page.url.includes('/interaction/'); step++) {
      const prompt = /name="prompt" value="(\w+)"/.exec(page.text)?.[1] ?? '';
      const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? page.url;
      const body = new URLSearchParams({ prompt, login, password: 'any' });
      page = await this.open(new URL(action, page.url).href, { method: 'POST', body }, until);
    }
    return page;
  }
}
