import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  commitLocalUpdate,
  type ConcreteRequest,
  ConnectionHandler,
  Environment,
  fetchQuery,
  Network,
  RecordSource,
  Store,
  type Variables,
} from 'relay-runtime';
import { type ServerForPrograms, startServerForPrograms } from './testing.js';

const root = path.resolve(import.meta.dirname, '../../..');

/** A list that is paged both ways, and an object that is fetched again by its id, as Relay's components do. */
const SOURCE = `
import { graphql } from 'relay-runtime';

graphql\`
  query programQuery($count: Int!, $cursor: String) {
    ...program_history @arguments(count: $count, cursor: $cursor)
  }
\`;
graphql\`
  fragment program_history on Query
  @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" })
  @refetchable(queryName: "programHistoryPageQuery") {
    predictions(first: $count, after: $cursor) @connection(key: "program_predictions") {
      edges { node { id label ...program_prediction } }
    }
  }
\`;
graphql\`
  fragment program_prediction on Prediction @refetchable(queryName: "programPredictionQuery") {
    id
    confidence
    modelVersion { id model { name } }
  }
\`;
`;

let folder: string;
let server: ServerForPrograms;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-relay-'));
  await mkdir(path.join(folder, 'src'));
  await writeFile(path.join(folder, 'src/program.js'), SOURCE);
  await cp(path.join(root, 'server/graphql/schema.graphql'), path.join(folder, 'schema.graphql'));
  const settings = {
    src: './src',
    language: 'javascript',
    schema: './schema.graphql',
    eagerEsModules: false,
  };
  await writeFile(path.join(folder, 'relay.config.json'), JSON.stringify(settings));
  const compiler = path.join(root, 'node_modules/relay-compiler/cli.js');
  const options = { cwd: folder };
  await promisify(execFile)(process.execPath, [compiler, 'relay.config.json'], options);
  server = await startServerForPrograms();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function openEnvironment(): Environment {
  const network = Network.create(async ({ text }, variables) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return JSON.parse(await response.text());
  });
  return new Environment({ network, store: new Store(new RecordSource()) });
}

/** What the compiler made of an operation of the program. */
function compiled(operation: string): ConcreteRequest {
  const require = createRequire(import.meta.url);
  return require(path.join(folder, `src/__generated__/${operation}.graphql.js`));
}

async function request(environment: Environment, operation: string, variables: Variables): Promise<any> {
  return fetchQuery(environment, compiled(operation), variables).toPromise();
}

/** The ids that Relay's store has in the list so far, and where the next page begins. */
function historyIn(environment: Environment): { ids: string[]; cursor: unknown; hasNextPage: unknown } {
  let history = { ids: [] as string[], cursor: null as unknown, hasNextPage: null as unknown };
  commitLocalUpdate(environment, (store) => {
    const list = ConnectionHandler.getConnection(store.getRoot(), 'program_predictions');
    const edges = list?.getLinkedRecords('edges') ?? [];
    const pageInfo = list?.getLinkedRecord('pageInfo');
    history = {
      ids: edges.map((edge) => edge.getLinkedRecord('node').getDataID()),
      cursor: pageInfo?.getValue('endCursor'),
      hasNextPage: pageInfo?.getValue('hasNextPage'),
    };
  });
  return history;
}

test('Relay joins the pages of a list', async () => {
  const environment = openEnvironment();
  await request(environment, 'programQuery', { count: 2 });
  const first = historyIn(environment);
  expect(first).toMatchObject({ ids: server.predictionIds.slice(0, 2), hasNextPage: true });
  await request(environment, 'programHistoryPageQuery', { count: 2, cursor: first.cursor });
  expect(historyIn(environment)).toMatchObject({ ids: server.predictionIds, hasNextPage: false });
});

test('Relay fetches an object again by its id', async () => {
  const [id] = server.predictionIds;
  const environment = openEnvironment();
  await request(environment, 'programPredictionQuery', { id });
  const record = environment.getStore().getSource().get(String(id));
  expect(record).toMatchObject({ __typename: 'Prediction', id, confidence: expect.any(Number) });
});
