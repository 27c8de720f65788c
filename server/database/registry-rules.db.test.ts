import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { newId } from './ids.js';
import { createTestDatabase, type TestDatabase, withClient } from './testing.js';

// The registry rules that Postgres itself enforces. The statements run as the role that owns every table and is not a superuser,
// which shows what the server's account could do without changing the tables themselves.

const HEX = 'ab'.repeat(32);
const owner = `owner_${randomUUID().replaceAll('-', '')}`;

let test: TestDatabase;
let ownerUrl: string;
let models = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  const url = new URL(test.url);
  url.username = owner;
  url.password = owner;
  ownerUrl = url.href;
  await withClient(test.url, async (client) => {
    await client.query(`CREATE ROLE ${owner} LOGIN NOSUPERUSER PASSWORD '${owner}'`);
    await client.query(`ALTER SCHEMA public OWNER TO ${owner}`);
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I', tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    for (const { name } of rows) await client.query(`ALTER TABLE ${name} OWNER TO ${owner}`);
  });
});

afterAll(async () => {
  await withClient(test.url, async (client) => {
    await client.query(`REASSIGN OWNED BY ${owner} TO CURRENT_USER`);
    await client.query(`DROP OWNED BY ${owner}`);
    await client.query(`DROP ROLE ${owner}`);
  });
  await test.drop();
});

/** Runs statements as the owner, in one transaction. */
function asOwner(...statements: string[]): Promise<pg.QueryResult<Record<string, unknown>>> {
  return withClient(ownerUrl, async (client) => {
    await client.query('BEGIN');
    let result = await client.query<Record<string, unknown>>('SELECT');
    for (const statement of statements) result = await client.query<Record<string, unknown>>(statement);
    await client.query('COMMIT');
    return result;
  });
}

interface Registered {
  modelId: string;
  versions: string[];
  userIds: string[];
}

/** Creates a separate model for one test, with READY versions and users. */
async function register(count = 2): Promise<Registered> {
  const modelId = newId('model');
  const userIds = [newId('user'), newId('user')];
  const versions = Array.from({ length: count }, () => newId('mver'));
  await asOwner(
    `INSERT INTO "Model" ("id", "name") VALUES ('${modelId}', 'm${++models}')`,
    ...userIds.map(
      (id) =>
        `INSERT INTO "User" ("id", "email", "displayName", "passwordHash") VALUES ('${id}', '${id}', 'x', 'x')`,
    ),
    ...versions.map((id, index) => versionInsert({ id, modelId, version: index + 1 })),
  );
  return { modelId, versions, userIds };
}

const versionInsert = ({
  id,
  modelId,
  version,
  status = 'READY',
}: Record<'id' | 'modelId', string> & { version: number; status?: string }) =>
  `INSERT INTO "ModelVersion" ("id", "modelId", "version", "status", "digest", "manifest", "classes", "positiveLabel",
     "inputSize", "decisionThreshold", "abstentionBand", "modelCard")
   VALUES ('${id}', '${modelId}', ${version}, '${status}', '${HEX}', '{}', '{no,yes}', 'yes', 96, 0.5, '{0.4,0.6}', '')`;

const assignment = (modelId: string, versionId: string, alias = 'CHAMPION') =>
  `INSERT INTO "ModelAliasAssignment" ("modelId", "alias", "modelVersionId") VALUES ('${modelId}', '${alias}', '${versionId}')
   ON CONFLICT ("modelId", "alias") DO UPDATE SET "modelVersionId" = excluded."modelVersionId"`;

interface PromotionRow {
  id?: string;
  kind?: string;
  alias?: string;
  from?: string | null;
  to: string | null;
  requestedBy?: string;
  approval?: string;
  approvedBy?: string;
  createdAt?: string;
}

function promotion(
  modelId: string,
  {
    id,
    kind = 'PROMOTION',
    alias = 'CHAMPION',
    from = null,
    to,
    requestedBy,
    approval,
    approvedBy,
    createdAt,
  }: PromotionRow,
): string {
  const text = (value?: string | null) => (value ? `'${value}'` : 'NULL');
  return `INSERT INTO "Promotion" ("id", "kind", "alias", "modelId", "fromVersionId", "toVersionId", "reason",
      "requestedById", "approvalId", "approvedById", "gateResults", "createdAt")
    VALUES ('${id ?? newId('prom')}', '${kind}', '${alias}', '${modelId}', ${text(from)}, ${text(to)}, 'a test',
      ${text(requestedBy)}, ${text(approval)}, ${text(approvedBy)}, '[]', ${text(createdAt ?? '2020-01-01')})`;
}

const promote = (modelId: string, from: string | null, to: string) =>
  asOwner(promotion(modelId, { from, to }), assignment(modelId, to));

const approve = (id: string, versionId: string, by: string, after: string | null) =>
  `INSERT INTO "PromotionApproval" ("id", "modelVersionId", "afterPromotionId", "approvedById", "comment")
   VALUES ('${id}', '${versionId}', ${after ? `'${after}'` : 'NULL'}, '${by}', 'looks good')`;

it('is not a superuser, and owns the tables', async () => {
  const { rows } = await asOwner(
    `SELECT rolsuper, (SELECT bool_and(tableowner = current_user) FROM pg_tables WHERE schemaname = 'public') AS owns
     FROM pg_roles WHERE rolname = current_user`,
  );
  expect(rows).toEqual([{ rolsuper: false, owns: true }]);
  await expect(asOwner('SET session_replication_role = replica')).rejects.toThrow('permission denied');
});

// ---- history is only appended ----

describe.each(['Promotion', 'PromotionApproval'])('%s, for the owner of the tables,', (table) => {
  let rowsBefore: unknown;
  const rows = async () => (await asOwner(`SELECT * FROM "${table}" ORDER BY "id"`)).rows;

  beforeAll(async () => {
    const { modelId, versions, userIds } = await register(1);
    await promote(modelId, null, versions[0] ?? '');
    await asOwner(approve(newId('appr'), versions[0] ?? '', userIds[0] ?? '', null));
    rowsBefore = await rows();
  });

  it.each([
    ['UPDATE', `UPDATE "${table}" SET "createdAt" = now()`],
    ['UPDATE', `UPDATE "${table}" SET "id" = 'x' WHERE false`],
    ['DELETE', `DELETE FROM "${table}"`],
    ['TRUNCATE', `TRUNCATE "${table}" CASCADE`],
  ])('refuses %s: %s', async (operation, statement) => {
    await expect(asOwner(statement)).rejects.toThrow(`is append-only: ${operation} is refused`);
    expect(await rows()).toEqual(rowsBefore);
  });

  it('refuses changes by a superuser who disables triggers, too', async () => {
    const attempt = withClient(test.url, async (client) => {
      await client.query('SET session_replication_role = replica');
      await client.query(`DELETE FROM "${table}"`);
    });
    await expect(attempt).rejects.toThrow(`"${table}" is append-only: DELETE is refused`);
    expect(await rows()).toEqual(rowsBefore);
  });
});

// ---- which version has an alias ----

describe('an alias', () => {
  it.each(['PENDING', 'REJECTED', 'ARCHIVED'])('cannot be given to a %s version', async (status) => {
    const { modelId } = await register(0);
    const id = newId('mver');
    await asOwner(versionInsert({ id, modelId, version: 1, status }));
    const attempt = asOwner(promotion(modelId, { to: id }), assignment(modelId, id));
    await expect(attempt).rejects.toThrow('foreign key');
    const claimed = `INSERT INTO "ModelAliasAssignment" VALUES ('${modelId}', 'CHAMPION', '${id}', '${status}')`;
    await expect(asOwner(promotion(modelId, { to: id }), claimed)).rejects.toThrow('only_ready');
  });

  it('cannot be given to a version of another model', async () => {
    const [one, other] = [await register(1), await register(1)];
    const [foreign = ''] = other.versions;
    const attempt = asOwner(promotion(one.modelId, { to: foreign }), assignment(one.modelId, foreign));
    await expect(attempt).rejects.toThrow('foreign key');
  });

  it('belongs to one version, which has no other alias', async () => {
    const { modelId, versions } = await register();
    const [first = '', second = ''] = versions;
    await promote(modelId, null, first);
    const twice = `INSERT INTO "ModelAliasAssignment" VALUES ('${modelId}', 'CHAMPION', '${second}')`;
    await expect(asOwner(promotion(modelId, { from: first, to: second }), twice)).rejects.toThrow(
      'duplicate key',
    );
    const both = [
      promotion(modelId, { alias: 'CHALLENGER', to: first }),
      assignment(modelId, first, 'CHALLENGER'),
    ];
    await expect(asOwner(...both)).rejects.toThrow('duplicate key');
  });

  it('keeps its version READY until the version loses it', async () => {
    const { modelId, versions } = await register(1);
    const [version = ''] = versions;
    await promote(modelId, null, version);
    const archive = `UPDATE "ModelVersion" SET "status" = 'ARCHIVED' WHERE "id" = '${version}'`;
    await expect(asOwner(archive)).rejects.toThrow('foreign key');
    await asOwner(
      promotion(modelId, { kind: 'RETIREMENT', from: version, to: null }),
      `DELETE FROM "ModelAliasAssignment" WHERE "modelId" = '${modelId}'`,
    );
    expect((await asOwner(archive)).rowCount).toBe(1);
  });
});

// ---- an alias and its history change together ----

describe('a Promotion is recorded for every change of an alias', () => {
  const TOGETHER = 'An alias changes together with its history';

  it.each([
    ['is assigned', (modelId: string, _first: string, second: string) => assignment(modelId, second)],
    ['is removed', (modelId: string) => `DELETE FROM "ModelAliasAssignment" WHERE "modelId" = '${modelId}'`],
    [
      'is renamed',
      (modelId: string) =>
        `UPDATE "ModelAliasAssignment" SET "alias" = 'CHALLENGER' WHERE "modelId" = '${modelId}'`,
    ],
  ])('without a Promotion it cannot be changed: it %s', async (_, statement) => {
    const { modelId, versions } = await register();
    const [first = '', second = ''] = versions;
    await promote(modelId, null, first);
    await expect(asOwner(statement(modelId, first, second))).rejects.toThrow(TOGETHER);
    const { rows } = await asOwner(
      `SELECT "modelVersionId" FROM "ModelAliasAssignment" WHERE "modelId" = '${modelId}'`,
    );
    expect(rows).toEqual([{ modelVersionId: first }]);
  });

  it('refuses to remove all aliases at once', async () => {
    const attempt = asOwner('TRUNCATE "ModelAliasAssignment"');
    await expect(attempt).rejects.toThrow('changes together with its history: TRUNCATE is refused');
  });

  it('refuses a Promotion without a change', async () => {
    const { modelId, versions } = await register();
    const [first = '', second = ''] = versions;
    await promote(modelId, null, first);
    await expect(asOwner(promotion(modelId, { from: first, to: second }))).rejects.toThrow(TOGETHER);
    await expect(asOwner(promotion(modelId, { from: first, to: first }))).rejects.toThrow(
      'changes_something',
    );
    await expect(asOwner(promotion(modelId, { from: first, to: null }))).rejects.toThrow('leaves_nobody');
  });

  it('requires that each starts from the version that the previous one set', async () => {
    const { modelId, versions } = await register(3);
    const [first = '', second = '', third = ''] = versions;
    await promote(modelId, null, first);
    for (const from of [null, second]) {
      await expect(promote(modelId, from, third)).rejects.toThrow(
        'must start with the version that has the alias',
      );
    }
    await promote(modelId, first, third);
  });

  it('dates each by the clock of the database, later than the previous one, even within one transaction', async () => {
    const { modelId, versions } = await register(3);
    const [first = '', second = '', third = ''] = versions;
    const before = Date.now();
    await promote(modelId, null, first); // each is sent with a date in 2020
    await asOwner(
      promotion(modelId, { from: first, to: second, createdAt: '2100-01-01' }),
      promotion(modelId, { from: second, to: third }),
      assignment(modelId, third),
    );
    const { rows } = await asOwner(
      `SELECT "toVersionId" AS to, "createdAt" AS at FROM "Promotion" WHERE "modelId" = '${modelId}' ORDER BY "createdAt"`,
    );
    expect(rows.map(({ to }) => to)).toEqual([first, second, third]);
    const times = rows.map(({ at }) => (at instanceof Date ? at.getTime() : NaN));
    expect(new Set(times).size).toBe(3);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(before - 1000);
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now() + 1000);
  });
});

// ---- approvals ----

describe('an approval', () => {
  it('is used by another user, for the version that it approves, and names the approver', async () => {
    const { modelId, versions, userIds } = await register();
    const [first = '', second = ''] = versions;
    const [giver = '', promoter = ''] = userIds;
    const approval = newId('appr');
    await asOwner(approve(approval, first, giver, null));
    const use = (row: Partial<PromotionRow>, to = first) =>
      asOwner(
        promotion(modelId, { to, requestedBy: promoter, approval, approvedBy: giver, ...row }),
        assignment(modelId, to),
      );
    await expect(use({ requestedBy: giver })).rejects.toThrow('approved_by_another');
    await expect(use({ approvedBy: promoter, requestedBy: giver })).rejects.toThrow('is for another change');
    await expect(use({}, second)).rejects.toThrow('is for another change');
    await expect(use({ approvedBy: undefined })).rejects.toThrow('is for another change');
    await expect(use({ approval: undefined })).rejects.toThrow('has_approver');
    await expect(
      asOwner(
        promotion(modelId, {
          alias: 'CHALLENGER',
          to: first,
          requestedBy: promoter,
          approval,
          approvedBy: giver,
        }),
        assignment(modelId, first, 'CHALLENGER'),
      ),
    ).rejects.toThrow('approval_is_of_champion');
    await use({});
  });

  it('is no longer valid after the champion has changed, even if it has changed back', async () => {
    const { modelId, versions, userIds } = await register(3);
    const [first = '', second = '', third = ''] = versions;
    const [giver = '', promoter = ''] = userIds;
    const [promotionId, approval] = [newId('prom'), newId('appr')];
    await asOwner(promotion(modelId, { id: promotionId, to: first }), assignment(modelId, first));
    await asOwner(approve(approval, third, giver, promotionId));
    await promote(modelId, first, second);
    await promote(modelId, second, first);
    const late = promotion(modelId, {
      from: first,
      to: third,
      requestedBy: promoter,
      approval,
      approvedBy: giver,
    });
    await expect(asOwner(late, assignment(modelId, third))).rejects.toThrow('is void');
  });
});

it('refuses to change the figures of an evaluation that SUCCEEDED', async () => {
  const { versions } = await register(1);
  const [id, snapshotId] = [newId('eval'), newId('snap')];
  await asOwner(
    `INSERT INTO "DatasetSnapshot" ("id", "name", "version", "status", "source")
     VALUES ('${snapshotId}', '${snapshotId}', 1, 'INGESTING', 'file:/x')`,
    `INSERT INTO "Evaluation" ("id", "status", "modelVersionId", "datasetSnapshotId")
     VALUES ('${id}', 'RUNNING', '${versions[0]}', '${snapshotId}')`,
    `UPDATE "Evaluation" SET "status" = 'SUCCEEDED', "metrics" = '{}' WHERE "id" = '${id}'`,
  );
  const better = `UPDATE "Evaluation" SET "metrics" = '{"auc":1}' WHERE "id" = '${id}'`;
  await expect(asOwner(better)).rejects.toThrow(
    '"Evaluation" that SUCCEEDED is immutable: UPDATE is refused',
  );
  await expect(asOwner(`DELETE FROM "Evaluation" WHERE "id" = '${id}'`)).rejects.toThrow('DELETE is refused');

  const answers = (outcomes: string) =>
    `INSERT INTO "EvaluationAnswers" VALUES ('${id}', '\\x${'00'.repeat(16)}', '{${outcomes}}')`;
  for (const outcomes of ['CLASSIFIED', 'CLASSIFIED,NULL'])
    await expect(asOwner(answers(outcomes))).rejects.toThrow('EvaluationAnswers_one_outcome_each');
  await asOwner(answers('CLASSIFIED,INDETERMINATE'));
  for (const change of [
    `UPDATE "EvaluationAnswers" SET "outcomes" = '{}' WHERE "evaluationId" = '${id}'`,
    `DELETE FROM "EvaluationAnswers" WHERE "evaluationId" = '${id}'`,
    'TRUNCATE "EvaluationAnswers"',
  ])
    await expect(asOwner(change)).rejects.toThrow('"EvaluationAnswers" is append-only');
});

it('uses an index to find which version was champion at a time', async () => {
  const { rows } = await asOwner(
    'SET LOCAL enable_seqscan = off', // the planner's choice for a table this small
    `EXPLAIN SELECT * FROM "Promotion" WHERE "modelId" = 'm' AND "alias" = 'CHAMPION' AND "createdAt" <= now()
     ORDER BY "createdAt" DESC LIMIT 1`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Index Scan Backward using "Promotion_modelId_alias_createdAt_key"');
  expect(plan).not.toContain('Sort');
});
