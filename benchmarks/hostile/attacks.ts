import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getIntrospectionQuery } from 'graphql';
import { createTestClient, type TestClient } from '../../server/http/testing.js';

/** What an attack uses. */
export interface Target {
  url: string;
  /** A clinician who is signed in. */
  attacker: TestClient;
  /** A prediction of a picture of 50 megapixels. */
  largeId: string;
  /** An image that nobody has classified yet. */
  newImage: () => Uint8Array;
}

/** Sends requests until the signal aborts. */
export type Attack = (target: Target, signal: AbortSignal) => Promise<void>;

const CLASSIFY = `mutation ($image: Upload!) { classify(image: $image) { prediction { id } userErrors { code } } }`;

const page = (field: string, node: string) => `${field}(first: 200) { edges { node { ${node} } } }`;
const NESTED = `{ ${page('bulkClassifications', page('predictions', `modelVersion { datasetSnapshot { ${page('items', 'key')} } }`))} }`;
const HISTORY = page(
  'predictions',
  'id label finalLabel image { sha256 url } modelVersion { id version model { name } } createdBy { displayName } probabilities { label probability }',
);
const NEAR_LIMIT = `{ ${['a', 'b', 'c', 'd', 'e'].map((alias) => `${alias}: ${HISTORY}`).join(' ')} }`;
/** Each pair of equal fields is compared when a document is validated. */
const REPEATED_FIELDS = `{ ${'viewer { id } '.repeat(490)} }`;

const send = async (client: TestClient, query: string) => {
  await client
    .fetch('/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    .then((response) => response.arrayBuffer());
  await sleep(5);
};

/** `work`, so many times at once, again and again. */
const repeated =
  (clients: number, work: (target: Target) => Promise<unknown>): Attack =>
  async (target, signal) => {
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (!signal.aborted) await work(target).catch(() => sleep(10));
      }),
    );
  };

export const attacks: Readonly<Record<string, Attack>> = {
  '8 clients send the nested query (8 million objects)': repeated(8, ({ attacker }) =>
    send(attacker, NESTED),
  ),
  '8 clients send queries near the cost limit': repeated(8, ({ attacker }) => send(attacker, NEAR_LIMIT)),
  '8 clients send a document that is expensive to validate': repeated(8, ({ attacker }) =>
    send(attacker, REPEATED_FIELDS),
  ),
  '8 strangers read the schema': repeated(8, ({ url }) =>
    send(createTestClient(url), getIntrospectionQuery()),
  ),
  '8 strangers guess passwords': repeated(8, ({ url }) =>
    send(
      createTestClient(url),
      `mutation { signIn(email: "${Math.random()}@a.b", password: "wrong") { viewer { id } } }`,
    ),
  ),
  '64 uploads of one account in flight': repeated(64, ({ attacker, newImage }) =>
    attacker.upload(CLASSIFY, newImage()),
  ),
  '24 requests for the evidence map of a 50-megapixel picture': repeated(24, async ({ attacker, largeId }) =>
    (await attacker.fetch(`/files/predictions/${largeId}/evidence.png`)).arrayBuffer(),
  ),
  '500 subscriptions to every new prediction': (target, signal) => subscribe(target, 500, signal),
  '500 strangers send a body slowly': (target, signal) => sendSlowly(target, 500, signal),
};

async function subscribe({ attacker }: Target, count: number, signal: AbortSignal): Promise<void> {
  const subscriptions = Array.from({ length: count }, () =>
    attacker.subscribe('subscription { predictionCreated { id label } }'),
  );
  const reading = subscriptions.map(async (subscription) => {
    for await (const _ of subscription) if (signal.aborted) return;
  });
  for (const each of reading) each.catch(() => {}); // refused
  await once(signal, 'abort');
  await Promise.allSettled(subscriptions.map(async (subscription) => subscription.return?.()));
  await Promise.allSettled(reading);
}

async function sendSlowly({ url }: Target, count: number, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(url);
  const head = `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n{`;
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(head);
    return socket;
  });
  while (!signal.aborted) {
    for (const socket of sockets) if (socket.writable) socket.write(' ');
    await sleep(200);
  }
  for (const socket of sockets) socket.destroy();
}
