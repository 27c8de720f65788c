import { parse, subscribe } from 'graphql';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import type { Transaction } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { registerRandomVersion } from '../models/testing.js';
import {
  createImage,
  createPrediction as insertPrediction,
  erasePrediction,
  untilListed,
} from './testing.js';

interface Change {
  cursor: string;
  kind: 'CREATED' | 'REVIEWED' | 'ERASED';
  predictionId: string;
  prediction: { id: string } | null;
  review: { label: string } | null;
}

const FIELDS = 'cursor kind predictionId prediction { id } review { label verdict cellType }';

let services: TestServices;
let clinician: Viewer;
let modelVersionId: string;

beforeAll(async () => {
  services = await openTestServices();
  clinician = await services.createViewer(Role.CLINICIAN);
  modelVersionId = (await registerRandomVersion(services)).id;
  await createImage(services.database);
});
afterAll(() => services.close());

const createPrediction = (database: Pick<Transaction, 'prediction'> = services.database) =>
  insertPrediction(database, { modelVersionId });

async function pageAfter(after: string | null, first = 50) {
  const { data, errors } = await services.execute(
    `query ($after: String, $first: Int) {
      predictionChanges(first: $first, after: $after) { edges { cursor node { ${FIELDS} } } pageInfo { hasNextPage endCursor } }
    }`,
    { after, first },
    clinician,
  );
  expect(errors).toEqual([]);
  const { edges, pageInfo } = data.predictionChanges;
  const nodes = edges.map(({ node }: { node: Change }) => node) as Change[];
  return { nodes, endCursor: pageInfo.endCursor as string, hasNextPage: pageInfo.hasNextPage as boolean };
}

/** A page with at least this many changes. Transactions of other databases of the cluster delay them. */
async function changesAfter(after: string | null, count: number) {
  for (;;) {
    const page = await pageAfter(after, 200);
    if (page.nodes.length >= count) return page;
    await sleep(20);
  }
}

/** The cursor of the last change, when all are listed. */
async function lastChange(): Promise<string> {
  const count = await services.database.predictionChange.count();
  await changesAfter(null, count); // fewer than a page
  const { data } = await services.execute(
    '{ predictionChanges(last: 1) { pageInfo { endCursor } } }',
    {},
    clinician,
  );
  return data.predictionChanges.pageInfo.endCursor;
}

/** Subscribes to the changes after a cursor. */
async function subscribeAfter(after: string | null) {
  const left = new AbortController();
  const events = await subscribe({
    schema: services.schema,
    document: parse(`subscription ($after: String) { predictionChanged(after: $after) { ${FIELDS} } }`),
    variableValues: { after },
    contextValue: services.contextOf(clinician, left.signal),
  });
  if (!(Symbol.asyncIterator in events)) throw new Error(`Refused: ${JSON.stringify(events)}`);
  return {
    next: async (): Promise<Change> => (await events.next()).value?.data?.predictionChanged as Change,
    end: async () => {
      left.abort();
      await events.return(undefined);
    },
  };
}

test('a program that follows the history gets each prediction once, although transactions commit in another order', async () => {
  let after = await lastChange();
  const created: string[] = [];
  let isWriting = true;

  /** Begins transactions that write at once and commit up to 60 ms later. */
  async function write(seed: number): Promise<void> {
    for (let round = 0; round < 15; round++) {
      const ids = await services.database.$transaction(async (tx) => {
        const early = await createPrediction(tx);
        await sleep((seed * 17 + round * 23) % 60);
        return [early, await createPrediction(tx)];
      });
      created.push(...ids);
    }
  }

  const followed: string[] = [];
  async function follow(): Promise<void> {
    for (;;) {
      const { nodes, endCursor } = await pageAfter(after, 7);
      followed.push(...nodes.map(({ predictionId }) => predictionId));
      after = endCursor;
      if (!isWriting && followed.length >= created.length) return;
    }
  }
  const writers = Promise.all([1, 2, 3].map(write)).finally(() => (isWriting = false));
  await Promise.all([writers, follow()]);
  expect(created).toHaveLength(90);
  expect([...followed].sort()).toEqual([...created].sort());
});

test('a change is listed only when no earlier one can still appear', async () => {
  const after = await lastChange();
  let finish = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let begun = () => {};
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  let early = '';
  const open = services.database.$transaction(async (tx) => {
    early = await createPrediction(tx);
    begun();
    await finished;
  });
  await hasBegun;
  const late = await createPrediction();
  expect((await pageAfter(after)).nodes).toEqual([]);
  finish();
  await open;
  expect((await changesAfter(after, 2)).nodes.map(({ predictionId }) => predictionId)).toEqual([early, late]);
});

test('reviews and erasures are changes too', async () => {
  const after = await lastChange();
  const id = await createPrediction();
  const reviewed = await services.execute(
    `mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }`,
    { input: { predictionId: id, label: 'normal', verdict: 'CANNOT_TELL', cellType: 'MONOCYTE' } },
    clinician,
  );
  expect(reviewed.data.reviewPrediction.userErrors).toEqual([]);
  const { nodes, endCursor } = await changesAfter(after, 2);
  expect(nodes).toMatchObject([
    { kind: 'CREATED', prediction: { id }, review: null },
    { kind: 'REVIEWED', prediction: { id }, review: { verdict: 'CANNOT_TELL', cellType: 'MONOCYTE' } },
  ]);

  await erasePrediction(services.database, id);
  expect((await changesAfter(endCursor, 1)).nodes).toMatchObject([
    { kind: 'ERASED', predictionId: id, prediction: null, review: null },
  ]);
  expect((await changesAfter(after, 3)).nodes.map(({ prediction }) => prediction)).toEqual([
    null,
    null,
    null,
  ]);
});

test('the end of the history is a cursor that can be sent again', async () => {
  const end = await lastChange();
  expect(await pageAfter(end)).toEqual({ nodes: [], endCursor: end, hasNextPage: false });
  const id = await createPrediction();
  expect((await changesAfter(end, 1)).nodes.map(({ predictionId }) => predictionId)).toEqual([id]);
});

test('the order continues after the database was restored into another cluster', async () => {
  // A cluster that has had a billion more transactions.
  await services.database.$executeRaw`
    INSERT INTO "PredictionChange" ("place", "kind", "predictionId")
    SELECT max("place") + 1000000000, 'CREATED', ${newId('pred')} FROM "PredictionChange"`;
  const ids = [await createPrediction(), await createPrediction()];
  const count = await services.database.predictionChange.count();
  const all = (await changesAfter(null, count)).nodes.map(({ predictionId }) => predictionId);
  expect(all.slice(-2)).toEqual(ids);
  expect((await pageAfter(await lastChange())).nodes).toEqual([]);
});

test('a subscription continues where it was interrupted', async () => {
  const first = await subscribeAfter(await lastChange());
  const asked = first.next();
  const id = await createPrediction();
  const change = await asked;
  expect(change).toMatchObject({ kind: 'CREATED', prediction: { id } });
  await first.end();

  const missed = [await createPrediction(), await createPrediction()];
  const again = await subscribeAfter(change.cursor);
  expect([(await again.next()).predictionId, (await again.next()).predictionId]).toEqual(missed);
  const live = again.next();
  const last = await createPrediction();
  expect((await live).predictionId).toBe(last);
  await again.end();
});

test('a subscription without a cursor gets what comes from now on', async () => {
  await createPrediction();
  await untilListed(services.database);
  const subscription = await subscribeAfter(null);
  const asked = subscription.next();
  const id = await createPrediction();
  expect((await asked).predictionId).toBe(id);
  await subscription.end();
});

test('a text that is not a cursor of this list is refused', async () => {
  for (const cursor of [
    'nonsense',
    Buffer.from('["2026-01-01T00:00:00.000Z","pred_1"]').toString('base64url'),
    Buffer.from('["12345","6"]').toString('base64url'),
    Buffer.from('["CREATED"]').toString('base64url'),
    Buffer.from('["START","pred_1"]').toString('base64url'),
  ]) {
    const page = await services.execute(
      'query ($after: String) { predictionChanges(after: $after) { pageInfo { endCursor } } }',
      { after: cursor },
      clinician,
    );
    expect(page.errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    await expect(subscribeAfter(cursor)).rejects.toThrow('is not a cursor');
  }
});

test('a cursor of a change that this history does not have is refused, so that nobody follows a restored history unnoticed', async () => {
  const after = Buffer.from(JSON.stringify(['CREATED', newId('pred')])).toString('base64url');
  await expect(subscribeAfter(after)).rejects.toThrow('restored from an earlier backup');
});

test('cursors do not show how many changes there are, which would show the number of predictions at other sites', async () => {
  const id = await createPrediction();
  const cursor = await lastChange();
  expect(JSON.parse(Buffer.from(cursor, 'base64url').toString())).toEqual(['CREATED', id]);
});

test('an empty history has a cursor that all changes follow', async () => {
  const nobodys = { ...clinician, siteIds: [newId('site')], seesAllSites: false };
  const { data } = await services.execute(
    '{ predictionChanges(last: 1) { edges { cursor } pageInfo { endCursor } } }',
    {},
    nobodys,
  );
  expect(data.predictionChanges.edges).toEqual([]);
  const all = await pageAfter(data.predictionChanges.pageInfo.endCursor, 3);
  expect(all.nodes).toEqual((await pageAfter(null, 3)).nodes);
});

test('changes cannot be changed or removed', async () => {
  await createPrediction();
  const { ownerDatabase: database } = services;
  await expect(database.$executeRaw`UPDATE "PredictionChange" SET "place" = 0`).rejects.toThrow(
    'append-only',
  );
  await expect(database.$executeRaw`DELETE FROM "PredictionChange"`).rejects.toThrow('append-only');
});
