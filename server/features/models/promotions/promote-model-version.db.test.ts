import { parse, subscribe } from 'graphql';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { writeArtifact } from '../../../artifact/artifact-store.js';
import { randomArtifact } from '../../../artifact/testing.js';
import type { Transaction } from '../../../database/client.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { artifactPrefix } from '../../../storage/keys.js';
import { modelFile } from '../artifact-files.js';
import { changeAlias } from './change-alias.js';
import { lockModel } from '../find-or-create-model.js';
import { followChampions } from '../../../serving/follow-champions.js';
import { flipAlias, registerRandomChampion, registerRandomVersion } from '../testing.js';

let services: TestServices;
let engineer: Viewer;
let admin: Viewer;
let models = 0;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
  admin = await services.createViewer(Role.ADMIN);
});
afterAll(() => services.close());

/** A new model name, so that each test has its own model. */
const newModel = () => `model-${++models}`;
const reason = 'A test promotes it';

const promoteMutation = `mutation ($input: PromoteModelVersionInput!) {
  promoteModelVersion(input: $input) {
    promotion { id kind alias reason from { id } to { id } model { name champion { id } challenger { id } }
      requestedBy { id } approvedBy { id } gateResults { gate passed message observed required } }
    userErrors { code field message }
  }
}`;
const rollbackMutation = `mutation ($input: RollbackModelInput!) {
  rollbackModel(input: $input) {
    promotion { kind from { id } to { id } model { champion { id } } gateResults { gate passed } }
    userErrors { code field message }
  }
}`;

async function promote(modelVersionId: string, more: Record<string, unknown> = {}, viewer = engineer) {
  const input = { modelVersionId, alias: 'CHAMPION', reason, ...more };
  const { data, errors } = await services.execute(promoteMutation, { input }, viewer);
  expect(errors).toEqual([]);
  return data.promoteModelVersion;
}

async function rollback(modelName: string, viewer = engineer) {
  const input = { modelName, reason: 'A test rolls back' };
  const { data, errors } = await services.execute(rollbackMutation, { input }, viewer);
  expect(errors).toEqual([]);
  return data.rollbackModel;
}

async function history(name: string) {
  const { data } = await services.execute(
    `query ($name: String!) { model(name: $name) { champion { id aliases } promotions { kind alias from { id } to { id } } } }`,
    { name },
    engineer,
  );
  return data.model;
}

const answers = (modelName: string) => services.served.champion(modelName)?.id;

test('a promoted version is verified and loaded, and answers when the mutation returns', async () => {
  const modelName = newModel();
  const first = await registerRandomVersion(services, { modelName, seed: 1 });
  const second = await registerRandomVersion(services, { modelName, seed: 2 });

  const { promotion, userErrors } = await promote(first.id);
  expect(userErrors).toEqual([]);
  expect(promotion).toMatchObject({
    kind: 'PROMOTION',
    alias: 'CHAMPION',
    reason,
    from: null,
    to: { id: first.id },
    model: { name: modelName, champion: { id: first.id }, challenger: null },
    requestedBy: { id: engineer.id },
    approvedBy: null,
  });
  expect(
    promotion.gateResults.map(({ gate, passed }: { gate: string; passed: boolean }) => [gate, passed]),
  ).toEqual([
    ['artifact', true],
    ['parity', true],
    ['loads', true],
    ['references', true],
    ['evaluated', true],
    ['auc', true],
  ]);
  expect(answers(modelName)).toBe(first.id);

  expect((await promote(second.id)).promotion.from).toEqual({ id: first.id });
  expect(answers(modelName)).toBe(second.id);
  expect(
    await services.database.auditEvent.count({ where: { entityId: second.id, outcome: 'success' } }),
  ).toBe(2);
});

test('viewers who may not promote models cannot change anything', async () => {
  const modelName = newModel();
  const version = await registerRandomVersion(services, { modelName });
  const input = { modelVersionId: version.id, alias: 'CHAMPION', reason };
  for (const role of [Role.CLINICIAN, Role.AUDITOR]) {
    const viewer = await services.createViewer(role);
    const promoted = await services.execute(promoteMutation, { input }, viewer);
    expect(promoted.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    const rolledBack = await services.execute(rollbackMutation, { input: { modelName, reason } }, viewer);
    expect(rolledBack.errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  }
  const { errors } = await services.execute(promoteMutation, { input });
  expect(errors).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
  expect(await history(modelName)).toEqual({ champion: null, promotions: [] });
});

test('refuses, with a reason, a version that cannot be promoted', async () => {
  const modelName = newModel();
  const version = await registerRandomVersion(services, { modelName });
  const refused = async (id: string, more = {}) => (await promote(id, more)).userErrors;

  const nobody = 'mver_0192f4c0a1b27c3d8e4f5a6b7c8d9e0f';
  expect(await refused(nobody)).toMatchObject([{ code: 'NOT_FOUND', field: ['input', 'modelVersionId'] }]);
  expect(await refused('mver_\u0000')).toMatchObject([{ code: 'INVALID' }]);
  expect(await refused(version.id, { reason: '   why   ' })).toMatchObject([
    { code: 'INVALID', field: ['input', 'reason'] },
  ]);
  expect(await refused(version.id, { reason: 'with a NUL \u0000' })).toMatchObject([{ code: 'INVALID' }]);
  expect(await refused(version.id, { overrideGates: true })).toMatchObject([
    { code: 'FORBIDDEN', field: ['input', 'overrideGates'] },
  ]);

  await promote(version.id);
  expect(await refused(version.id)).toMatchObject([{ code: 'CONFLICT' }]);
  expect(await refused(version.id, { alias: 'CHALLENGER' })).toMatchObject([{ code: 'CONFLICT' }]);

  const archived = await registerRandomVersion(services, { modelName });
  await services.database.modelVersion.update({ where: { id: archived.id }, data: { status: 'ARCHIVED' } });
  expect(await refused(archived.id)).toMatchObject([{ code: 'CONFLICT' }]);
  expect((await history(modelName)).promotions).toHaveLength(1);
});

test('reports that a version was archived or promoted after its promotion began', async () => {
  const modelName = newModel();
  const champion = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const archived = await registerRandomVersion(services, { modelName, seed: 2 });
  await services.database.modelVersion.update({ where: { id: archived.id }, data: { status: 'ARCHIVED' } });
  const alias = 'CHALLENGER' as const;
  const model = { id: champion.modelId, name: modelName };
  for (const [{ id }, message] of [
    [archived, 'Version 2 has become archived'],
    [champion, 'Version 1 has become the champion'],
  ] as const) {
    const change = {
      kind: 'PROMOTION' as const,
      alias,
      model,
      before: null,
      toVersionId: id,
      reason,
      requestedById: engineer.id,
      gateResults: [],
    };
    const audit = { action: 'MODEL_VERSION_PROMOTED' as const, entityId: id };
    await expect(
      changeAlias(services.contextOf(engineer), change, {
        audit: [audit],
        field: ['input', 'modelVersionId'],
      }),
    ).rejects.toMatchObject({
      errors: [{ code: 'CONFLICT', message: expect.stringContaining(message) }],
    });
  }
});

test('a challenger answers no request, and loses its alias when it becomes the champion', async () => {
  const modelName = newModel();
  const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const second = await registerRandomVersion(services, { modelName, seed: 2 });

  const { promotion } = await promote(second.id, { alias: 'CHALLENGER' });
  expect(promotion.model).toMatchObject({ champion: { id: first.id }, challenger: { id: second.id } });
  expect(answers(modelName)).toBe(first.id);

  const promoted = await promote(second.id);
  expect(promoted.promotion.model).toMatchObject({ champion: { id: second.id }, challenger: null });
  expect((await history(modelName)).promotions.slice(0, 2)).toEqual([
    { kind: 'PROMOTION', alias: 'CHAMPION', from: { id: first.id }, to: { id: second.id } },
    { kind: 'RETIREMENT', alias: 'CHALLENGER', from: { id: second.id }, to: null },
  ]);
});

test('concurrent promotions leave one chain of history that ends at the champion', async () => {
  const modelName = newModel();
  const versions = await Promise.all(
    [1, 2, 3, 4].map((seed) => registerRandomVersion(services, { modelName, seed })),
  );
  const outcomes = await Promise.all(versions.map(({ id }) => promote(id)));
  const refused = outcomes.flatMap(({ userErrors }) => userErrors);
  expect(refused.length).toBeLessThan(versions.length);
  for (const error of refused) expect(error).toMatchObject({ code: 'CONFLICT' });

  const { champion, promotions } = await history(modelName);
  expect(promotions).toHaveLength(versions.length - refused.length);
  const chain = [...promotions].reverse();
  expect(chain.map(({ from }) => from)).toEqual([null, ...chain.slice(0, -1).map(({ to }) => to)]);
  expect(champion).toEqual({ id: chain.at(-1).to.id, aliases: ['CHAMPION'] });
  expect(answers(modelName)).toBe(champion.id);
});

describe('an artifact that was tampered with', () => {
  const onDisk = (modelName: string, version: number, file: string) =>
    fileURLToPath(
      services.store.uri(artifactPrefix(modelName, version) + file).replace(/^file:\/*/, 'file:///'),
    );

  test.each(['model.onnx', 'weights.bin', 'manifest.json'])(
    'is refused (%s), override or not, and the champion stays in use',
    async (file) => {
      const modelName = newModel();
      const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
      const second = await registerRandomVersion(services, { modelName, seed: 2 });
      await writeFile(onDisk(modelName, 2, file), 'something else');

      for (const [viewer, overrideGates] of [
        [engineer, false],
        [admin, true],
      ] as const) {
        const { promotion, userErrors } = await promote(second.id, { overrideGates }, viewer);
        expect(promotion).toBeNull();
        expect(userErrors).toMatchObject([{ code: 'GATE_FAILED', message: expect.stringContaining(file) }]);
      }
      expect(await history(modelName)).toMatchObject({ champion: { id: first.id }, promotions: [{}] });
      const { id } = first;
      const image = await drawSmear().png().toBuffer();
      await services.served.use(id, () => services.inference.infer(id, image));
      const refusals = { entityId: second.id, outcome: 'failure' };
      expect(await services.database.auditEvent.count({ where: refusals })).toBe(2);
    },
  );

  test('is refused even if the version is already loaded, or if it is a different intact artifact', async () => {
    const modelName = newModel();
    const version = await registerRandomVersion(services, { modelName });
    await services.served.use(version.id, async () => undefined);
    await rm(path.dirname(onDisk(modelName, 1, 'model.onnx')), { recursive: true });
    expect((await promote(version.id)).userErrors).toMatchObject([{ code: 'GATE_FAILED' }]);
    await writeArtifact(services.store, artifactPrefix(modelName, 1), randomArtifact({ seed: 2 }));
    expect((await promote(version.id)).userErrors).toMatchObject([{ code: 'GATE_FAILED' }]);
  });

  test('leaves the previous version answering on a server that starts to follow', async () => {
    const modelName = newModel();
    const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
    const other = await followChampions(services); // like another server
    try {
      const second = await registerRandomVersion(services, { modelName, seed: 2 });
      await promote(second.id);
      await other.refresh();
      expect(other.champion(modelName)?.id).toBe(second.id);

      const third = await registerRandomVersion(services, { modelName, seed: 3 });
      await writeFile(onDisk(modelName, 3, 'model.onnx'), 'something else');
      await flipAlias(services.database, { ...third, alias: 'CHAMPION', toVersionId: third.id });
      await other.refresh();
      expect(other.champion(modelName)?.id).toBe(second.id);
      expect(other.readiness()).toContainEqual(
        expect.objectContaining({
          modelName,
          championVersionId: third.id,
          servedVersionId: second.id,
          error: expect.stringContaining('model.onnx'),
        }),
      );
      expect(first.id).not.toBe(second.id);
    } finally {
      await other.close();
    }
  });
});

test('a version without an evaluation needs an ADMIN to override the gate, which the history records', async () => {
  const modelName = newModel();
  const { metrics } = randomArtifact().manifest;
  const unmeasured = { validation: { ...metrics.validation, auc: null }, test: null };
  const version = await registerRandomVersion(services, { modelName, manifest: { metrics: unmeasured } });

  expect((await promote(version.id)).userErrors).toMatchObject([{ code: 'GATE_FAILED' }]);
  expect((await promote(version.id, {}, admin)).userErrors).toMatchObject([{ code: 'GATE_FAILED' }]);
  const { promotion, userErrors } = await promote(version.id, { overrideGates: true }, admin);
  expect(userErrors).toEqual([]);
  expect(promotion.gateResults).toContainEqual(expect.objectContaining({ gate: 'evaluated', passed: false }));
  const event = await services.database.auditEvent.findFirstOrThrow({
    where: { action: 'MODEL_VERSION_PROMOTED', entityId: version.id, outcome: 'success' },
  });
  expect(event).toMatchObject({
    actorId: admin.id,
    detail: expect.stringContaining("Overrode the gate 'evaluated'"),
  });
});

test('rollbacks go back step by step, until there is no earlier champion', async () => {
  const modelName = newModel();
  const [first, second, third] = [1, 2, 3].map((seed) => ({ seed }));
  const ids: string[] = [];
  for (const options of [first, second, third]) {
    ids.push((await registerRandomChampion(services.contextOf(engineer), { modelName, ...options })).id);
  }
  const [one, two, three] = ids;

  const once = await rollback(modelName);
  expect(once).toMatchObject({
    promotion: { kind: 'ROLLBACK', from: { id: three }, to: { id: two }, model: { champion: { id: two } } },
    userErrors: [],
  });
  expect(answers(modelName)).toBe(two);
  const twice = await rollback(modelName);
  expect(twice.promotion).toMatchObject({ from: { id: two }, to: { id: one } });
  expect(answers(modelName)).toBe(one);
  expect((await rollback(modelName)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  expect((await rollback('no-such-model')).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await history(modelName)).promotions).toHaveLength(5);
});

/** The outcomes of `operations`, each of which has decided before any has acted. */
async function atOnce<T>(modelId: string, operations: (() => Promise<T>)[]): Promise<T[]> {
  const { database } = services;
  const work = async (tx: Transaction) => {
    await lockModel(tx, modelId);
    const running = operations.map((operation) => operation());
    for (let waiting = 0n; waiting < operations.length; await sleep(10)) {
      const [row] = await database.$queryRaw<{ count: bigint }[]>`
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      waiting = row?.count ?? 0n;
    }
    return { running };
  };
  const started = await database.$transaction(work);
  return Promise.all(started.running);
}

test('refuses one of two promotions that were decided on the same champion', async () => {
  const modelName = newModel();
  const { modelId, id: before } = await registerRandomChampion(services.contextOf(engineer), { modelName });
  const versions = [
    await registerRandomVersion(services, { modelName, seed: 2 }),
    await registerRandomVersion(services, { modelName, seed: 3 }),
  ];
  const outcomes = await atOnce(
    modelId,
    versions.map(
      ({ id }) =>
        () =>
          promote(id),
    ),
  );
  const [done, ...others] = outcomes.filter(({ promotion }) => promotion !== null);
  expect(others).toEqual([]);
  expect(done.promotion.from).toEqual({ id: before });
  expect(outcomes.flatMap(({ userErrors }) => userErrors)).toMatchObject([{ code: 'CONFLICT' }]);
  expect((await history(modelName)).champion.id).toBe(done.promotion.to.id);
});

test('two concurrent rollbacks go back one step, not two', async () => {
  const modelName = newModel();
  const champions: { id: string; modelId: string }[] = [];
  for (const seed of [1, 2, 3]) {
    champions.push(await registerRandomChampion(services.contextOf(engineer), { modelName, seed }));
  }
  const [, second, third] = champions;
  const outcomes = await atOnce(third?.modelId ?? '', [() => rollback(modelName), () => rollback(modelName)]);
  expect(outcomes.flatMap(({ userErrors }) => userErrors)).toMatchObject([{ code: 'CONFLICT' }]);
  expect((await history(modelName)).champion.id).toBe(second?.id);
  expect(answers(modelName)).toBe(second?.id);
});

test('the promotion history cannot be changed', async () => {
  const modelName = newModel();
  await registerRandomChampion(services.contextOf(engineer), { modelName });
  const where = { model: { name: modelName } };
  await expect(
    services.ownerDatabase.promotion.updateMany({ where, data: { reason: 'another' } }),
  ).rejects.toThrow('"Promotion" is append-only: UPDATE is refused');
  await expect(services.ownerDatabase.promotion.deleteMany({ where })).rejects.toThrow(
    '"Promotion" is append-only: DELETE is refused',
  );
});

test('other servers follow a promotion automatically', async () => {
  const modelName = newModel();
  await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const other = await followChampions(services);
  try {
    const second = await registerRandomVersion(services, { modelName, seed: 2 });
    await promote(second.id);
    for (let tries = 0; tries < 15_000 && other.champion(modelName)?.id !== second.id; tries++)
      await sleep(20);
    expect(other.champion(modelName)?.id).toBe(second.id);
  } finally {
    await other.close();
  }
});

test('versions requested by id stay loaded only up to the memory limit', async () => {
  const modelName = newModel();
  const champion = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const versions: { id: string }[] = [];
  for (const seed of [2, 3, 4, 5, 6, 7]) {
    versions.push(await registerRandomVersion(services, { modelName, seed }));
  }
  for (const { id } of versions) await services.served.use(id, async () => undefined);
  const newest = versions.slice(-3).map(({ id }) => id);
  const oldest = versions.slice(0, 3).map(({ id }) => id);
  await new Promise((resolve) => setImmediate(resolve));
  expect(services.inference.loaded()).toEqual(expect.arrayContaining([champion.id, ...newest]));
  for (const id of oldest) expect(services.inference.loaded()).not.toContain(id);

  // While in use, it stays loaded however many other versions are requested.
  const [busy] = versions;
  await services.served.use(busy?.id ?? '', async () => {
    for (const { id } of versions.slice(1)) await services.served.use(id, async () => undefined);
    expect(services.inference.loaded()).toContain(busy?.id);
  });
});

test('the registry returns all details of a version', async () => {
  const modelName = newModel();
  const { id } = await registerRandomChampion(services.contextOf(engineer), { modelName });
  const { data, errors } = await services.execute(
    `query ($id: ID!) {
      modelVersion(id: $id) {
        id version status digest classes positiveLabel inputSize decisionThreshold abstentionBand modelCard
        artifactUri files { name sha256 byteSize url } aliases predictionCount evaluations { id } model { name }
        trainingRun { id } datasetSnapshot { id } createdBy { id } description createdAt
      }
    }`,
    { id },
    await services.createViewer(Role.AUDITOR),
  );
  expect(errors).toEqual([]);
  const { digest } = randomArtifact();
  expect(data.modelVersion).toMatchObject({
    id,
    version: 1,
    status: 'READY',
    digest,
    classes: ['normal', 'blast'],
    aliases: ['CHAMPION'],
    predictionCount: 0,
    artifactUri: `${services.store.root}models/${modelName}/1/`,
    model: { name: modelName },
  });
  const { files } = data.modelVersion;
  expect(files.map(({ name }: { name: string }) => name)).toEqual([
    'model.json',
    'weights.bin',
    'model.onnx',
    'manifest.json',
  ]);
  expect(files.at(-1)).toMatchObject({ sha256: digest, url: `/files/models/${id}/manifest.json` });
  for (const { name, byteSize } of files) {
    const stored = await services.store.stat(`${artifactPrefix(modelName, 1)}${name}`);
    expect(stored?.byteSize).toBe(byteSize);
  }
});

test('versions are paged, newest first', async () => {
  const modelName = newModel();
  for (const seed of [1, 2, 3]) await registerRandomVersion(services, { modelName, seed });
  const page = async (after: string | null) => {
    const { data } = await services.execute(
      `query ($name: String!, $after: String) { model(name: $name) {
        versions(first: 2, after: $after) { totalCount edges { node { version } } pageInfo { hasNextPage endCursor } } } }`,
      { name: modelName, after },
      engineer,
    );
    return data.model.versions;
  };
  const first = await page(null);
  expect(first).toMatchObject({ totalCount: 3, edges: [{ node: { version: 3 } }, { node: { version: 2 } }] });
  expect(await page(first.pageInfo.endCursor)).toMatchObject({
    edges: [{ node: { version: 1 } }],
    pageInfo: { hasNextPage: false },
  });
});

test('the files of an artifact can be downloaded by viewers who may read models, and only unchanged', async () => {
  const modelName = newModel();
  const { id } = await registerRandomVersion(services, { modelName });
  const context = services.contextOf(await services.createViewer(Role.AUDITOR));
  const { digest, onnx } = randomArtifact();
  const served = await modelFile(context, id, 'model.onnx');
  expect(served && Buffer.compare(served.bytes, onnx)).toBe(0);
  expect(await modelFile(context, id, 'manifest.json')).toMatchObject({ sha256: digest });
  for (const name of ['../1/model.onnx', 'other', 'constructor', '']) {
    expect(await modelFile(context, id, name)).toBeNull();
  }
  expect(await modelFile(context, 'mver_\u0000', 'model.onnx')).toBeNull();
  await expect(modelFile(services.contextOf(null), id, 'model.onnx')).rejects.toThrow('Sign in');

  await services.store.put(`${artifactPrefix(modelName, 1)}model.onnx`, Buffer.from('something else'));
  await expect(modelFile(context, id, 'model.onnx')).rejects.toMatchObject({
    extensions: { code: 'MODEL_FILE_DAMAGED' },
  });
});

test('subscribers to a model get it as it is and after each new champion, also when they subscribe again', async () => {
  const modelName = newModel();
  const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const second = await registerRandomVersion(services, { modelName, seed: 2 });
  const elsewhere = await registerRandomVersion(services, { modelName: newModel() });

  const document = parse(
    `subscription ($name: String!) { championChanged(modelName: $name) { name champion { id } promotions { kind } } }`,
  );
  const watch = (viewer: Viewer | null, name: string) =>
    subscribe({
      schema: services.schema,
      document,
      variableValues: { name },
      contextValue: services.contextOf(viewer),
    });
  expect(await watch(null, modelName)).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
  expect(await watch(engineer, 'nowhere')).toMatchObject({
    errors: [{ extensions: { code: 'NOT_FOUND' } }],
  });

  const heard = await watch(engineer, modelName);
  if (!(Symbol.asyncIterator in heard)) throw new Error('The subscription was refused.');
  const hear = async () => {
    const { value } = await heard.next();
    return JSON.parse(JSON.stringify(value ?? null))?.data.championChanged;
  };

  expect(await hear()).toMatchObject({ champion: { id: first.id }, promotions: [{ kind: 'PROMOTION' }] });
  const next = hear();
  await promote(elsewhere.id);
  await promote(second.id);
  expect(await next).toEqual({
    name: modelName,
    champion: { id: second.id },
    promotions: [{ kind: 'PROMOTION' }, { kind: 'PROMOTION' }],
  });
  const after = hear();
  await rollback(modelName);
  expect(await after).toMatchObject({
    champion: { id: first.id },
    promotions: [{ kind: 'ROLLBACK' }, {}, {}],
  });
  await heard.return(undefined);

  await promote(second.id); // while nobody listens
  const again = await watch(engineer, modelName);
  if (!(Symbol.asyncIterator in again)) throw new Error('The subscription was refused.');
  expect((await again.next()).value?.data).toMatchObject({
    championChanged: { champion: { id: second.id } },
  });
  await again.return(undefined);
});
