import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../api/context.js';
import type { ServedVersions } from './served-versions.js';
import { openEvents } from '../database/events.js';
import { withClient } from '../database/testing.js';
import { openTestServices, type TestServices } from '../graphql/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { type InferencePool, openInferencePool } from '../inference/pool.js';
import { artifactPrefix } from '../storage/keys.js';
import type { ObjectStore } from '../storage/object-store.js';
import { followChampions } from './follow-champions.js';
import { promoteModelVersion } from '../features/models/promotions/promote-model-version.js';
import { reportReplica } from './report-replica.js';
import { registerRandomChampion, registerRandomVersion } from '../features/models/testing.js';

let services: TestServices;
let engineer: Viewer;
let image: Buffer;
let models = 0;

beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer();
  image = await drawSmear().png().toBuffer();
});
afterAll(() => services.close());

const newModel = () => `followed-${++models}`;
const reason = 'A test promotes it';

async function promote(modelVersionId: string, alias: 'CHAMPION' | 'CHALLENGER' = 'CHAMPION') {
  await promoteModelVersion(services.contextOf(engineer), { modelVersionId, alias, reason });
}

/** Follows the champions like another process: with a separate inference pool and, if given, a separate store and events. */
async function withReplica(
  given: Partial<Pick<TestServices, 'store' | 'events' | 'database'>>,
  test: (served: ServedVersions, inference: InferencePool) => Promise<void>,
): Promise<void> {
  const { log } = services;
  const inference = openInferencePool({ threads: 1, queueLimit: 1000, log });
  const served = await followChampions({ ...services, ...given, inference });
  try {
    await test(served, inference);
  } finally {
    await served.close();
    await inference.close();
  }
}

/** The same store with a different `get`. */
const storeThatReads = (get: (key: string) => Promise<Buffer>): ObjectStore =>
  Object.assign(Object.create(services.store) as ObjectStore, { get });

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 15_000; tries++) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error(`This did not come true: ${condition.toString()}`);
}

const stateOf = (served: ServedVersions, modelName: string) =>
  served.readiness().find((model) => model.modelName === modelName);

test('every replica follows a promotion', async () => {
  const modelName = newModel();
  const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const second = await registerRandomVersion(services, { modelName, seed: 2 });
  await withReplica({}, async (one) => {
    await withReplica({}, async (other, pool) => {
      expect(one.champion(modelName)?.id).toBe(first.id);
      await promote(second.id);
      await until(() => [one, other].every((served) => served.champion(modelName)?.id === second.id));
      await other.use(second.id, () => pool.infer(second.id, image));
    });
  });
});

test('a replica that receives no notifications finds a promotion by polling', async () => {
  const modelName = newModel();
  await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const deaf = await openEvents(services.databaseUrl, services.log);
  await withReplica({ events: deaf }, async (served) => {
    await deaf.close();
    const second = await registerRandomVersion(services, { modelName, seed: 2 });
    await promote(second.id);
    await until(() => served.champion(modelName)?.id === second.id);
  });
});

test('a promotion that happens while the event connection is broken is found when it is back', async () => {
  const modelName = newModel();
  await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const second = await registerRandomVersion(services, { modelName, seed: 2 });
  await withReplica({}, async (served) => {
    await services.database.$executeRaw`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'cytograph: events'`;
    await promote(second.id);
    await until(() => served.champion(modelName)?.id === second.id);
  });
});

test('while the database is unavailable the champion continues to answer, and later promotions are found afterwards', async () => {
  const own = await openTestServices();
  try {
    const viewer = await own.createViewer();
    const first = await registerRandomChampion(own.contextOf(viewer), { seed: 1 });
    const second = await registerRandomVersion(own, { seed: 2 });
    const name = new URL(own.databaseUrl).pathname.slice(1);
    const onServer = (sql: string) =>
      withClient(process.env.TEST_POSTGRES_URL ?? '', (client) => client.query(sql));

    await onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    await own.served.refresh();
    expect(own.served.champion('reference')?.id).toBe(first.id);
    await own.served.use(first.id, () => own.inference.infer(first.id, image));

    await onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await until(() =>
      own.database.modelVersion.count().then(
        () => true,
        () => false,
      ),
    );
    await promoteModelVersion(own.contextOf(viewer), {
      modelVersionId: second.id,
      alias: 'CHAMPION',
      reason,
    });
    await until(() => own.served.champion('reference')?.id === second.id);
  } finally {
    await own.close();
  }
});

test('an outdated champion that loads slowly neither delays nor replaces a newer one', async () => {
  const modelName = newModel();
  await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const slow = await registerRandomVersion(services, { modelName, seed: 2 });
  const newest = await registerRandomVersion(services, { modelName, seed: 3 });
  let asked = false;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const store = storeThatReads(async (key) => {
    if (key.startsWith(artifactPrefix(modelName, slow.version))) {
      asked = true;
      await held;
    }
    return services.store.get(key);
  });
  await withReplica({ store }, async (served, pool) => {
    await promote(slow.id);
    await until(() => asked);
    await promote(newest.id);
    await until(() => served.champion(modelName)?.id === newest.id);

    const flips: (string | undefined)[] = [];
    served.onChange(() => flips.push(served.champion(modelName)?.id));
    letGo();
    await served.use(slow.id, async () => undefined); // its load has ended, and callers that waited for it have been notified
    expect(served.champion(modelName)?.id).toBe(newest.id);
    expect(flips).toEqual([]);
    expect(pool.loaded()).toContain(newest.id);
  });
});

test('a model whose champion loads slowly does not delay other models', async () => {
  const [stuck, other] = [newModel(), newModel()];
  await registerRandomChampion(services.contextOf(engineer), { modelName: stuck, seed: 1 });
  await registerRandomChampion(services.contextOf(engineer), { modelName: other, seed: 1 });
  const slow = await registerRandomVersion(services, { modelName: stuck, seed: 2 });
  const second = await registerRandomVersion(services, { modelName: other, seed: 2 });
  let asked = false;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const store = storeThatReads(async (key) => {
    if (key.startsWith(artifactPrefix(stuck, slow.version))) {
      asked = true;
      await held;
    }
    return services.store.get(key);
  });
  await withReplica({ store }, async (served) => {
    await promote(slow.id);
    await until(() => asked);
    await promote(second.id);
    await served.refresh(other);
    expect(served.champion(other)?.id).toBe(second.id);
    letGo();
    await until(() => served.champion(stuck)?.id === slow.id);
  });
});

test('during many promotions in quick succession every request is answered, and the last version stays', async () => {
  const modelName = newModel();
  const versions = [await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 })];
  for (const seed of [2, 3, 4]) versions.push(await registerRandomVersion(services, { modelName, seed }));
  await withReplica({}, async (served, pool) => {
    let promoting = true;
    const answered = new Set<string>();
    const classify = async () => {
      while (promoting) {
        const id = served.champion(modelName)?.id ?? '';
        await served.use(id, () => pool.infer(id, image));
        answered.add(id);
      }
    };
    const answering = Promise.all([classify(), classify()]);
    for (const { id } of [...versions.slice(1), ...versions]) await promote(id);
    const last = versions.at(-1)?.id;
    await until(() => served.champion(modelName)?.id === last && answered.has(last ?? ''));
    promoting = false;
    await answering;
    expect(stateOf(served, modelName)).toMatchObject({ servedVersionId: last, error: null });
  });
});

test('the previous version stays loaded for requests in progress, and is unloaded later', async () => {
  const modelName = newModel();
  const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const later: string[] = [];
  for (const seed of [2, 3, 4, 5, 6]) {
    later.push((await registerRandomVersion(services, { modelName, seed })).id);
  }
  await withReplica({}, async (served, pool) => {
    await served.use(first.id, async () => {
      for (const id of later) {
        await promote(id);
        await until(() => served.champion(modelName)?.id === id);
      }
      expect(pool.loaded()).toContain(first.id);
      await pool.infer(first.id, image);
    });
    await until(() => !pool.loaded().includes(first.id));
    // The current champion stays loaded, and the three previous champions, which may be requested again.
    expect(
      pool
        .loaded()
        .filter((id) => [first.id, ...later].includes(id))
        .sort(),
    ).toEqual(later.slice(1).sort());
  });
});

test('if a version does not load on a replica, the previous version continues to answer there, and the registry records it', async () => {
  const modelName = newModel();
  const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const second = await registerRandomVersion(services, { modelName, seed: 2 });
  let damaged = true;
  const store = storeThatReads(async (key) => {
    const bytes = await services.store.get(key);
    const isHit = damaged && key === `${artifactPrefix(modelName, second.version)}model.onnx`;
    return isHit ? Buffer.from('something else') : bytes;
  });
  const replicas = async () => {
    const { data } = await services.execute(
      `query ($name: String!) { model(name: $name) {
        champion { id } replicas { id name servedVersion { id } servedSince error seenAt challengerVersion { id } challengerError } } }`,
      { name: modelName },
      engineer,
    );
    return data.model.replicas;
  };
  const { database, served: here, log } = services;
  const hereReport = await reportReplica({ database, served: here, log });
  await withReplica({ store }, async (served, pool) => {
    const report = await reportReplica({ database, served, log });
    await promote(second.id);
    await until(() => stateOf(served, modelName)?.error !== null);
    expect(served.champion(modelName)?.id).toBe(first.id);
    await served.use(first.id, () => pool.infer(first.id, image));
    await report.written();
    await hereReport.written();
    expect(await replicas()).toHaveLength(2);
    expect(await replicas()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ servedVersion: { id: second.id }, error: null }),
        expect.objectContaining({
          servedVersion: { id: first.id },
          error: expect.stringContaining('model.onnx'),
        }),
      ]),
    );

    damaged = false; // the load is retried
    await until(() => served.champion(modelName)?.id === second.id);
    await report.written();
    expect((await replicas()).map(({ error }: { error: string | null }) => error)).toEqual([null, null]);
    await report.close();
  });
  expect(await replicas()).toHaveLength(1);
  await hereReport.close();
  expect(await replicas()).toEqual([]);

  // A process that was killed has left its row.
  const killed = { replicaId: 'repl_killed', name: 'killed/1', modelId: first.modelId };
  await services.database.replicaState.create({ data: { ...killed, seenAt: new Date() } });
  expect(await replicas()).toHaveLength(1);
  await services.database.$executeRaw`UPDATE "ReplicaState" SET "seenAt" = "seenAt" - interval '61 s'`;
  expect(await replicas()).toEqual([]);
});

test('a killed process is removed from the registry by the others', async () => {
  const { modelId } = await registerRandomChampion(services.contextOf(engineer), { modelName: newModel() });
  const gone = { replicaId: 'repl_gone', name: 'gone/1', modelId };
  const long = new Date(Date.now() - 3_600_000);
  await services.database.replicaState.create({ data: { ...gone, seenAt: long } });
  const report = await reportReplica(services);
  expect(await services.database.replicaState.count({ where: { replicaId: 'repl_gone' } })).toBe(0);
  await report.close();
});

test('a challenger is loaded beside the champion, and a challenger that does not load does not affect answers', async () => {
  const modelName = newModel();
  const first = await registerRandomChampion(services.contextOf(engineer), { modelName, seed: 1 });
  const second = await registerRandomVersion(services, { modelName, seed: 2 });
  await promote(second.id, 'CHALLENGER');
  const challengerOf = (served: ServedVersions) => served.challengerOf(first.id)?.id;
  await until(() => challengerOf(services.served) === second.id);
  expect(services.served.challengerOf(second.id)).toBeNull();

  const store = storeThatReads(async (key) => {
    if (key.startsWith(artifactPrefix(modelName, second.version))) return Buffer.from('something else');
    return services.store.get(key);
  });
  await withReplica({ store }, async (served) => {
    await until(() => stateOf(served, modelName)?.challengerError !== null);
    expect(stateOf(served, modelName)).toMatchObject({
      championVersionId: first.id,
      servedVersionId: first.id,
      error: null,
      challengerVersionId: null,
      challengerError: expect.stringContaining('manifest.json'),
    });
  });

  await promote(second.id); // becomes the champion and no longer shadows
  await until(() => services.served.champion(modelName)?.id === second.id);
  await services.served.refresh();
  expect(services.served.challengerOf(second.id)).toBeNull();
});
