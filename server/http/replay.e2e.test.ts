import pg from 'pg';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// A subscriber who reads very many earlier changes, over WebSocket, leaves the server to others.

/** More changes than an account may read in 10 s. */
const CHANGES = 10_000;

let server: TestServer;
let admin: TestClient;

beforeAll(async () => {
  server = await startServer();
  const owner = new pg.Client(server.databaseUrl);
  await owner.connect();
  // Of predictions that were erased since.
  await owner.query(`
    INSERT INTO "PredictionChange" ("place", "kind", "predictionId")
    SELECT 0, 'CREATED', 'pred_' || lpad(to_hex(n), 32, '0') FROM generate_series(1, ${CHANGES}) AS n`);
  await owner.end();
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
});
afterAll(() => server.stop());

test('a replay has all changes in order, and its account can send other requests at the same time', async () => {
  const begun = performance.now(); // the cost of the first 10 s counts from the first query
  const start = (await admin.graphql('{ predictionChanges(first: 1) { edges { cursor } } }')).data
    .predictionChanges.edges[0].cursor;
  const events = admin.subscribe(
    'subscription ($after: String) { predictionChanged(after: $after) { cursor kind predictionId } }',
    { after: start },
  );
  const numbers: number[] = [];
  const refused: unknown[] = [];
  let others = 0;
  const ask = async () => {
    while (numbers.length < CHANGES - 1) {
      const { errors } = await admin.graphql(
        '{ predictions(first: 100) { edges { node { id label confidence } } } }',
      );
      if (errors) refused.push(errors);
      others++;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const asking = ask();
  for await (const { data } of events) {
    numbers.push(Number.parseInt(data.predictionChanged.predictionId.slice(-8), 16));
    if (numbers.length === CHANGES - 1) break;
  }
  await asking;
  expect(numbers).toEqual(Array.from({ length: CHANGES - 1 }, (_, index) => index + 2));
  expect(refused).toEqual([]);
  expect(others).toBeGreaterThan(5);
  expect(performance.now() - begun).toBeGreaterThan(9_000); // it waited for the cost of the next 10 s
});
