import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildSchema, isObjectType } from 'graphql';
import { Scope } from '../api/permissions.js';
import { createApiToken } from '../features/accounts/create-api-token.js';
import { registerRandomVersion } from '../features/models/testing.js';
import { openTestServices, type TestServices } from '../graphql/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { type HttpServer, serveHttp } from './serve.js';

// What `label` and the fields beside it mean, by the contract, the schema, GraphQL, REST and exports. Each version of the test gives
// the same probability to every image: the slope of its calibration is almost 0.

const THRESHOLD = 0.256;
const BAND = [0.2, 0.8] as const;

let services: TestServices;
let server: HttpServer;
let headers: Record<string, string>;
let cell: Buffer;

beforeAll(async () => {
  services = await openTestServices({ port: 0, host: '127.0.0.1' });
  server = await serveHttp(services, path.join(services.folder, 'no-web-app'));
  cell = await drawSmear().png().toBuffer();
  const context = services.contextOf(await services.createViewer());
  const scopes = [Scope.CLASSIFY, Scope.READ_HISTORY];
  const { secret } = await createApiToken(context, { name: 'test', scopes });
  headers = { authorization: `Bearer ${secret}` };
});
afterAll(async () => {
  await server.close();
  await services.close();
});

/** The answers of REST, GraphQL and the export to an image by a version that computes this probability of blast. */
async function answersAt(probability: number, isTypical: boolean) {
  const { mean, ...gaussian } = {
    ...{ method: 'mahalanobis' as const, mean: new Array<number>(16).fill(isTypical ? 0 : 1000) },
    ...{ components: [], variances: [], residualVariance: 1 },
    ...(isTypical ? { typicalDistance: 0, threshold: 1e6 } : { typicalDistance: 0, threshold: 1 }),
  };
  const { id: modelVersionId } = await registerRandomVersion(services, {
    manifest: {
      calibration: { method: 'platt', slope: 1e-12, intercept: Math.log(probability / (1 - probability)) },
      decisionThreshold: THRESHOLD,
      abstentionBand: [...BAND],
      outOfDistribution: { ...gaussian, mean },
    },
  });
  const rest = await fetch(`${server.url}/predict?modelVersionId=${modelVersionId}`, {
    ...{ method: 'POST', headers, body: Uint8Array.from(cell) },
  });
  expect(rest.status).toBe(200);
  const predicted = (await rest.json()) as { id: string; confidence: number; probability: number };

  const query = `query ($id: ID!) { prediction(id: $id) {
    outcome label thresholdLabel finalLabel confidence probabilities { label probability } } }`;
  const overGraphql = await fetch(`${server.url}/graphql`, {
    ...{ method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
    body: JSON.stringify({ query, variables: { id: predicted.id } }),
  });
  const { data } = (await overGraphql.json()) as any;

  const exported = await fetch(
    `${server.url}/export/predictions?format=jsonl&modelVersionId=${modelVersionId}`,
    { headers },
  );
  const { outcome, label, thresholdLabel, finalLabel, confidence } = JSON.parse(await exported.text());
  return {
    rest: predicted,
    graphql: data.prediction,
    exported: { outcome, label, thresholdLabel, finalLabel, confidence },
  };
}

test.each([
  // probability of blast, typical, outcome, REST prediction, most probable class, label by the threshold
  [0.1, true, 'CLASSIFIED', 'normal', 'normal', 'normal'],
  [0.23, true, 'INDETERMINATE', 'indeterminate', 'normal', 'normal'],
  [0.2559, true, 'INDETERMINATE', 'indeterminate', 'normal', 'normal'],
  [0.2561, true, 'INDETERMINATE', 'indeterminate', 'normal', 'blast'],
  [0.46, true, 'INDETERMINATE', 'indeterminate', 'normal', 'blast'],
  [0.4999, true, 'INDETERMINATE', 'indeterminate', 'normal', 'blast'],
  [0.5001, true, 'INDETERMINATE', 'indeterminate', 'blast', 'blast'],
  [0.7, true, 'INDETERMINATE', 'indeterminate', 'blast', 'blast'],
  [0.95, true, 'CLASSIFIED', 'blast', 'blast', 'blast'],
  [0.95, false, 'OUT_OF_DISTRIBUTION', 'unrecognised', 'blast', 'blast'],
  [0.46, false, 'OUT_OF_DISTRIBUTION', 'unrecognised', 'normal', 'blast'],
])(
  'with probability %f, the threshold 0.256 and typical: %s, the outcome is %s and the prediction %s',
  async (probability, isTypical, outcome, word, label, thresholdLabel) => {
    const { rest, graphql, exported } = await answersAt(probability, isTypical);
    const confidence = Math.max(probability, 1 - probability);
    expect(rest).toEqual({
      id: expect.stringMatching(/^pred_/),
      ...{ outcome, prediction: word, label },
      probability: expect.closeTo(probability, 6),
      confidence: expect.closeTo(confidence, 6),
      processingTime: expect.any(Number),
      warnings: expect.any(Array),
      cellType: null,
    });
    const meanings = { outcome, label, thresholdLabel, finalLabel: label, confidence: rest.confidence };
    expect(exported).toEqual(meanings);
    expect(graphql).toEqual({
      ...meanings,
      probabilities: [
        { label: 'normal', probability: 1 - rest.probability },
        { label: 'blast', probability: rest.probability },
      ],
    });
  },
);

test('a repeat of a withheld answer is withheld too', async () => {
  const first = await answersAt(0.46, true);
  const row = await services.database.prediction.findUniqueOrThrow({ where: { id: first.rest.id } });
  const again = await fetch(`${server.url}/predict?modelVersionId=${row.modelVersionId}`, {
    ...{ method: 'POST', headers, body: Uint8Array.from(cell) },
  });
  const { id, processingTime: _, ...answer } = (await again.json()) as any;
  const { id: firstId, processingTime: __, ...before } = first.rest as any;
  expect(id).not.toBe(firstId);
  expect(answer).toEqual(before);
});

test('the contract, the schema and the REST description say what the code does', async () => {
  const folder = path.join(import.meta.dirname, '../../../server/graphql');
  const contract = await readFile(path.join(folder, 'contract.graphql'), 'utf8');
  expect(contract).toMatch(/^ *label: String! *# most probable class$/m);
  expect(contract).toMatch(/^ *confidence: Float! *# its calibrated probability/m);

  const schema = buildSchema(await readFile(path.join(folder, 'schema.graphql'), 'utf8'));
  const prediction = schema.getType('Prediction');
  if (!isObjectType(prediction)) throw new Error('The schema has no type Prediction.');
  const { label, thresholdLabel, confidence } = prediction.getFields();
  expect(label?.description).toMatch(/^The most probable class, for every outcome\./);
  expect(label?.description).not.toMatch(/threshold/);
  expect(confidence?.description).toMatch(/^The calibrated probability of `label`/);
  expect(thresholdLabel?.description).toMatch(/^The label by the version's decision threshold/);

  const openApi = (await (await fetch(`${server.url}/openapi.json`)).json()) as any;
  const { schema: answers } = openApi.paths['/predict'].post.responses['200'].content['application/json'];
  const [answer] = answers.anyOf;
  expect(answer.properties.label.description).toMatch(/^The most probable class, for every outcome\./);
  expect(answer.properties.confidence.description).toMatch(/^The calibrated probability of `label`/);
  expect(answer.properties.prediction.description).toMatch(/'indeterminate'.*'unrecognised'/);
});
