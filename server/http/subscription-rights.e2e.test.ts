import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type Database } from '../database/client.js';
import { newId } from '../database/ids.js';
import { hashPassword } from '../features/accounts/passwords.js';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// What happens to open subscriptions when an administrator changes what their user may see.

const PASSWORD = 'correct horse battery';

let server: TestServer;
let admin: TestClient;
let database: Database;
let cell: Buffer;

beforeAll(async () => {
  server = await startServer();
  database = createDatabase(server.databaseUrl, 1);
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
  cell = await drawSmear().png().toBuffer();
});
afterAll(async () => {
  await database.$disconnect();
  await server.stop();
});

async function classify(): Promise<void> {
  const { data } = await admin.upload(
    'mutation ($image: Upload!) { classify(image: $image) { prediction { id } } }',
    cell,
  );
  expect(data.classify.prediction.id).toMatch(/^pred_/);
}

/** Subscribes as a new clinician, and waits until events arrive. */
async function subscribed() {
  const id = newId('user');
  const email = `${id}@example.org`;
  const passwordHash = await hashPassword(PASSWORD);
  await database.user.create({ data: { id, email, displayName: id, passwordHash, roles: ['CLINICIAN'] } });
  const client = createTestClient(server.url);
  await client.signIn({ email, password: PASSWORD });
  const events = client.subscribe('subscription { predictionCreated { id caseReference } }');
  const seen: unknown[] = [];
  const untilItEnds = async () => {
    for await (const event of events) seen.push(event);
  };
  const ended = untilItEnds().catch((error: unknown) => error);
  while (seen.length === 0) {
    await classify();
    await sleep(100);
  }
  return { id, seen, ended, close: () => events.return?.() };
}

const changes: [string, (userId: string) => Promise<{ data?: any }>][] = [
  [
    'sites',
    (userId) =>
      admin.graphql(
        'mutation ($input: SetUserSitesInput!) { setUserSites(input: $input) { userErrors { message } } }',
        { input: { userId, siteIds: [], seesAllSites: false } },
      ),
  ],
  [
    'roles',
    (userId) =>
      admin.graphql(
        'mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { userErrors { message } } }',
        { input: { userId, roles: ['AUDITOR'] } },
      ),
  ],
];

test.each(changes)(
  'a change of the user’s %s ends a subscription before its next event',
  async (_what, change) => {
    const { id, seen, ended, close } = await subscribed();
    const { data } = await change(id);
    expect(Object.values(data)).toEqual([{ userErrors: [] }]);
    const before = seen.length;
    await classify();
    const untilNextEvent = async () => {
      while (seen.length === before) await sleep(50);
      return 'It continued.';
    };
    const end = await Promise.race([ended, untilNextEvent()]);
    await close();
    expect(end).toMatchObject({ code: 1013, reason: 'Your roles or sites have changed. Connect again.' });
    expect(seen.length).toBe(before);
  },
);
