import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

/** A simple browser: keeps the session cookie and sends requests to one server. */
export interface TestClient {
  /** Cookie or other headers that are sent with every request. */
  headers: Record<string, string>;
  /** One GraphQL operation over HTTP: the parsed answer. */
  graphql(query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  /** An operation with the variable `$image: Upload!` (graphql-multipart-request-spec). */
  upload(query: string, image: Uint8Array, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  /** Any request to a path of the server. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The results of a subscription, until the iterator is closed. */
  subscribe(query: string, variables?: Record<string, unknown>): AsyncIterableIterator<GraphqlAnswer>;
  /** Signs in, and throws if that fails. */
  signIn(user: { email: string; password: string }): Promise<void>;
}

export interface GraphqlAnswer {
  data?: any;
  errors?: { message: string; extensions: { code: string; id?: string } }[];
}

export function createTestClient(url: string): TestClient {
  const headers: Record<string, string> = {};

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url + path, {
      ...init,
      headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const pair = cookie.split(';')[0] ?? '';
      const name = pair.slice(0, pair.indexOf('=') + 1);
      const others = (headers.cookie ?? '').split('; ').filter((known) => known && !known.startsWith(name));
      headers.cookie = [...others, pair].join('; ');
    }
    return response;
  }

  async function answerOf(response: Response): Promise<GraphqlAnswer> {
    return JSON.parse(await response.text());
  }

  const client: TestClient = {
    headers,
    fetch: send,
    graphql: async (query, variables) =>
      answerOf(
        await send('/graphql', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ query, variables }),
        }),
      ),
    upload: async (query, image, variables = {}) => {
      const form = new FormData();
      form.append('operations', JSON.stringify({ query, variables: { ...variables, image: null } }));
      form.append('map', JSON.stringify({ 0: ['variables.image'] }));
      form.append('0', new Blob([Uint8Array.from(image)]), 'cell.png');
      const csrf = { 'Apollo-Require-Preflight': 'true' };
      return answerOf(await send('/graphql', { method: 'POST', headers: csrf, body: form }));
    },
    subscribe: (query, variables) => {
      class SignedInSocket extends WebSocket {
        constructor(address: string | URL, protocols?: string | string[]) {
          super(address, protocols, { headers });
        }
      }
      const socket = createSocketClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: SignedInSocket,
        retryAttempts: 0,
      });
      return socket.iterate({ query, variables }) as AsyncIterableIterator<GraphqlAnswer>;
    },
    signIn: async ({ email, password }) => {
      const answer = await client.graphql(
        `mutation ($email: String!, $password: String!) {
          signIn(email: $email, password: $password) { viewer { id } userErrors { message } }
        }`,
        { email, password },
      );
      if (!answer.data?.signIn.viewer) throw new Error(`Signing in failed: ${JSON.stringify(answer)}`);
    },
  };
  return client;
}
