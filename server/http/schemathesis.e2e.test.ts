import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient } from './testing.js';

const PROGRAM = path.resolve('.cache/schemathesis/bin/schemathesis');
const describeWithSchemathesis = existsSync(path.resolve('.cache/schemathesis/installed.txt'))
  ? describe
  : describe.skip;

/** Uploads, which it cannot generate, and what would end the session that it uses. */
const EXCLUDED = ['classify', 'registerModelVersion', 'signOut', 'signOutEverywhere', 'signOutOfProvider'];

describeWithSchemathesis('Schemathesis', () => {
  let server: TestServer;
  let cookie: string;

  beforeAll(async () => {
    server = await startServer();
    const admin = createTestClient(server.url);
    await admin.signIn(server.admin);
    cookie = admin.headers.cookie ?? '';
  });
  afterAll(() => server.stop());

  /** Runs the program; rejects with its report if an operation fails. Returns the number of operations that it sent. */
  async function run(mode: 'positive' | 'negative', headers: string[]): Promise<number> {
    const args = [
      ...['run', path.resolve('server/graphql/schema.graphql'), '--url', `${server.url}/graphql`],
      ...['--phases', 'fuzzing', '--checks', 'not_a_server_error', '--mode', mode],
      ...['--max-examples', '8', '--seed', '1', '--no-color'],
      ...headers.flatMap((header) => ['-H', header]),
      ...EXCLUDED.flatMap((name) => ['--exclude-name', `Mutation.${name}`]),
    ];
    const cwd = server.dataDir; // where it writes its own files
    const report = await promisify(execFile)(PROGRAM, args, { cwd }).catch((error: unknown) => {
      throw new Error(`Schemathesis found failures:\n${reportIn(error)}`);
    });
    return Number(/(\d+) generated/.exec(report.stdout)?.[1]);
  }

  test.each(['positive', 'negative'] as const)(
    'finds no operation of an administrator that is a fault of the server (%s)',
    async (mode) => {
      expect(await run(mode, [`Cookie: ${cookie}`])).toBeGreaterThan(100);
    },
  );
});

function reportIn(error: unknown): string {
  return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
}
