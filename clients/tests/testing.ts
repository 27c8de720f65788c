import { createTestClient } from '../../server/http/testing.js';
import { drawSmear } from '../../server/imaging/testing.js';
import { startServer, type TestServer } from '../../server/testing.js';

/** What a program knows of a server. */
export interface ServerForPrograms {
  /** The address of the API, as 'http://localhost:41234/graphql', and the same for WebSockets. */
  url: string;
  socketUrl: string;
  token: string;
  /** The ids of the predictions so far, newest first. */
  predictionIds: string[];
  /** A PNG with one drawn cell. Each call draws another one. */
  drawCell(): Promise<Buffer>;
  server: TestServer;
  stop(): Promise<void>;
}

const COUNT = 3;

/** A server with the bundled model and three predictions, and an API token of its administrator. */
export async function startServerForPrograms(): Promise<ServerForPrograms> {
  const server = await startServer();
  let seed = 0;
  const drawCell = () =>
    drawSmear({ seed: (seed += 1) })
      .png()
      .toBuffer();
  const admin = createTestClient(server.url);
  await admin.signIn(server.admin);
  const predictionIds: string[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const { data } = await admin.upload(
      'mutation ($image: Upload!) { classify(image: $image) { prediction { id } userErrors { message } } }',
      await drawCell(),
    );
    predictionIds.unshift(data.classify.prediction.id);
  }
  const { data } = await admin.graphql(
    'mutation { createApiToken(input: { name: "Client" }) { secret userErrors { message } } }',
  );
  const url = `${server.url}/graphql`;
  return {
    url,
    socketUrl: url.replace('http', 'ws'),
    token: data.createApiToken.secret,
    predictionIds,
    drawCell,
    server,
    stop: () => server.stop(),
  };
}
