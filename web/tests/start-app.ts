import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { loadConfig } from '../../server/config.js';
import { createDatabase } from '../../server/database/client.js';
import { newId } from '../../server/database/ids.js';
import { hashPassword } from '../../server/features/accounts/passwords.js';
import { registerRandomVersion } from '../../server/features/models/testing.js';
import { startNginx } from '../../server/http/testing-nginx.js';
import { createTestClient, type TestClient } from '../../server/http/testing.js';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { freePort } from '../../server/concurrency/testing-port.js';
import { startServer, type TestServer } from '../../server/testing.js';
import type { DroppedFile } from './browser.js';

/** The model of the tests. Its versions have random weights, so they classify quickly but not correctly. */
export const MODEL = 'screening';

export interface App extends TestServer {
  /** An API client signed in as administrator. */
  api: TestClient;
}

type VersionOptions = Pick<NonNullable<Parameters<typeof registerRandomVersion>[1]>, 'seed' | 'manifest'>;

/** Starts the server with a temporary folder, a separate database, and these versions. The first version is champion. */
export async function startApp(versions: VersionOptions[], env: Record<string, string> = {}): Promise<App> {
  const server = await startServer({ env: { DEFAULT_MODEL: MODEL, ...env } });
  const api = createTestClient(server.url);
  await api.signIn(server.admin);
  const ids = await registerVersions(server, versions);
  if (ids[0]) await promote(api, ids[0]);
  return { ...server, api };
}

/** The app as it is reached through an nginx with this configuration. Both stop together. */
export async function behindNginx(app: App, configuration: string): Promise<App> {
  const nginx = await startNginx(configuration, [app.url], await freePort());
  return {
    ...app,
    url: nginx.url,
    stop: async () => {
      await nginx.stop();
      await app.stop();
    },
  };
}

/** Registers versions of the test model. They are READY and have no alias. Returns their ids. */
export async function registerVersions(server: TestServer, versions: VersionOptions[]): Promise<string[]> {
  const { objectStore, s3 } = loadConfig({ DATA_DIR: server.dataDir });
  const database = createDatabase(server.databaseUrl, 1);
  const store = openObjectStore(objectStore, s3);
  const ids: string[] = [];
  for (const options of versions) {
    const { id } = await registerRandomVersion({ database, store }, { modelName: MODEL, ...options });
    ids.push(id);
  }
  await database.$disconnect();
  return ids;
}

async function promote(api: TestClient, modelVersionId: string): Promise<void> {
  const { data } = await api.graphql(
    `mutation ($input: PromoteModelVersionInput!) {
      promoteModelVersion(input: $input) { userErrors { message } }
    }`,
    {
      // Overrides any policy of the test, because the first champion has no evaluation or approval.
      input: {
        modelVersionId,
        alias: 'CHAMPION',
        reason: 'The first version of the model.',
        overrideGates: true,
      },
    },
  );
  expect(data.promoteModelVersion.userErrors).toEqual([]);
}

/** Adds a user who may only read. */
export function addAuditor(server: TestServer): Promise<Person> {
  return addPerson(server, { role: 'AUDITOR', displayName: 'An auditor' });
}

/** Adds a user who may promote versions but not override checks. */
export function addEngineer(server: TestServer, displayName: string): Promise<Person> {
  return addPerson(server, { role: 'ML_ENGINEER', displayName });
}

/** Adds a user who may classify and review. */
export function addClinician(server: TestServer, displayName: string): Promise<Person> {
  return addPerson(server, { role: 'CLINICIAN', displayName });
}

export interface Person {
  email: string;
  password: string;
}

async function addPerson(
  server: TestServer,
  { role, displayName }: { role: 'AUDITOR' | 'CLINICIAN' | 'ML_ENGINEER'; displayName: string },
): Promise<Person> {
  const email = `${displayName.toLowerCase().replaceAll(' ', '.')}@example.org`;
  const password = 'four eyes see more than two';
  const database = createDatabase(server.databaseUrl, 1);
  await database.user.create({
    data: {
      id: newId('user'),
      email,
      displayName,
      roles: [role],
      passwordHash: await hashPassword(password),
    },
  });
  await database.$disconnect();
  return { email, password };
}

interface Ingestion {
  name: string;
  /** A folder below the server's ingestFolder. */
  folder: string;
  groupsCsv?: string;
}

export interface IngestedSnapshot {
  id: string;
  status: string;
  digest: string | null;
}

/** Ingests a folder through the API and waits until the ingestion has ended. */
export async function ingest(
  { ingestFolder }: TestServer,
  api: TestClient,
  { name, folder, groupsCsv }: Ingestion,
): Promise<IngestedSnapshot> {
  const { data } = await api.graphql(
    `mutation ($input: CreateDatasetSnapshotInput!) {
      createDatasetSnapshot(input: $input) { datasetSnapshot { id } userErrors { message } }
    }`,
    { input: { name, source: `file:${path.join(ingestFolder, folder)}`, groupsCsv } },
  );
  expect(data.createDatasetSnapshot.userErrors).toEqual([]);
  const { id } = data.createDatasetSnapshot.datasetSnapshot;
  for (;;) {
    const answer = await api.graphql('query ($id: ID!) { datasetSnapshot(id: $id) { id status digest } }', {
      id,
    });
    const snapshot: IngestedSnapshot = answer.data.datasetSnapshot;
    if (snapshot.status !== 'INGESTING') return snapshot;
    await setTimeout(200);
  }
}

/** Drawn cells as files to drop. The same count gives the same files. */
export async function demoFiles(count: number): Promise<DroppedFile[]> {
  const files: DroppedFile[] = [];
  for await (const { key, bytes } of drawDemoCells({ count, seed: 5 })) {
    files.push({ name: key.replace('/', '-'), bytes });
  }
  return files;
}

/** Classifies an image through the API, as another user or a program would. */
export async function classifyElsewhere(
  api: TestClient,
  { bytes }: DroppedFile,
  caseReference: string,
): Promise<void> {
  const { data } = await api.upload(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classify(image: $image, input: $input) { prediction { id } userErrors { message } }
    }`,
    bytes,
    { input: { caseReference } },
  );
  expect(data.classify).toMatchObject({ prediction: { id: expect.any(String) }, userErrors: [] });
}
