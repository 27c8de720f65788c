import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient } from './testing.js';

const PROGRAM = path.resolve('.cache/schemathesis/bin/schemathesis');
const describeWithSchemathesis = existsSync(path.resolve('.cache/schemathesis/installed.txt'))
  ? describe
  : describe.skip;

/** Uploads, which it cannot generate, and what would end the session that it uses or limit its user. */
const EXCLUDED = [
  ...['classify', 'classifyImages', 'classifyField', 'registerModelVersion'],
  ...['signOut', 'signOutEverywhere', 'signOutOfProvider'],
  ...['endSession', 'setUserSites', 'setUserRoles', 'disableUser'],
];

describeWithSchemathesis('Schemathesis', () => {
  let server: TestServer;
  let cookie: string;
  let token: string;
  /** For the hooks that replace what it generates. */
  let environment: Record<string, string>;

  beforeAll(async () => {
    server = await startServer();
    const admin = createTestClient(server.url);
    await admin.signIn(server.admin);
    cookie = admin.headers.cookie ?? '';
    const image = Uint8Array.from(await drawSmear({ width: 96, height: 96 }).png().toBuffer());
    const response = await admin.fetch('/predict', { method: 'POST', body: image });
    const { id }: { id: string } = JSON.parse(await response.text());
    const { data } = await admin.graphql(
      'mutation { createApiToken(input: { name: "x", scopes: [READ_HISTORY, CLASSIFY, ADMINISTER] }) { secret } }',
    );
    token = data.createApiToken.secret;
    const found = await admin.graphql(
      'query ($id: ID!) { prediction(id: $id) { image { sha256 } modelVersion { id files { name } } } }',
      { id },
    );
    const { sha256 } = found.data.prediction.image;
    const { id: versionId, files } = found.data.prediction.modelVersion;
    const sample = path.join(server.dataDir, 'sample.png');
    await writeFile(sample, image);
    environment = {
      SAMPLE_IMAGE: sample,
      EXISTING: JSON.stringify({ sha256, id, versionId, name: files[0].name }),
    };
  });
  afterAll(() => server.stop());

  /** Runs the program; rejects with its report if an operation fails. Returns the number of requests that it sent. */
  async function run(
    description: string,
    options: string[],
    env: Record<string, string> = {},
  ): Promise<number> {
    // Without it, a response that takes longer than 10 s is a failure, and machines that run tests may stand still for so long.
    const patience = ['--request-timeout', '600'];
    const args = ['run', description, ...options, ...patience, '--seed', '1', '--no-color'];
    const settings = {
      cwd: server.dataDir /* where it writes its own files */,
      env: { ...process.env, ...env },
    };
    const report = await promisify(execFile)(PROGRAM, args, settings).catch((error: unknown) => {
      throw new Error(`Schemathesis found failures:\n${reportIn(error)}`);
    });
    return Number(/(\d+) generated/.exec(report.stdout)?.[1]);
  }

  const restOptions = () => [
    '-H',
    `Authorization: Bearer ${token}`,
    '--phases',
    'coverage,fuzzing',
    '-n',
    '10',
  ];
  const openApi = () => `${server.url}/openapi.json`;

  test('finds that the REST routes answer as their OpenAPI document says', async () => {
    const hooks = {
      SCHEMATHESIS_HOOKS: path.resolve('server/http/schemathesis/rest_hooks.py'),
      ...environment,
    };
    const options = [...restOptions(), '--checks', 'all', '--mode', 'positive'];
    // A filter of an export may refuse what nothing can match, which the document cannot describe.
    const sent = await run(openApi(), [...options, '--exclude-checks', 'positive_data_acceptance'], hooks);
    expect(sent).toBeGreaterThan(50);
    expect(await run(openApi(), [...options, '--include-path', '/predict'], hooks)).toBeGreaterThan(10);
  });

  test('finds that the REST routes refuse what their OpenAPI document does not allow', async () => {
    const sent = await run(openApi(), [...restOptions(), '--checks', 'all', '--mode', 'negative']);
    expect(sent).toBeGreaterThan(50);
  });

  test.each(['positive', 'negative'] as const)(
    'finds no operation of an administrator that is a fault of the server (%s)',
    async (mode) => {
      const options = [
        ...['--url', `${server.url}/graphql`, '-H', `Cookie: ${cookie}`, '--phases', 'fuzzing'],
        ...['--checks', 'not_a_server_error', '--mode', mode, '--max-examples', '8'],
        ...EXCLUDED.flatMap((name) => ['--exclude-name', `Mutation.${name}`]),
      ];
      const sent = await run(path.resolve('server/graphql/schema.graphql'), options, {
        SCHEMATHESIS_HOOKS: path.resolve('server/http/schemathesis/graphql_hooks.py'),
      });
      expect(sent).toBeGreaterThan(100);
    },
  );
});

function reportIn(error: unknown): string {
  // Not `instanceof Error`: in a test, errors of Node are of another realm.
  return typeof error === 'object' && error !== null && 'stdout' in error
    ? String(error.stdout)
    : String(error);
}
