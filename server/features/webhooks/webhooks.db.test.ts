import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { KeyRing } from '../../storage/encryption.js';
import { storedSecret } from '../../storage/stored-secret.js';
import { createSnapshot, digestOf } from '../datasets/testing.js';
import { registerRandomChampion } from '../models/testing.js';
import { cleanUpDeliveries } from './clean-up-deliveries.js';
import { reportMonitoring } from './report-monitoring.js';
import { runWebhooks } from './run-webhooks.js';
import { PAUSES_S, sendDueMessages } from './send-due-messages.js';
import { rotateWebhookSecrets } from './webhook-secret.js';

const NEVER = new AbortController().signal;
const DELIVERY = 'id event status tries responseStatus responseMs error lastTriedAt nextTryAt';

interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}

let services: TestServices;
let admin: Viewer;
let base: string;
let received: Received[] = [];
/** How the receiver answers. */
let answer: (response: ServerResponse, request: IncomingMessage) => void;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += String(chunk)));
  request.on('end', () => {
    received.push({ headers: request.headers, body });
    answer(response, request);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  services = await openTestServices({
    webhookHosts: [`127.0.0.1:${port}`, `localhost:${port}`],
    webhookPrivateAddresses: true,
  });
  admin = await services.createViewer(Role.ADMIN);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await services.close();
});
beforeEach(async () => {
  received = [];
  answer = (response) => response.writeHead(204).end();
  await services.database.webhook.deleteMany();
});

async function call(document: string, variables: object = {}, viewer = admin) {
  const { data, errors } = await services.execute(document, { ...variables }, viewer);
  expect(errors).toEqual([]);
  return data;
}

async function create(input: object = {}, viewer = admin) {
  const whole = { name: 'Alerts', url: `${base}/hook`, events: ['PROMOTION', 'RUN_FAILED'], ...input };
  const { createWebhook } = await call(
    `mutation ($input: CreateWebhookInput!) {
      createWebhook(input: $input) { webhook { id name url events enabled } secret userErrors { code message field } }
    }`,
    { input: whole },
    viewer,
  );
  return createWebhook;
}

const sendTest = (id: string) =>
  call(`mutation ($id: ID!) { testWebhook(id: $id) { delivery { ${DELIVERY} } userErrors { code } } }`, {
    id,
  }).then(({ testWebhook }) => testWebhook.delivery);

async function deliveries() {
  const { webhooks } = await call(
    `{ webhooks { deliveries(first: 50) { totalCount edges { node { ${DELIVERY} } } } } }`,
  );
  return webhooks.flatMap((webhook: any) => webhook.deliveries.edges.map(({ node }: any) => node));
}

const resend = (id: string) =>
  call(`mutation ($id: ID!) { resendWebhookDelivery(id: $id) { delivery { status } userErrors { code } } }`, {
    id,
  }).then(({ resendWebhookDelivery }) => resendWebhookDelivery);

const send = () => sendDueMessages(services, NEVER);

/** Lets the time of the next try come. */
const wait = () =>
  services.database
    .$executeRaw`UPDATE "WebhookDelivery" SET "nextTryAt" = transaction_timestamp() - interval '1 second' WHERE status = 'WAITING'`;

/** Waits until `condition` is true, for at most a minute. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Not true within five minutes: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs `action` while queries of a table fail. */
async function withoutTable(table: string, action: () => Promise<void>): Promise<void> {
  const { ownerDatabase } = services;
  await ownerDatabase.$executeRawUnsafe(`ALTER TABLE "${table}" RENAME TO "Renamed"`);
  try {
    await action();
  } finally {
    await ownerDatabase.$executeRawUnsafe(`ALTER TABLE "Renamed" RENAME TO "${table}"`);
  }
}

/** What docs/webhooks.md asks receivers to do. */
function isGenuine({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const age = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']));
  return (
    age < 300 &&
    headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
  );
}

test('a promotion is reported with a signed message, in the transaction of the promotion', async () => {
  const { webhook, secret } = await create();
  expect(secret).toMatch(/^whsec_/);
  await create({ name: 'Others', events: ['DRIFT'] });
  const off = await create({ name: 'Off' });
  await call(
    'mutation ($input: UpdateWebhookInput!) { updateWebhook(input: $input) { webhook { enabled } } }',
    {
      input: { webhookId: off.webhook.id, enabled: false },
    },
  );
  const { id: versionId } = await registerRandomChampion(services.contextOf(await services.createViewer()));
  expect(await send()).toBe(1);
  const [message] = received;
  if (!message) throw new Error('Nothing was received.');
  expect(isGenuine(message, secret)).toBe(true);
  expect(isGenuine({ ...message, body: message.body.replace('PROMOTION', 'promotion') }, secret)).toBe(false);
  const { id, event, data } = JSON.parse(message.body);
  expect(message.headers['webhook-id']).toBe(id);
  expect(event).toBe('PROMOTION');
  expect(data).toMatchObject({
    ...{ kind: 'PROMOTION', alias: 'CHAMPION', modelName: 'reference' },
    ...{ fromVersion: null, toVersion: 1, toVersionId: versionId },
  });
  expect(await deliveries()).toMatchObject([
    { id, status: 'DELIVERED', tries: 1, responseStatus: 204, error: null, nextTryAt: null },
  ]);
  expect(await send()).toBe(0);

  const events = await services.database.auditEvent.findMany({ where: { entityId: webhook.id } });
  expect(events.map(({ action }) => action)).toEqual(['WEBHOOK_CREATED']);
  expect(JSON.stringify(events)).not.toContain('whsec');
  expect(events[0]?.detail).not.toContain('/hook');
});

test('a failed training run is reported once, without the reason, which may name a file', async () => {
  await create();
  const { id: snapshotId } = await createSnapshot(services.database, [{ image: 'a' }]);
  const model = await services.database.model.upsert({
    where: { name: 'reference' },
    create: { id: newId('model'), name: 'reference' },
    update: {},
  });
  const run = await services.database.trainingRun.create({
    data: {
      ...{ id: newId('run'), status: 'RUNNING', modelId: model.id, datasetSnapshotId: snapshotId },
      ...{ positiveLabel: 'blast', parameters: {}, seed: 1 },
    },
  });
  await services.database.trainingRun.update({
    where: { id: run.id },
    data: { status: 'FAILED', error: 'Anna.png' },
  });
  await services.database.trainingRun.update({ where: { id: run.id }, data: { progress: 0.5 } });
  expect(await send()).toBe(1);
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
    event: 'RUN_FAILED',
    data: { kind: 'TRAINING_RUN', trainingRunId: run.id, modelName: 'reference' },
  });
  expect(received[0]?.body).not.toContain('Anna');
});

test('a failed fit and a failed evaluation are reported once, without the reason', async () => {
  const { database } = services;
  const engineer = await services.createViewer();
  const { id: modelVersionId } = await registerRandomChampion(services.contextOf(engineer), {
    modelName: 'fitted',
  });
  const { id: datasetSnapshotId } = await createSnapshot(database, [{ image: 'a' }]);
  await create({ events: ['RUN_FAILED'] });
  const fit = await database.fit.create({
    data: {
      ...{ id: newId('fit'), status: 'RUNNING', modelVersionId, datasetSnapshotId, createdById: engineer.id },
      ...{ cellsDigest: '0'.repeat(64), warnings: [], counts: {} },
    },
  });
  const evaluation = await database.evaluation.create({
    data: { id: newId('eval'), status: 'RUNNING', modelVersionId, datasetSnapshotId },
  });
  const failed = { status: 'FAILED' as const, error: 'Anna.png' };
  await database.fit.update({ where: { id: fit.id }, data: failed });
  await database.fit.update({ where: { id: fit.id }, data: { doneCount: 1 } });
  expect(await send()).toBe(1);
  await database.evaluation.update({ where: { id: evaluation.id }, data: failed });
  expect(await send()).toBe(1);
  const about = { modelVersionId, modelName: 'fitted' };
  expect(received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { event: 'RUN_FAILED', data: { kind: 'FIT', fitId: fit.id, ...about } },
    { event: 'RUN_FAILED', data: { kind: 'EVALUATION', evaluationId: evaluation.id, ...about } },
  ]);
  expect(received.some(({ body }) => body.includes('Anna'))).toBe(false);
});

test('a message that is not taken is tried again, later each time, until it fails; it can be resent', async () => {
  const { webhook, secret } = await create();
  const { id } = await sendTest(webhook.id);
  answer = (response) => response.writeHead(500).end('x'.repeat(200_000));
  for (const [index, pause] of PAUSES_S.entries()) {
    expect(await send()).toBe(1);
    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({ id, status: 'WAITING', tries: index + 1, responseStatus: 500 });
    const seconds = (Date.parse(delivery.nextTryAt) - Date.parse(delivery.lastTriedAt)) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(pause);
    expect(seconds).toBeLessThan(pause + 60);
    expect(await send()).toBe(0);
    await wait();
  }
  expect(await send()).toBe(1);
  expect((await deliveries())[0]).toMatchObject({
    status: 'FAILED',
    tries: PAUSES_S.length + 1,
    nextTryAt: null,
  });
  await wait();
  expect(await send()).toBe(0);

  answer = (response) => response.writeHead(200).end('ok');
  expect(await resend(id)).toEqual({ delivery: { status: 'WAITING' }, userErrors: [] });
  expect((await resend(id)).userErrors).toEqual([{ code: 'CONFLICT' }]);
  expect((await resend(newId('dlv'))).userErrors).toEqual([{ code: 'NOT_FOUND' }]);
  expect(await send()).toBe(1);
  expect((await deliveries())[0]).toMatchObject({ status: 'DELIVERED', tries: 1, responseStatus: 200 });
  const ids = new Set(received.map(({ headers }) => headers['webhook-id']));
  expect([...ids]).toEqual([id]);
  expect(received.every((message) => isGenuine(message, secret))).toBe(true);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
});

test('a redirect is not followed, an unreachable receiver and one that ends the connection are reported', async () => {
  const { webhook } = await create();
  await sendTest(webhook.id);
  answer = (response) => response.writeHead(302, { location: `${base}/other` }).end();
  await send();
  expect(received).toHaveLength(1);
  expect((await deliveries())[0]).toMatchObject({
    responseStatus: 302,
    error: expect.stringContaining('redirect 302'),
  });
  answer = (response) => response.destroy();
  await wait();
  await send();
  expect((await deliveries())[0]).toMatchObject({
    responseStatus: null,
    error: expect.stringContaining('could not be reached'),
  });
});

test('a host name with a private address gets nothing, unless that is allowed', async () => {
  const { webhook } = await create({ url: base.replace('127.0.0.1', 'localhost') });
  await sendTest(webhook.id);
  expect(await send()).toBe(1);
  expect(received).toHaveLength(1);

  const config = { ...services.config, webhookPrivateAddresses: false };
  const url = base.replace('http://127.0.0.1', 'https://localhost');
  await services.database.webhook.update({ where: { id: webhook.id }, data: { url } });
  await sendTest(webhook.id);
  await sendDueMessages({ ...services, config }, NEVER);
  expect(received).toHaveLength(1);
  const [newest] = await deliveries();
  expect(newest).toMatchObject({
    responseStatus: null,
    error: expect.stringContaining('private or special address'),
  });

  await wait();
  await sendDueMessages({ ...services, config: { ...config, webhookHosts: [] } }, NEVER);
  expect((await deliveries())[0].error).toContain('WEBHOOK_HOSTS is empty');
});

test('a message of a sender that died is sent again, and two senders do not send it twice', async () => {
  const { webhook } = await create();
  await sendTest(webhook.id);
  const dying = new AbortController();
  answer = () => dying.abort(new Error('killed'));
  await expect(sendDueMessages(services, dying.signal)).rejects.toThrow('killed');
  expect((await deliveries())[0]).toMatchObject({ status: 'WAITING', tries: 1, responseStatus: null });
  expect(await send()).toBe(0); // until its lease ends
  await wait();
  answer = (response) => response.writeHead(200).end();
  const counts = await Promise.all([send(), send(), send()]);
  expect(counts.reduce((sum, count) => sum + count)).toBe(1);
  expect(received).toHaveLength(2);
  expect((await deliveries())[0]).toMatchObject({ status: 'DELIVERED', tries: 2 });
});

test('the result of a try that a message was resent during is not recorded for the new try', async () => {
  const { webhook } = await create();
  const { id } = await sendTest(webhook.id);
  const requests: ServerResponse[] = [];
  answer = (response) => void requests.push(response);
  const first = send();
  await until(() => requests.length === 1);
  expect((await resend(id)).userErrors).toEqual([]);
  const again = send();
  await until(() => requests.length === 2);
  requests[0]?.writeHead(500).end();
  await first;
  expect(await deliveries()).toMatchObject([{ id, status: 'WAITING', tries: 1, responseStatus: null }]);
  requests[1]?.writeHead(200).end();
  await again;
  expect(await deliveries()).toMatchObject([{ id, status: 'DELIVERED', tries: 1, responseStatus: 200 }]);
});

test('a receiver that does not answer holds up only its own messages', async () => {
  const slow = await create({ name: 'Slow', url: `${base}/slow` });
  for (let index = 0; index < 12; index += 1) await sendTest(slow.webhook.id);
  const fast = await create({ name: 'Fast' });
  for (let index = 0; index < 3; index += 1) await sendTest(fast.webhook.id);
  const unanswered: ServerResponse[] = [];
  let fastCount = 0;
  let isReleased = false;
  answer = (response, request) => {
    const isSlow = request.url === '/slow';
    if (isSlow && !isReleased) return void unanswered.push(response);
    if (!isSlow) fastCount += 1;
    response.writeHead(204).end();
  };
  const sending = send();
  await until(() => fastCount === 3);
  expect(unanswered.length).toBeLessThan(5);
  await sendTest(fast.webhook.id); // while the first message to the slow receiver is still being sent
  await until(() => fastCount === 4);
  isReleased = true;
  for (const response of unanswered) response.writeHead(204).end();
  await sending;
  // The first message to the slow receiver has no response if the above took longer than a request may. Then it is sent again.
  await wait();
  await send();
  expect(await deliveries()).toEqual(Array(16).fill(expect.objectContaining({ status: 'DELIVERED' })));
});

test('messages do not wait longer than a day for a webhook that is switched off', async () => {
  const names = ['off', 'on'];
  for (const name of names) {
    const { webhook } = await create({ name });
    const enabled = name === 'on';
    await services.database.webhook.update({ where: { id: webhook.id }, data: { enabled } });
    for (const [event, hours] of [
      ['PROMOTION', 23],
      ['RUN_FAILED', 25],
      ['TEST', 25],
    ] as const) {
      await services.database.webhookDelivery.create({
        data: {
          ...{ id: newId('dlv'), webhookId: webhook.id, event, data: {} },
          nextTryAt: new Date(Date.now() - hours * 60 * 60 * 1000),
        },
      });
    }
  }
  await cleanUpDeliveries(services.database);
  const ended = await services.database.webhookDelivery.findMany({
    where: { status: { not: 'WAITING' } },
    select: { event: true, status: true, error: true, webhook: { select: { name: true } } },
  });
  const error = expect.stringContaining('switched off for more than a day');
  expect(ended).toEqual([{ event: 'RUN_FAILED', status: 'FAILED', error, webhook: { name: 'off' } }]);

  await services.database.webhookDelivery.updateMany({
    data: { createdAt: new Date(Date.now() - 31 * 24 * 60 * 60 * 1000) },
  });
  await cleanUpDeliveries(services.database);
  expect(await services.database.webhookDelivery.count()).toBe(5);
});

test('messages are sent while monitoring fails', async () => {
  const { webhook } = await create({ events: ['DRIFT'] });
  await sendTest(webhook.id);
  await withoutTable('ModelAliasAssignment', async () => {
    await expect(reportMonitoring(services.database)).rejects.toThrow('does not exist');
    const webhooks = runWebhooks(services);
    await until(() => received.length === 1).finally(() => webhooks.close());
  });
});

test('a webhook with an unreadable secret fails alone, with the reason', async () => {
  const broken = await create({ name: 'Broken' });
  const { id } = await sendTest(broken.webhook.id);
  const other = await create({ name: 'Other' });
  await sendTest(other.webhook.id);
  const keys = new KeyRing([Buffer.alloc(32, 7)]);
  const secret = storedSecret(keys, `secret of ${String(broken.webhook.id)}`, broken.secret);
  for (const unreadable of [secret, 'encrypted:AAAA', `${secret.slice(0, -8)}AAAAAAA=`]) {
    await services.database.webhook.update({
      where: { id: broken.webhook.id },
      data: { secret: unreadable },
    });
    await wait();
    await send();
  }
  expect(received).toHaveLength(1);
  expect(received.every((message) => isGenuine(message, other.secret))).toBe(true);
  const config = { ...services.config, encryptionKeys: [Buffer.alloc(32, 8)] };
  for (let tries = 4; tries <= PAUSES_S.length + 1; tries += 1) {
    await wait();
    await sendDueMessages({ ...services, config }, NEVER);
  }
  const all = await deliveries();
  expect(all.find((delivery: any) => delivery.id === id)).toMatchObject({
    ...{ status: 'FAILED', tries: PAUSES_S.length + 1, responseStatus: null },
    error: expect.stringContaining('secret of the webhook cannot be read'),
  });
});

test('drift of the champion is reported once a week', async () => {
  const { secret } = await create({ events: ['DRIFT'] });
  const engineer = services.contextOf(await services.createViewer());
  const images = Array.from({ length: 1000 }, (_, index) => ({ image: `drift ${index}` }));
  await services.database.image.createMany({
    data: images.map(({ image }, index) => {
      const side = 60 + (index % 40);
      return {
        sha256: digestOf(image),
        width: side,
        height: side,
        byteSize: 100 * side,
        mediaType: 'image/png',
      };
    }),
  });
  const { id: datasetSnapshotId } = await createSnapshot(services.database, images);
  const { id: versionId, modelId } = await registerRandomChampion(engineer, {
    modelName: 'drifting',
    origin: { datasetSnapshotId },
  });
  const { classes } = await services.database.modelVersion.findUniqueOrThrow({ where: { id: versionId } });
  const shas = Array.from({ length: 1000 }, (_, index) => digestOf(`answered ${index}`));
  await services.database.image.createMany({
    data: shas.map((sha256) => ({ sha256, width: 500, height: 500, byteSize: 9000, mediaType: 'image/png' })),
  });
  await reportMonitoring(services.database);
  expect(await deliveries()).toEqual([]);
  await services.database.prediction.createMany({
    data: shas.map((imageSha256) => ({
      ...{ id: newId('pred'), imageSha256, modelVersionId: versionId, outcome: 'CLASSIFIED' as const },
      ...{ label: classes[0] ?? '', confidence: 0.9, probabilities: [0.9, 0.1], outOfDistributionScore: 0 },
      ...{
        qualityWarnings: [],
        evidence: Buffer.alloc(4),
        decodeMs: 1,
        queueMs: 1,
        inferenceMs: 1,
        totalMs: 1,
      },
    })),
  });
  await reportMonitoring(services.database);
  await reportMonitoring(services.database);
  await send();
  expect(received).toHaveLength(1);
  const [message] = received;
  expect(message && isGenuine(message, secret)).toBe(true);
  const { data } = JSON.parse(message?.body ?? '');
  expect(data).toMatchObject({ modelName: 'drifting', modelVersionId: versionId });
  expect(data.features.map(({ name }: any) => name)).toEqual(['width', 'height', 'byteSize']);
  expect(modelId).toMatch(/^model_/);
});

test('a suggested fit is reported with its reasons', async () => {
  await create({ events: ['FIT_SUGGESTED', 'DRIFT'] });
  const engineer = services.contextOf(await services.createViewer());
  const { id: versionId } = await registerRandomChampion(engineer, { modelName: 'unsuited' });
  const { classes } = await services.database.modelVersion.findUniqueOrThrow({ where: { id: versionId } });
  const sha256 = digestOf('unrecognised');
  await services.database.image.create({
    data: { sha256, width: 50, height: 50, byteSize: 900, mediaType: 'image/png' },
  });
  await services.database.prediction.createMany({
    data: Array.from({ length: 60 }, () => ({
      ...{ id: newId('pred'), imageSha256: sha256, modelVersionId: versionId },
      ...{ outcome: 'OUT_OF_DISTRIBUTION' as const, outOfDistributionScore: 9, label: classes[0] ?? '' },
      ...{ confidence: 0.9, probabilities: [0.9, 0.1], qualityWarnings: [], evidence: Buffer.alloc(4) },
      ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 1 },
    })),
  });
  // Drift cannot be examined, which does not prevent the other report.
  await withoutTable('DatasetItem', async () => {
    await expect(reportMonitoring(services.database)).rejects.toThrow('could not be examined');
  });
  await send();
  expect(received).toHaveLength(1);
  const { event, data } = JSON.parse(received[0]?.body ?? '');
  expect([event, data.modelName]).toEqual(['FIT_SUGGESTED', 'unsuited']);
  expect(data.reasons).toEqual([expect.stringContaining('does not recognise')]);
});

test('only administrators manage webhooks; invalid input is refused; secrets are encrypted', async () => {
  const engineer = await services.createViewer(Role.ML_ENGINEER);
  const { errors } = await services.execute('{ webhooks { id } }', {}, engineer);
  expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  for (const [input, field] of [
    [{ name: ' ' }, 'name'],
    [{ url: 'https://example.org/' }, 'url'],
    [{ events: [] }, 'events'],
    [{ events: ['TEST'] }, 'events'],
  ] as const) {
    expect((await create(input)).userErrors).toMatchObject([{ code: 'INVALID', field: ['input', field] }]);
  }

  const { webhook, secret } = await create();
  const keys = new KeyRing([Buffer.alloc(32, 7)]);
  expect(await rotateWebhookSecrets(services.database, keys)).toBe(1);
  expect(await rotateWebhookSecrets(services.database, keys)).toBe(0);
  const stored = await services.database.webhook.findUniqueOrThrow({ where: { id: webhook.id } });
  expect(stored.secret).not.toContain(secret);
  await sendTest(webhook.id);
  const config = { ...services.config, encryptionKeys: [Buffer.alloc(32, 7)] };
  await sendDueMessages({ ...services, config }, NEVER);
  expect(received.map((message) => isGenuine(message, secret))).toEqual([true]);

  const { updateWebhook } = await call(
    'mutation ($input: UpdateWebhookInput!) { updateWebhook(input: $input) { webhook { name url } secret } }',
    { input: { webhookId: webhook.id, name: 'Renamed', renewSecret: true } },
  );
  expect(updateWebhook.webhook).toEqual({ name: 'Renamed', url: webhook.url });
  expect(updateWebhook.secret).not.toBe(secret);
  const { deleteWebhook } = await call(
    'mutation ($id: ID!) { deleteWebhook(id: $id) { deletedId userErrors { code } } }',
    {
      id: webhook.id,
    },
  );
  expect(deleteWebhook).toEqual({ deletedId: webhook.id, userErrors: [] });
  expect(await services.database.webhookDelivery.count()).toBe(0);
});
