import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createDatabase } from '../../server/database/client.js';
import { untilListed } from '../../server/features/prediction-changes/testing.js';
import { createTestClient } from '../../server/http/testing.js';
import { CLASSIFY } from './documents.js';
import { type ServerForPrograms, startServerForPrograms } from './testing.js';

const PYTHON = path.resolve('.cache/python-clients/bin/python');
const PROGRAM = path.join(import.meta.dirname, 'python_program.py');
const describeWithPython = existsSync(path.resolve('.cache/python-clients/installed.txt'))
  ? describe
  : describe.skip;

describeWithPython("Python's gql", () => {
  let server: ServerForPrograms;

  beforeAll(async () => {
    server = await startServerForPrograms();
  });
  afterAll(() => server.stop());

  async function run(transport: string, token = server.token): Promise<any> {
    const image = path.join(server.server.dataDir, 'cell.png');
    await writeFile(image, await server.drawCell());
    const { stdout } = await promisify(execFile)(PYTHON, [PROGRAM, transport, server.url, token, image]);
    return JSON.parse(stdout);
  }

  /** Classifies images until `program` has ended. Returns the ids. */
  async function classifyDuring(program: Promise<unknown>): Promise<string[]> {
    const client = createTestClient(server.server.url);
    client.headers.authorization = `Bearer ${server.token}`;
    const ids: string[] = [];
    const ended = new AbortController();
    const end = () => ended.abort();
    program.then(end, end);
    while (!ended.signal.aborted) {
      const { data } = await client.upload(CLASSIFY, await server.drawCell());
      ids.push(data.classify.prediction.id);
      await sleep(100);
    }
    server.predictionIds.unshift(...ids.toReversed());
    return ids;
  }

  /** Waits until a subscription that begins now can report only what is new. */
  async function allListed(): Promise<void> {
    const database = createDatabase(server.server.databaseUrl, 1);
    await untilListed(database);
    await database.$disconnect();
  }

  test.each(['requests', 'aiohttp'])('pages, sends images and receives errors by %s', async (transport) => {
    const { ids, codes, classified, refused } = await run(transport);
    expect(ids).toEqual(server.predictionIds);
    expect(codes).toEqual(['BAD_USER_INPUT']);
    expect(classified).toEqual({ prediction: { id: expect.any(String) }, userErrors: [] });
    expect(refused).toEqual({ prediction: null, userErrors: [{ code: 'UNREADABLE_IMAGE' }] });
    server.predictionIds.unshift(classified.prediction.id);
  });

  test.each(['websockets', 'websockets with the token in the first message', 'aiohttp websockets'])(
    'pages, receives new predictions and errors by %s',
    async (transport) => {
      const before = server.predictionIds.slice();
      await allListed();
      const program = run(transport);
      const created = await classifyDuring(program);
      const result = await program;
      // A subscription that begins now may also report the prediction just before it.
      expect([...created, before[0]]).toContain(result.created);
      expect(result.codes).toEqual(['BAD_USER_INPUT']);
      // Others were added while it was reading.
      expect(result.ids.slice(-before.length)).toEqual(before);
    },
  );

  test.each(['requests', 'aiohttp', 'websockets'])(
    'says why an invalid token is refused, by %s',
    async (transport) => {
      await expect(run(transport, 'cyto_invalid')).rejects.toThrow(
        'The token was refused: it is not a token of this server.',
      );
    },
  );
});
