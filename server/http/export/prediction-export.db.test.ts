import { parse as parseCsv } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { encodeCursor } from '../../api/connection.js';
import type { Viewer } from '../../api/context.js';
import { Role, Scope } from '../../api/permissions.js';
import { constantCellTypes } from '../../artifact/testing.js';
import { newId } from '../../database/ids.js';
import { createApiToken } from '../../features/accounts/create-api-token.js';
import { registerRandomVersion } from '../../features/models/testing.js';
import { reviewPrediction } from '../../features/reviews/review-prediction.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { encodeEvidence } from '../../pixels/evidence-map.js';
import { type HttpServer, serveHttp } from '../serve.js';
import { filterFields } from './prediction-export.js';

const COUNT = 2_500; // three pages
const BEGIN = Date.UTC(2026, 0, 1);
const at = (index: number) => new Date(BEGIN + index * 60_000);
const SHA = ['a', 'b', 'c'].map((digit) => digit.repeat(64));

let services: TestServices;
let server: HttpServer;
let viewer: Viewer;
let version: Awaited<ReturnType<typeof registerRandomVersion>>;
let token: string;
const sites = [newId('site'), newId('site')];
const bulkId = newId('bulk');
let ids: string[];
let caseId: string;

beforeAll(async () => {
  services = await openTestServices({ port: 0, host: '127.0.0.1' });
  server = await serveHttp(services, path.join(services.folder, 'no-web-app'));
  viewer = await services.createViewer();
  const { database } = services;
  const cellTypes = constantCellTypes({ blast: 2, lymphocyte: 1, monocyte: 5 });
  version = await registerRandomVersion(services, { modelName: 'cells', manifest: { cellTypes } });
  await database.site.createMany({ data: sites.map((id, index) => ({ id, name: `Ward ${index}` })) });
  await database.image.createMany({
    data: SHA.map((sha256) => ({ sha256, width: 8, height: 8, byteSize: 9, mediaType: 'image/png' })),
  });
  ids = await record(COUNT, 0);
  ({ id: caseId } = await database.case.findFirstOrThrow({ where: { reference: '=case 3' } }));
  await database.bulkClassification.create({
    data: {
      ...{ id: bulkId, status: 'SUCCEEDED', source: 'file:/cells', modelVersionId: version.id },
      ...{ createdById: viewer.id, doneCount: 1 },
    },
  });
  await database.bulkItem.create({ data: { bulkId, key: 'cell-1.png', predictionId: ids[1] ?? '' } });
  const context = services.contextOf(viewer);
  for (const id of ids.slice(0, 20))
    await reviewPrediction(context, { predictionId: id, label: 'blast', comment: '=SUM(A1)' });
  token = await tokenOf(viewer, Scope.READ_HISTORY);
});
afterAll(async () => {
  await server.close();
  await services.close();
});

/** Records predictions; `first` numbers them. */
async function record(count: number, first: number): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, index) => {
    const number = first + index;
    return {
      ...{ id: newId('pred'), createdAt: at(number), createdById: viewer.id, modelVersionId: version.id },
      siteId: number % 3 === 0 ? (sites[0] ?? null) : number % 3 === 1 ? (sites[1] ?? null) : null,
      caseReference: number % 5 === 0 ? null : `=case ${number % 7}`,
      fileName: `cell-${number}, "left".png`,
      imageSha256: SHA[number % 3] ?? '',
      outcome: number % 4 === 0 ? ('INDETERMINATE' as const) : ('CLASSIFIED' as const),
      label: number % 2 === 0 ? 'blast' : 'normal',
      confidence: 0.5 + (number % 50) / 100,
      probabilities: [0.25, 0.75],
      cellTypes: [0.25, 0.125, 0.625],
      cellType: number % 4 === 3 ? 'monocyte' : null,
      outOfDistributionScore: 0.5,
      qualityWarnings: number % 10 === 0 ? ['BLURRED', 'LOW_CONTRAST'] : [],
      evidence: encodeEvidence({ height: 1, width: 1, values: new Float32Array(1) }),
      ...{ decodeMs: 1, queueMs: 0.5, inferenceMs: 2, totalMs: 4 },
    };
  });
  await services.database.prediction.createMany({ data: rows });
  return rows.map(({ id }) => id);
}

async function tokenOf(owner: Viewer, ...scopes: Scope[]): Promise<string> {
  const { secret } = await createApiToken(services.contextOf(owner), { name: 'export', scopes });
  return secret;
}

const get = (query: string, secret = token) =>
  fetch(`${server.url}/export/predictions?${query}`, { headers: { authorization: `Bearer ${secret}` } });

async function linesOf(query: string, secret = token): Promise<any[]> {
  const response = await get(`format=jsonl&${query}`, secret);
  expect(response.status).toBe(200);
  const text = await response.text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Reads the beginning of an export, and then closes the connection. The trailers if it has been read to the end. */
async function download(query: string, mostBytes = Infinity) {
  return new Promise<{ text: string; headers: any; trailers: any }>((resolve, reject) => {
    const sent = httpRequest(
      `${server.url}/export/predictions?${query}`,
      { headers: { authorization: `Bearer ${token}` } },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const done = () => {
          const text = Buffer.concat(chunks).subarray(0, mostBytes).toString('latin1');
          resolve({ text, headers: response.headers, trailers: response.trailers });
        };
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size < mostBytes) return;
          sent.destroy();
          done();
        });
        response.on('end', done).on('error', () => {});
      },
    );
    sent.on('error', reject).end();
  });
}

const totalOf = async (filter: object, as = viewer): Promise<number> => {
  const query = `query ($filter: PredictionFilter) { predictions(filter: $filter) { totalCount totalCountIsEstimate } }`;
  const { data } = await services.execute(query, { filter }, as);
  expect(data.predictions.totalCountIsEstimate).toBe(false);
  return data.predictions.totalCount;
};

test('the formats have the same rows, oldest first, with everything about a prediction', async () => {
  const response = await download('format=jsonl');
  expect(response.headers['export-rows']).toBe(String(COUNT));
  expect(response.trailers['export-rows-sent']).toBe(String(COUNT));
  expect(response.headers['content-disposition']).toBe('attachment; filename="predictions.jsonl"');
  const rows = await linesOf('');
  expect(rows.map(({ id }) => id)).toEqual(ids);
  const [reviewer] = rows[1].reviews;
  const { classes } = await services.database.modelVersion.findUniqueOrThrow({ where: { id: version.id } });
  expect(rows[1]).toEqual({
    ...{
      id: ids[1],
      createdAt: at(1).toISOString(),
      outcome: 'CLASSIFIED',
      label: 'normal',
      thresholdLabel: 'blast', // its probability is 0.75
      confidence: 0.51,
    },
    probabilities: Object.fromEntries(classes.map((label, index) => [label, [0.25, 0.75][index]])),
    ...{
      outOfDistributionScore: 0.5,
      qualityWarnings: [],
      reviewed: true,
      finalLabel: 'blast',
      finalVerdict: 'LABEL',
    },
    reviews: [
      {
        ...{ id: expect.stringMatching(/^rev_/), createdAt: reviewer.createdAt, reviewerId: viewer.id },
        ...{ label: 'blast', agreesWithModel: false, comment: '=SUM(A1)' },
        ...{ verdict: 'LABEL', cellType: null, blind: false, origin: 'CORRECTION' },
      },
    ],
    ...{ caseReference: '=case 1', fileName: 'cell-1, "left".png', imageSha256: SHA[1], modelName: 'cells' },
    ...{ modelVersion: 1, modelVersionId: version.id, siteId: sites[1], siteName: 'Ward 1' },
    ...{ createdById: viewer.id, createdByName: viewer.displayName, bulkClassificationId: bulkId },
    ...{
      fieldId: null,
      region: null,
      repeatOfId: null,
      decodeMs: 1,
      queueMs: 0.5,
      inferenceMs: 2,
      totalMs: 4,
    },
    ...{ cellType: null, cellTypes: { blast: 0.25, lymphocyte: 0.125, monocyte: 0.625 } },
    cursor: expect.any(String),
  });

  const csv = await (await get('')).arrayBuffer();
  expect([...new Uint8Array(csv).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const records: any[] = parseCsv(Buffer.from(csv), { bom: true, columns: true, record_delimiter: '\r\n' });
  expect(records.map(({ id }) => id)).toEqual(ids);
  expect(Object.keys(records[0])).toEqual(Object.keys(rows[0]));
  expect(records[1]).toMatchObject({
    ...{ caseReference: "'=case 1", fileName: 'cell-1, "left".png', outOfDistributionScore: '0.5' },
    ...{ createdAt: at(1).toISOString(), reviewed: 'true', reviews: JSON.stringify(rows[1].reviews) },
  });
  expect(records[0].caseReference).toBe('');

  const parquet = await (await get('format=parquet')).arrayBuffer();
  const objects = await parquetReadObjects({ file: parquet });
  expect(objects.map(({ createdAt, ...row }) => ({ createdAt: createdAt.toISOString(), ...row }))).toEqual(
    rows.map(({ id, createdAt, ...row }) => ({ createdAt, id, ...row })),
  );
});

describe('the filter', () => {
  const filters: Record<keyof typeof filterFields, () => unknown> = {
    createdAfter: () => at(100).toISOString(),
    createdBefore: () => at(2_000).toISOString(),
    modelVersionId: () => version.id,
    modelName: () => 'cells',
    label: () => 'blast',
    cellType: () => 'monocyte',
    outcome: () => 'INDETERMINATE',
    caseReference: () => '=case 3',
    caseId: () => caseId,
    search: () => ' CELL-1',
    qualityWarning: () => 'LOW_CONTRAST',
    bulkClassificationId: () => bulkId,
    createdById: () => viewer.id,
    reviewed: () => true,
    verdict: () => 'LABEL',
    imageSha256: () => SHA[0],
    siteId: () => sites[0],
    minConfidence: () => 0.6,
    maxConfidence: () => 0.9,
  };

  test('has every field of PredictionFilter', () => {
    const type = services.schema.getType('PredictionFilter');
    if (!type || !('getFields' in type)) throw new Error('The schema has no PredictionFilter.');
    expect(Object.keys(type.getFields()).sort()).toEqual(Object.keys(filterFields).sort());
  });

  test('gives as many rows as the query counts, for each field and for all', async () => {
    const all = Object.fromEntries(Object.entries(filters).map(([name, valueOf]) => [name, valueOf()]));
    const one = Object.entries(all).map(([name, value]) => ({ [name]: value }));
    for (const filter of [...one, { reviewed: false }, { verdict: 'CANNOT_TELL' }, all]) {
      const values = Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]);
      const query = String(new URLSearchParams(values));
      const [rows, total] = [await linesOf(query), await totalOf(filter)];
      expect([query, rows.length]).toEqual([query, total]);
      expect((await get(query)).headers.get('Export-Rows')).toBe(String(total));
    }
  });

  test.each([
    ['format=xlsx', "'format' must be one of csv, jsonl, parquet."],
    ['createdAfter=yesterday', "'createdAfter' must be a time such as 2026-01-31T08:00:00Z."],
    ['minConfidence=high', "'minConfidence' must be a number from 0 to 1, such as 0.95."],
    ['outcome=GOOD', "'outcome' must be one of CLASSIFIED, INDETERMINATE, OUT_OF_DISTRIBUTION."],
    ['reviewed=yes', "'reviewed' must be one of true, false."],
    ['verdict=GOOD', "'verdict' must be one of LABEL, NOT_A_CELL, CANNOT_TELL."],
    ['search=a', "'search' must have 2 to 200 characters, without the white space around it, not 1."],
    ['label=a&label=b', "Send 'label' only once."],
    [
      'colour=red',
      expect.stringMatching(
        /^'colour' is not a parameter of this route\. There are: createdAfter, .*, after\.$/,
      ),
    ],
    ['after=abc', expect.stringContaining("send 'moment' too")],
    ['moment=abc', expect.stringContaining('is not a')],
    [`moment=${encodeCursor(['9:3:', '0', 1])}`, expect.stringContaining('Send the header Export-Moment.')],
    [
      `moment=${encodeCursor(['3:9:5,4', '0', 1])}`,
      expect.stringContaining('Send the header Export-Moment.'),
    ],
    ['moment=WzEsMl0', expect.stringContaining('Send the header Export-Moment.')],
  ])('that is wrong is refused with what would be right: %s', async (query, error) => {
    const response = await get(query);
    expect([response.status, await response.json()]).toEqual([400, { code: 'BAD_USER_INPUT', error }]);
  });
});

let added = COUNT;

test('a CSV or JSON lines file that was cut off continues where it ended, as at its beginning', async () => {
  for (const format of ['csv', 'jsonl'] as const) {
    const whole = await download(`format=${format}`);
    const moment = whole.headers['export-moment'];
    const cut = await download(`format=${format}&moment=${moment}`, Math.floor(whole.text.length * 0.6));
    expect(cut.text.length).toBeLessThan(whole.text.length);
    const end = format === 'csv' ? '\r\n' : '\n';
    const kept = cut.text.slice(0, cut.text.lastIndexOf(end) + end.length);
    const lastLine = kept.trimEnd().split(end).at(-1) ?? '';
    const cursor = format === 'csv' ? lastLine.split(',').at(-1) : JSON.parse(lastLine).cursor;
    // What is added while the client is disconnected is not in the rest.
    const [later = ''] = await record(1, added++);
    await reviewPrediction(services.contextOf(viewer), { predictionId: ids.at(-1) ?? '', label: 'normal' });
    const rest = await download(`format=${format}&moment=${moment}&after=${cursor}`);
    expect(`${kept}${rest.text}`).toBe(whole.text);
    expect(rest.headers['export-rows']).toBe(whole.headers['export-rows']);
    expect((await linesOf('')).map(({ id }) => id)).toContain(later);
  }
  const parquet = await get(
    `format=parquet&moment=${(await get('')).headers.get('Export-Moment')}&after=abc`,
  );
  expect(await parquet.json()).toMatchObject({ error: expect.stringContaining('cannot be continued') });
});

test('an export has what was committed when it began: nothing later, even if it was written earlier', async () => {
  let commit = () => {};
  let written = () => {};
  const isWritten = new Promise<void>((resolve) => (written = resolve));
  const late = newId('pred');
  const committed = services.database.$transaction(async (tx) => {
    const { evidence: _evidence, ...row } = await tx.prediction.findUniqueOrThrow({
      where: { id: ids[0] ?? '' },
    });
    await tx.prediction.create({ data: { ...row, id: late, reviewed: false, repeatOfId: ids[0] ?? null } });
    written();
    await new Promise<void>((resolve) => (commit = resolve));
  });
  await isWritten;
  const total = await totalOf({});
  const begun = await get('format=jsonl');
  expect(begun.headers.get('Export-Rows')).toBe(String(total));
  commit();
  await committed;
  expect(await totalOf({})).toBe(total + 1);
  expect((await begun.text()).trimEnd().split('\n')).toHaveLength(total);

  const moment = begun.headers.get('Export-Moment');
  const again = await linesOf(`moment=${moment}`);
  expect(again).toHaveLength(total);
  expect(again.map(({ id }) => id)).not.toContain(late);
  expect((await linesOf('')).map(({ id }) => id)).toContain(late);
});

test('reviews that come later change neither the rows nor which rows there are', async () => {
  const begun = (await get('reviewed=false')).headers;
  const [moment, total] = [begun.get('Export-Moment'), Number(begun.get('Export-Rows'))];
  const context = services.contextOf(viewer);
  for (const id of ids.slice(30, 40)) await reviewPrediction(context, { predictionId: id, label: 'blast' });
  const rows = await linesOf(`reviewed=false&moment=${moment}`);
  expect(rows).toHaveLength(total);
  expect(rows.filter(({ reviewed, reviews }) => reviewed || reviews.length > 0)).toEqual([]);
  expect(await linesOf('reviewed=false')).toHaveLength(total - 10);
  const reviewed = await linesOf(`reviewed=true&moment=${moment}`);
  expect(reviewed.map(({ id }) => id)).not.toContain(ids[30]);
});

test('an export by verdict has the verdicts of its moment, which give no label', async () => {
  const context = services.contextOf(viewer);
  const say = (ids: string[], verdict: 'NOT_A_CELL' | 'CANNOT_TELL') =>
    Promise.all(
      ids.map((predictionId) => reviewPrediction(context, { predictionId, label: 'normal', verdict })),
    );
  const [labelled, unlabelled] = [ids.slice(0, 5), ids.slice(50, 55)];
  await say([...labelled, ...unlabelled], 'NOT_A_CELL');
  const begun = (await get('verdict=NOT_A_CELL')).headers;
  expect(begun.get('Export-Rows')).toBe('10');
  await say(unlabelled, 'CANNOT_TELL');
  await say(ids.slice(60, 65), 'NOT_A_CELL');

  const rows = await linesOf(`verdict=NOT_A_CELL&moment=${begun.get('Export-Moment')}`);
  expect(rows.map(({ id, finalLabel, finalVerdict }) => [id, finalLabel, finalVerdict])).toEqual([
    ...labelled.map((id) => [id, 'blast', 'NOT_A_CELL']), // the label of the review before
    ...unlabelled.map((id, index) => [id, index % 2 === 0 ? 'blast' : 'normal', 'NOT_A_CELL']), // the model's
  ]);
  const now = await linesOf('verdict=NOT_A_CELL');
  expect(now.map(({ id }) => id)).toEqual([...labelled, ...ids.slice(60, 65)]);
});

test('auditors get no file names, cases and comments, and users only the predictions of their sites', async () => {
  const auditor = await tokenOf(await services.createViewer(Role.AUDITOR), Scope.READ_HISTORY);
  const rows = await linesOf('', auditor);
  expect(rows).toHaveLength(await totalOf({}));
  for (const { caseReference, fileName, reviews } of rows) {
    expect([caseReference, fileName]).toEqual([null, null]);
    for (const { comment } of reviews) expect(comment).toBeNull();
  }
  expect((await get('caseReference=%3Dcase%201', auditor)).status).toBe(403);
  expect((await get('search=case', auditor)).status).toBe(403);

  const limited = await services.createViewer(Role.CLINICIAN);
  await services.database.user.update({
    where: { id: limited.id },
    data: { seesAllSites: false, siteIds: sites.slice(0, 1) },
  });
  const ofSite = { ...limited, seesAllSites: false, siteIds: sites.slice(0, 1) };
  const secret = await tokenOf(limited, Scope.READ_HISTORY);
  const seen = await linesOf('', secret);
  expect(seen).toHaveLength(await totalOf({}, ofSite));
  expect(new Set(seen.map(({ siteName }) => siteName))).toEqual(new Set(['Ward 0']));
  expect((await get(`siteId=${sites[1]}`, secret)).status).toBe(404);

  expect((await get('', await tokenOf(viewer, Scope.INGEST))).status).toBe(403);
  expect((await fetch(`${server.url}/export/predictions`)).status).toBe(401);
});

const lastExportEvent = () =>
  services.database.auditEvent.findFirstOrThrow({
    where: { action: 'PREDICTIONS_EXPORTED' },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });

test('the audit trail does not repeat the count of a moment that the client sends', async () => {
  const moment = (await get('format=csv')).headers.get('Export-Moment') ?? '';
  const [snapshot, offset] = JSON.parse(Buffer.from(moment, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify([snapshot, offset, 0])).toString('base64url');
  expect((await get(`format=csv&moment=${forged}`)).status).toBe(200);
  expect((await lastExportEvent()).detail).toBe('Predictions as csv, continued. Filter: none');
});

test('the audit trail says who took out how many predictions with which filter, without the case', async () => {
  await get('format=parquet&label=blast&caseReference=%3Dcase%203&createdAfter=2026-01-01T00:00:00%2B01:00');
  const event = await lastExportEvent();
  expect(event.actorId).toBe(viewer.id);
  expect(event.casePseudonym).toMatch(/^[0-9a-f]{32}$/);
  expect(event.detail).toMatch(
    /^\d+ predictions as parquet\. Filter: createdAfter 2025-12-31T23:00:00.000Z, label blast, caseReference$/,
  );
});

test('an export of a case by its id has the pseudonym of the case', async () => {
  await (await get('caseReference=%3Dcase%203')).text();
  const byReference = await lastExportEvent();
  await (await get(`caseId=${caseId}&search=cell`)).text();
  const event = await lastExportEvent();
  expect(event.casePseudonym).toBe(byReference.casePseudonym);
  expect(event.casePseudonym).toMatch(/^[0-9a-f]{32}$/);
});

test('the audit trail has no text that was searched for, and the pseudonym where it is a whole case reference', async () => {
  for (const [search, pseudonym] of [
    ['=case 3', /^[0-9a-f]{32}$/],
    ['cell-12', null],
  ] as const) {
    await (await get(`search=${encodeURIComponent(search)}&qualityWarning=BLURRED`)).text();
    const event = await lastExportEvent();
    expect(event.detail).toMatch(/^\d+ predictions? as csv\. Filter: qualityWarning BLURRED, search$/);
    expect(event.casePseudonym).toEqual(pseudonym && expect.stringMatching(pseudonym));
  }
});

test('an export is cut off when the rights of its user change', async () => {
  const { database } = services;
  const user = await services.createViewer(Role.CLINICIAN);
  const secret = await tokenOf(user, Scope.READ_HISTORY);
  const begun = await services.ownerDatabase.$transaction(async (tx) => {
    await tx.$executeRaw`LOCK TABLE "BulkItem"`; // the first page waits for it
    const response = get('format=jsonl', secret);
    while (
      (await database.auditEvent.count({ where: { actorId: user.id, action: 'PREDICTIONS_EXPORTED' } })) === 0
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    await database.user.update({ where: { id: user.id }, data: { roles: [Role.AUDITOR] } });
    return { response };
  });
  const response = await begun.response;
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow(/terminated|unexpected end|aborted/);
});

test('a client of HTTP/1.0 gets the file without the trailer, and HEAD only the headers', async () => {
  const { hostname, port } = new URL(server.url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /export/predictions?caseReference=none HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    let text = '';
    socket
      .on('data', (chunk) => (text += String(chunk)))
      .on('end', () => resolve(text))
      .on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(answer).toMatch(/\r\nExport-Rows: 0\r\n/);
  expect(answer).toMatch(/\r\n\r\n\uFEFFid,createdAt,[\w,]+,cursor\r\n$/);
  expect(answer.toLowerCase()).not.toContain('export-rows-sent');
  const head = await fetch(`${server.url}/export/predictions`, {
    ...{ method: 'HEAD', headers: { authorization: `Bearer ${token}` } },
  });
  expect([head.status, head.headers.get('Export-Rows')]).toEqual([200, String(await totalOf({}))]);
});
