// The main job over GraphQL, against a running server: labelled folders → snapshot → training run → version → promotion →
// classification → history. Prints each step with its time. Set EMAIL and PASSWORD to those of an ML engineer or admin.
//   node scripts/run.mjs benchmarks/main-job --url http://localhost:4000 --source s3://bucket --positive blast \
//     --classes 'lymphocyte=normal,blast=blast' --groups metadata.csv --model example --set epochs=4 --image cell.jpg
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:4000' },
    source: { type: 'string' },
    classes: { type: 'string' },
    groups: { type: 'string' },
    positive: { type: 'string' },
    model: { type: 'string', default: 'example' },
    seed: { type: 'string', default: '1' },
    set: { type: 'string', multiple: true, default: [] },
    acknowledge: { type: 'string', multiple: true, default: [] },
    image: { type: 'string', multiple: true, default: [] },
  },
});
const begun = performance.now();
let cookie = '';

const userErrors = z.array(z.object({ message: z.string() }));
const finding = z.object({ check: z.string(), severity: z.string(), message: z.string() });
const interval = z.object({ estimate: z.number(), lower: z.number(), upper: z.number() });

await signIn();
const snapshotId = await ingest();
const versionId = await train(snapshotId);
await promote(versionId);
const times = [];
for (const image of values.image) times.push(await classify(image));
sayTimes(times);
await readHistory(versionId);

async function signIn(): Promise<void> {
  await ask(
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { userErrors { message } } }',
    { email: required('EMAIL', process.env.EMAIL), password: required('PASSWORD', process.env.PASSWORD) },
    z.object({ signIn: z.object({ userErrors }) }),
  );
  say('signed in');
}

async function ingest(): Promise<string> {
  const classes = values.classes?.split(',').map((pair) => {
    const [folder, label] = pair.split('=');
    return { folder, label: label ?? folder };
  });
  const input = {
    name: values.model,
    source: required('--source', values.source),
    classes,
    groupsCsv: values.groups,
  };
  const { createDatasetSnapshot } = await ask(
    'mutation ($input: CreateDatasetSnapshotInput!) { createDatasetSnapshot(input: $input) { datasetSnapshot { id version } userErrors { message } } }',
    { input },
    z.object({
      createDatasetSnapshot: z.object({
        datasetSnapshot: z.object({ id: z.string(), version: z.number() }).nullable(),
        userErrors,
      }),
    }),
  );
  const { id } = given(createDatasetSnapshot.datasetSnapshot);
  const Snapshot = z.object({
    datasetSnapshot: z.object({
      status: z.string(),
      digest: z.string().nullable(),
      itemCount: z.number(),
      labelCounts: z.array(z.object({ label: z.string(), count: z.number() })),
      findings: z.array(finding),
    }),
  });
  const { datasetSnapshot: snapshot } = await poll(
    'query ($id: ID!) { datasetSnapshot(id: $id) { status digest itemCount labelCounts { label count } findings { check severity message } } }',
    id,
    Snapshot,
    ({ datasetSnapshot }) => datasetSnapshot.status !== 'INGESTING',
  );
  const counts = snapshot.labelCounts.map(({ label, count }) => `${count} ${label}`).join(', ');
  say(
    `snapshot ${id}: ${snapshot.status}, ${snapshot.itemCount} images (${counts}), digest ${snapshot.digest}`,
  );
  for (const { severity, check, message } of snapshot.findings) say(`  ${severity} ${check}: ${message}`);
  return id;
}

async function train(datasetSnapshotId: string): Promise<string> {
  const parameters = values.set.map((pair) => {
    const [name, value] = pair.split('=');
    return { name, value };
  });
  const input = {
    modelName: values.model,
    datasetSnapshotId,
    positiveLabel: required('--positive', values.positive),
    seed: Number(values.seed),
    parameters,
    ...(values.acknowledge.length > 0 ? { acknowledgedFindings: values.acknowledge } : {}),
  };
  const { startTraining } = await ask(
    'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { trainingRun { id } userErrors { message } } }',
    { input },
    z.object({
      startTraining: z.object({ trainingRun: z.object({ id: z.string() }).nullable(), userErrors }),
    }),
  );
  const { id } = given(startTraining.trainingRun);
  const Run = z.object({
    trainingRun: z.object({
      status: z.string(),
      error: z.string().nullable(),
      epochs: z.array(
        z.object({ epoch: z.number(), loss: z.number(), validationAuc: z.number(), seconds: z.number() }),
      ),
      modelVersion: z
        .object({
          id: z.string(),
          version: z.number(),
          digest: z.string(),
          evaluations: z.array(z.object({ itemCount: z.number(), auc: interval.nullable() })),
        })
        .nullable(),
    }),
  });
  let epochsSeen = 0;
  const { trainingRun: run } = await poll(
    `query ($id: ID!) { trainingRun(id: $id) { status error epochs { epoch loss validationAuc seconds }
      modelVersion { id version digest evaluations { itemCount auc { estimate lower upper } } } } }`,
    id,
    Run,
    ({ trainingRun }) => {
      for (const { epoch, loss, validationAuc, seconds } of trainingRun.epochs.slice(epochsSeen)) {
        say(
          `  epoch ${epoch}: loss ${loss.toFixed(4)}, validation AUC ${validationAuc.toFixed(4)}, ${seconds.toFixed(1)} s`,
        );
      }
      epochsSeen = trainingRun.epochs.length;
      return !['QUEUED', 'RUNNING'].includes(trainingRun.status);
    },
  );
  say(`run ${id}: ${run.status}${run.error ? `: ${run.error}` : ''}`);
  const version = given(run.modelVersion);
  say(`version ${version.version} (${version.id}), digest ${version.digest}`);
  for (const { itemCount, auc } of version.evaluations) {
    say(
      `  evaluated on ${itemCount} images: AUC ${auc?.estimate.toFixed(4)} (${auc?.lower.toFixed(4)}–${auc?.upper.toFixed(4)})`,
    );
  }
  return version.id;
}

async function promote(modelVersionId: string): Promise<void> {
  const { promoteModelVersion } = await ask(
    `mutation ($input: PromoteModelVersionInput!) { promoteModelVersion(input: $input) {
      promotion { id kind gateResults { gate passed message } } userErrors { message } } }`,
    {
      input: {
        modelVersionId,
        alias: 'CHAMPION',
        reason: 'The main job, driven from end to end.',
        overrideGates: true,
      },
    },
    z.object({
      promoteModelVersion: z.object({
        promotion: z
          .object({
            kind: z.string(),
            gateResults: z.array(z.object({ gate: z.string(), passed: z.boolean(), message: z.string() })),
          })
          .nullable(),
        userErrors,
      }),
    }),
  );
  const { kind, gateResults } = given(promoteModelVersion.promotion);
  say(`${kind} to CHAMPION`);
  for (const { gate, passed, message } of gateResults)
    say(`  gate ${gate}: ${passed ? 'passed' : 'failed'}: ${message}`);
}

/** Milliseconds as reported by the server (decode, queue, inference, store), and of the whole request. */
interface Times {
  server: number;
  request: number;
}

async function classify(file: string): Promise<Times> {
  const form = new FormData();
  const query = `mutation ($image: Upload!, $input: ClassifyInput) { classify(image: $image, input: $input) {
    prediction { id outcome label confidence outOfDistributionScore timing { totalMs } } userErrors { message } } }`;
  form.set(
    'operations',
    JSON.stringify({ query, variables: { image: null, input: { modelName: values.model } } }),
  );
  form.set('map', '{"0":["variables.image"]}');
  form.set('0', new Blob([await readFile(file)]), path.basename(file));
  const sent = performance.now();
  const { classify: answer } = await send(
    { body: form },
    z.object({
      classify: z.object({
        prediction: z
          .object({
            id: z.string(),
            outcome: z.string(),
            label: z.string(),
            confidence: z.number(),
            outOfDistributionScore: z.number(),
            timing: z.object({ totalMs: z.number() }),
          })
          .nullable(),
        userErrors,
      }),
    }),
  );
  const request = performance.now() - sent;
  const { outcome, label, confidence, outOfDistributionScore, timing } = given(answer.prediction);
  say(
    `classified ${path.basename(file)}: ${outcome} ${label} ${(100 * confidence).toFixed(1)} %, ` +
      `out-of-distribution score ${outOfDistributionScore.toFixed(2)}, ${timing.totalMs.toFixed(1)} ms`,
  );
  return { server: timing.totalMs, request };
}

function sayTimes(times: readonly Times[]): void {
  if (times.length === 0) return;
  const median = (numbers: number[]) =>
    numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]?.toFixed(1);
  const server = median(times.map((it) => it.server));
  const request = median(times.map((it) => it.request));
  say(`${times.length} images one by one: median ${server} ms in the server, ${request} ms a request`);
}

async function readHistory(modelVersionId: string): Promise<void> {
  const { predictions } = await ask(
    `query ($filter: PredictionFilter) { predictions(first: 5, filter: $filter, order: NEWEST_FIRST) { totalCount
      edges { node { id label modelVersion { version trainingRun { id datasetSnapshot { id digest } } } } } } }`,
    { filter: { modelVersionId } },
    z.object({
      predictions: z.object({
        totalCount: z.number(),
        edges: z.array(
          z.object({
            node: z.object({
              id: z.string(),
              label: z.string(),
              modelVersion: z.object({
                version: z.number(),
                trainingRun: z.object({ id: z.string(), datasetSnapshot: z.object({ id: z.string() }) }),
              }),
            }),
          }),
        ),
      }),
    }),
  );
  say(`history: ${predictions.totalCount} predictions of this version`);
  for (const { node } of predictions.edges) {
    const { trainingRun } = node.modelVersion;
    say(
      `  ${node.id} ${node.label} ← version ${node.modelVersion.version} ← ${trainingRun.id} ← ${trainingRun.datasetSnapshot.id}`,
    );
  }
}

async function poll<Answer>(
  query: string,
  id: string,
  shape: z.ZodType<Answer>,
  isDone: (answer: Answer) => boolean,
): Promise<Answer> {
  for (;;) {
    const answer = await ask(query, { id }, shape);
    if (isDone(answer)) return answer;
    await sleep(500);
  }
}

function ask<Answer>(query: string, variables: object, shape: z.ZodType<Answer>): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return send({ body: JSON.stringify({ query, variables }), headers }, shape);
}

async function send<Answer>(
  { body, headers }: { body: string | FormData; headers?: Record<string, string> },
  shape: z.ZodType<Answer>,
): Promise<Answer> {
  const response = await fetch(new URL('/graphql', values.url), {
    method: 'POST',
    body,
    headers: { ...headers, cookie, 'apollo-require-preflight': 'true' },
  });
  cookie = response.headers.getSetCookie().at(0)?.split(';').at(0) ?? cookie;
  const answer = z
    .object({ data: z.unknown(), errors: z.array(z.object({ message: z.string() })).optional() })
    .parse(await response.json());
  if (answer.errors) throw new Error(answer.errors.map(({ message }) => message).join('\n'));
  const refusals = z.record(z.string(), z.object({ userErrors }).partial()).safeParse(answer.data).data ?? {};
  const refused = Object.values(refusals).flatMap((payload) => payload.userErrors ?? []);
  if (refused.length > 0) throw new Error(refused.map(({ message }) => message).join('\n'));
  return shape.parse(answer.data);
}

function given<Value>(value: Value | null): Value {
  if (value === null) throw new Error('The server answered neither with a result nor with an error.');
  return value;
}

function required(name: string, value: string | undefined): string {
  if (!value) throw new Error(`${name} is required.`);
  return value;
}

function say(line: string): void {
  console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(7)} s  ${line}`);
}
