import { parse, subscribe } from 'graphql';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import type { Replay } from '../../api/request-limits.js';
import type { Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import type { AppContext } from '../../graphql/app-services.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { UnavailableError } from '../../unavailable-error.js';
import { registerRandomVersion } from '../models/testing.js';
import { reviewPrediction } from '../reviews/review-prediction.js';
import { PredictionChangeFeed } from './prediction-change-feed.js';
import { createImage, createPrediction, erasePrediction, untilListed } from './testing.js';

// What the subscriptions to the history report: after a disconnect, with a filter, and within the limits of the account.

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

type Given = Parameters<typeof createPrediction>[1];
const create = (data: Partial<Given> = {}) =>
  createPrediction(services.database, { modelVersionId, ...data });

const CREATED = `subscription ($after: String, $filter: PredictionFilter) {
  predictionCreated(after: $after, filter: $filter) { id label } }`;
const CHANGED = `subscription ($after: String, $filter: PredictionFilter) {
  predictionChanged(after: $after, filter: $filter) { kind predictionId cursor } }`;

/** Begins a subscription. `ids` are the predictions of its events; it has an error if it was refused. */
async function follow(
  text: string,
  variables: { after?: string | null; filter?: Record<string, unknown> },
  context: Partial<AppContext> = {},
) {
  const left = new AbortController();
  const begun = await subscribe({
    schema: services.schema,
    document: parse(text),
    variableValues: variables,
    contextValue: { ...services.contextOf(clinician, left.signal), ...context },
  });
  if (!(Symbol.asyncIterator in begun)) throw new Error(begun.errors?.[0]?.message);
  const next = async () => {
    const { value } = await begun.next();
    expect(value?.errors).toBeUndefined();
    return value?.data?.predictionCreated ?? value?.data?.predictionChanged;
  };
  const ids = async (count: number) => {
    const events = [];
    for (let index = 0; index < count; index++) events.push(await next());
    return events.map((event: any) => event.id ?? event.predictionId);
  };
  const end = async () => {
    left.abort();
    await begun.return(undefined);
  };
  return { next, ids, end };
}

describe('predictionCreated', () => {
  test('continues after the last prediction received', async () => {
    const first = await follow(CREATED, {});
    const seen = await create();
    expect(await first.ids(1)).toEqual([seen]);
    await first.end();

    const missed = [await create(), await create()];
    const again = await follow(CREATED, { after: seen });
    expect(await again.ids(2)).toEqual(missed);
    const live = await create();
    expect(await again.ids(1)).toEqual([live]);
    await again.end();
  });

  test('continues after a cursor of predictionChanges, or a prediction that was erased since, and leaves out erased ones', async () => {
    const seen = await create();
    const erased = await create();
    const kept = await create();
    for (const id of [seen, erased]) await erasePrediction(services.database, id);
    const cursor = Buffer.from(JSON.stringify(['CREATED', seen])).toString('base64url');
    for (const after of [seen, cursor]) {
      const subscription = await follow(CREATED, { after });
      expect(await subscription.ids(1)).toEqual([kept]);
      await subscription.end();
    }
  });

  test('begins when it is requested, without waiting for its first event to be read', async () => {
    await create();
    await untilListed(services.database);
    const subscription = await follow(CREATED, {});
    const id = await create();
    await untilListed(services.database);
    expect(await subscription.ids(1)).toEqual([id]);
    await subscription.end();
  });

  test('has each of many predictions within a second, although not every one sends an event', async () => {
    const subscription = await follow(CREATED, {});
    for (let index = 0; index < 10; index++) {
      const id = await create();
      const recorded = performance.now();
      expect(await subscription.ids(1)).toEqual([id]);
      expect(performance.now() - recorded).toBeLessThan(1_000);
    }
    await subscription.end();
  });

  test.each<[string, Partial<Given>, Partial<Given>, Record<string, unknown>]>([
    ['label', { label: 'normal' }, {}, { label: 'normal' }],
    ['outcome', { outcome: 'INDETERMINATE' }, {}, { outcome: 'INDETERMINATE' }],
    ['case', { caseReference: 'case 1' }, { caseReference: 'case 2' }, { caseReference: 'case 1' }],
    ['part of a case', { caseReference: 'case 1' }, { caseReference: 'case 2' }, { search: 'SE 1' }],
    ['confidence', { confidence: 0.6 }, {}, { maxConfidence: 0.7 }],
    [
      'both',
      { label: 'normal', confidence: 0.6 },
      { label: 'normal' },
      { label: 'normal', maxConfidence: 0.7 },
    ],
  ])('has only what matches a filter by %s', async (_name, matching, other, filter) => {
    const start = await create();
    const live = await follow(CREATED, { filter });
    await create(other);
    const wanted = [await create(matching)];
    await create(other);
    wanted.push(await create(matching));
    expect(await live.ids(2)).toEqual(wanted);
    await live.end();
    const later = await follow(CREATED, { after: start, filter });
    expect(await later.ids(2)).toEqual(wanted);
    await later.end();
  });

  test('has predictions of a version that its model got after the subscription began', async () => {
    const model = await services.database.model.findFirstOrThrow();
    const subscription = await follow(CREATED, { filter: { modelName: model.name } });
    const version = await registerRandomVersion(services, { modelName: model.name });
    const id = await create({ modelVersionId: version.id });
    expect(await subscription.ids(1)).toEqual([id]);
    await subscription.end();
  });

  test('refuses what it cannot follow', async () => {
    for (const filter of [{ reviewed: false }, { verdict: 'LABEL' }])
      await expect(follow(CREATED, { filter })).rejects.toThrow(
        `cannot filter by '${Object.keys(filter).join('')}'`,
      );
    await expect(follow(CREATED, { filter: { minConfidence: 0.9, maxConfidence: 0.1 } })).rejects.toThrow(
      'must not be above',
    );
    await expect(follow(CREATED, { after: newId('pred') })).rejects.toThrow(
      'is not the id of a prediction of this history',
    );
    await expect(follow(CREATED, { after: 'nonsense' })).rejects.toThrow('is not a cursor');
    const auditor = await services.createViewer(Role.AUDITOR);
    for (const filter of [{ caseReference: 'case 1' }, { search: 'case' }])
      await expect(follow(CREATED, { filter }, { viewer: auditor })).rejects.toThrow('To see images');
  });

  test('records the search for a case', async () => {
    const viewer = await services.createViewer(Role.CLINICIAN);
    const subscription = await follow(CREATED, { filter: { caseReference: 'case 77' } }, { viewer });
    await subscription.end();
    await services.accesses.flush();
    const events = await services.database.auditEvent.findMany({ where: { actorId: viewer.id } });
    expect(events).toMatchObject([{ action: 'CASE_SEARCHED' }]);
  });
});

test('predictionChanged has the changes of predictions that match, and all erasures', async () => {
  const after = Buffer.from(JSON.stringify(['CREATED', await create()])).toString('base64url');
  const wanted = await create({ label: 'normal' });
  const other = await create();
  for (const predictionId of [other, wanted])
    await reviewPrediction(services.contextOf(clinician), { predictionId, label: 'blast', comment: null });
  const erased = await create();
  await erasePrediction(services.database, erased);
  const subscription = await follow(CHANGED, { after, filter: { label: 'normal' } });
  const events: any[] = [];
  for (let index = 0; index < 4; index++) events.push(await subscription.next());
  expect(events.map(({ kind, predictionId }) => [kind, predictionId])).toEqual([
    ['CREATED', wanted],
    ['REVIEWED', wanted],
    ['CREATED', erased],
    ['ERASED', erased],
  ]);
  await subscription.end();
});

test('a subscription ends at once when it is left, also while it waits', async () => {
  await create();
  await untilListed(services.database);
  for (const replay of [
    undefined,
    { page: (read: any) => read(), event: () => new Promise<void>(() => {}) } satisfies Replay,
  ]) {
    const begun = await subscribe({
      schema: services.schema,
      document: parse(CREATED),
      variableValues: { after: replay ? Buffer.from('["START"]').toString('base64url') : null },
      contextValue: { ...services.contextOf(clinician), replay },
    });
    if (!(Symbol.asyncIterator in begun)) throw new Error(begun.errors?.[0]?.message);
    const waiting = begun.next();
    await sleep(100);
    await begun.return(undefined);
    expect(await waiting).toEqual({ done: true, value: undefined });
  }
});

test('predictionCreated leaves out what was erased after it was read', async () => {
  const after = await create();
  const erased = await create();
  const kept = await create();
  await untilListed(services.database);
  let pay = () => {};
  const paid = new Promise<void>((resolve) => (pay = resolve));
  let isReading = () => {};
  const reading = new Promise<void>((resolve) => (isReading = resolve));
  const replay: Replay = {
    page: (read) => read(),
    event: () => {
      isReading();
      return paid;
    },
  };
  const subscription = await follow(CREATED, { after }, { replay });
  const next = subscription.ids(1);
  await reading;
  await erasePrediction(services.database, erased);
  await sleep(600);
  pay();
  expect(await next).toEqual([kept]);
  await subscription.end();
});

describe('a replay', () => {
  /** Counts what a replay asks for; `admit` limits the events. */
  function countedReplay(admit = Infinity) {
    const asked = { pages: 0, events: 0 };
    const replay: Replay = {
      page: (read) => {
        asked.pages++;
        return read();
      },
      event: () => (++asked.events > admit ? new Promise(() => {}) : Promise.resolve()),
    };
    return { asked, replay };
  }

  test('counts every page and every earlier event, and no event that is new', async () => {
    const after = await create();
    for (let index = 0; index < 250; index++) await create();
    await untilListed(services.database);
    const { asked, replay } = countedReplay();
    const subscription = await follow(CREATED, { after }, { replay });
    await subscription.ids(250);
    expect(asked).toEqual({ pages: 3, events: 250 });
    const live = subscription.ids(1);
    await sleep(100);
    const id = await create();
    expect(await live).toEqual([id]);
    expect(asked).toEqual({ pages: 3, events: 250 });
    await subscription.end();
  });

  test('waits while the account has requested too much', async () => {
    const after = await create();
    const ids = [await create(), await create(), await create()];
    await untilListed(services.database);
    const { replay } = countedReplay(2);
    const subscription = await follow(CREATED, { after }, { replay });
    expect(await subscription.ids(2)).toEqual(ids.slice(0, 2));
    const third = subscription.ids(1);
    expect(await Promise.race([third, sleep(500, 'waiting')])).toBe('waiting');
  });
});

describe('many subscribers', () => {
  const limits = { siteIds: [], seesAllSites: true };

  /** The events of subscribers of a feed that reads with `database`. */
  async function followAll(database: Database, count: number) {
    const feed = new PredictionChangeFeed(database, services.events);
    const start = await services.database.predictionChange.findFirstOrThrow({
      orderBy: [{ place: 'desc' }, { id: 'desc' }],
    });
    const ends = new AbortController();
    const following = {
      ...{
        from: { place: String(start.place), id: String(start.id) },
        isReplay: false,
        filter: null,
        limits,
      },
      ...{ replay: { page: (read: any) => read(), event: async () => {} }, signal: ends.signal },
    };
    const events = Array.from({ length: count }, () => feed.changes(following));
    return { events, end: () => ends.abort() };
  }

  test('read each page once together, also while nothing happens', async () => {
    await create();
    await untilListed(services.database);
    let reads = 0;
    const database = services.database.$extends({
      query: {
        $queryRaw: ({ args, query }) => {
          reads++;
          return query(args);
        },
      },
    }) as unknown as Database; // the extension only counts
    const { events, end } = await followAll(database, 50);
    const firsts = events.map((each) => each.next());
    await sleep(1_000);
    const whileIdle = reads;
    expect(whileIdle).toBeLessThan(25); // 50 subscribers that each read separately would need 300
    const begun = performance.now();
    const id = await create();
    const seen = await Promise.all(firsts);
    const seconds = (performance.now() - begun) / 1_000; // long if another database of the cluster has an open transaction
    expect(new Set(seen.map(({ value }) => value?.predictionId))).toEqual(new Set([id]));
    expect(reads - whileIdle).toBeLessThan(25 + 2 * seconds);
    end();
  });

  test('continue when the database is available again', async () => {
    await create();
    await untilListed(services.database);
    let isAvailable = false;
    const database = services.database.$extends({
      query: {
        $queryRaw: ({ args, query }) => {
          if (!isAvailable) throw new UnavailableError('database', 'unreachable');
          return query(args);
        },
      },
    }) as unknown as Database; // the extension only fails
    const { events, end } = await followAll(database, 1);
    const next = events[0]?.next();
    const id = await create();
    await sleep(200);
    isAvailable = true;
    expect((await next)?.value?.predictionId).toBe(id);
    end();
  });
});
