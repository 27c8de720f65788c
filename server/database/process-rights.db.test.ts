import pg from 'pg';
import { newId } from './ids.js';
import { grantProcessRights, roleFacts, tableRights } from './process-rights.js';
import { asProcess, createTestDatabase, PROCESS_USER, type TestDatabase, withClient } from './testing.js';

const HEX = 'ab'.repeat(32);

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  const [user, model, version] = [newId('user'), newId('model'), newId('mver')];
  await asRole(
    asProcess(test.url),
    `INSERT INTO "User" ("id", "email", "displayName", "passwordHash") VALUES ('${user}', 'a@example.org', 'A', 'x')`,
    `INSERT INTO "Model" ("id", "name") VALUES ('${model}', 'm')`,
    `INSERT INTO "ModelVersion" ("id", "modelId", "version", "status", "digest", "manifest", "classes", "positiveLabel",
       "inputSize", "decisionThreshold", "abstentionBand", "modelCard")
     VALUES ('${version}', '${model}', 1, 'READY', '${HEX}', '{}', '{no,yes}', 'yes', 96, 0.5, '{0.4,0.6}', '')`,
    `INSERT INTO "Image" ("sha256", "width", "height", "byteSize", "mediaType") VALUES ('${HEX}', 1, 1, 1, 'image/png')`,
    `INSERT INTO "Prediction" ("id", "modelVersionId", "imageSha256", "outcome", "label", "confidence", "probabilities",
       "outOfDistributionScore", "evidence", "decodeMs", "queueMs", "inferenceMs", "totalMs")
     VALUES ('${newId('pred')}', '${version}', '${HEX}', 'CLASSIFIED', 'yes', 0.9, '{0.1,0.9}', 0, '\\x00', 1, 1, 1, 1)`,
  );
});

afterAll(() => test.drop());

/** Runs statements in one transaction, and returns the rows of the last one. */
async function asRole(url: string, ...statements: string[]): Promise<unknown[]> {
  return withClient(url, async (client) => {
    await client.query('BEGIN');
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query<pg.QueryResultRow>(statement));
    await client.query('COMMIT');
    return rows;
  });
}

const asServer = (...statements: string[]) => asRole(asProcess(test.url), ...statements);
const asOwner = (...statements: string[]) => asRole(test.url, ...statements);

it('has a line for every table, so that a new table gets its rights', async () => {
  const rows = await asOwner(`
    SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND relname <> '_prisma_migrations' ORDER BY relname COLLATE "C"`);
  expect(rows).toEqual(
    Object.keys(tableRights)
      .sort()
      .map((name) => ({ name })),
  );
});

describe('the role of the server', () => {
  it.each([
    ['delete predictions', `DELETE FROM "Prediction"`, /"Prediction" is append-only: DELETE is refused/],
    ['change predictions', `UPDATE "Prediction" SET "label" = 'no'`, /"Prediction" is immutable/],
    ['delete images', `DELETE FROM "Image"`, /"Image" is append-only: DELETE is refused/],
    ['delete audit events', `DELETE FROM "AuditEvent"`, /append-only/],
    ['change audit events', `UPDATE "AuditEvent" SET "action" = 'x'`, /permission denied/],
    ['change seals', `UPDATE "AuditSeal" SET "hash" = '${HEX}'`, /permission denied/],
    ['delete promotions', `DELETE FROM "Promotion"`, /permission denied/],
    ['rename models', `UPDATE "Model" SET "name" = 'other'`, /permission denied/],
    ['truncate', `TRUNCATE "SkippedFile"`, /permission denied/],
    ['disable a trigger', `ALTER TABLE "Prediction" DISABLE TRIGGER ALL`, /must be owner/],
    ['bypass triggers', `SET session_replication_role = replica`, /permission denied/],
    [
      'replace a rule',
      `CREATE OR REPLACE FUNCTION is_recorded_erasure() RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
      /permission denied|must be owner/,
    ],
    ['drop a table', `DROP TABLE "Review"`, /must be owner/],
    ['drop the database', `DROP DATABASE "$database"`, /must be owner/],
    ['create a table', `CREATE TABLE other ()`, /permission denied/],
    ['become another role', `SET ROLE postgres`, /permission denied/],
    ['change the list of migrations', `DELETE FROM "_prisma_migrations"`, /permission denied/],
    ['change the queue', `DROP FUNCTION graphile_worker.complete_jobs`, /must be owner/],
  ])('may not %s', async (_, statement, refusal) => {
    const name = new URL(test.url).pathname.slice(1);
    const client = new pg.Client(asProcess(test.url));
    await client.connect();
    await expect(client.query(statement.replace('$database', name))).rejects.toThrow(refusal);
    await client.end();
  });

  it('does not get around a rule with a temporary table in the place of a real one', async () => {
    const attempt = asServer(
      `CREATE TEMPORARY TABLE "AuditEvent" AS
         SELECT 'forged' AS id, 'CASE_ERASED' AS action, 'success' AS outcome, pg_current_xact_id() AS "transactionId"`,
      `SET LOCAL cytograph.erasure = 'forged'`,
      `DELETE FROM "Prediction"`,
    );
    await expect(attempt).rejects.toThrow('"Prediction" is append-only: DELETE is refused');
  });

  it('has exactly the rights of the table, also if it had more before', async () => {
    const before = await roleFacts(asProcess(test.url));
    await asOwner(
      `GRANT ALL ON "Promotion" TO ${PROCESS_USER}`,
      `REVOKE ALL ON "Review" FROM ${PROCESS_USER}`,
    );
    expect((await roleFacts(asProcess(test.url))).lacking).toEqual(['public."Review"']);
    await grantProcessRights(test.url, PROCESS_USER);
    expect(await roleFacts(asProcess(test.url))).toEqual(before);
    await expect(asServer(`DELETE FROM "Promotion"`)).rejects.toThrow('permission denied');
  });

  it('may erase a case if the same transaction records it', async () => {
    const event = newId('aud');
    const rows = await asServer(
      `INSERT INTO "AuditEvent" (id, action, outcome) VALUES ('${event}', 'CASE_ERASED', 'success')`,
      `SET LOCAL cytograph.erasure = '${event}'`,
      `DELETE FROM "Prediction"`,
      `SELECT count(*)::int FROM "Prediction"`,
    );
    expect(rows).toEqual([{ count: 0 }]);
  });
});

describe('every session', () => {
  const triggers = `pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND pg_class.relnamespace = 'public'::regnamespace`;

  it('has every trigger that refuses something, also with session_replication_role', async () => {
    const rows = await asOwner(
      `SELECT tgname AS name FROM ${triggers} AND tgenabled <> 'A' ORDER BY tgname COLLATE "C"`,
    );
    const recording = [
      'BulkClassification_names_case',
      'ClientRequest_remove_expired',
      'Evaluation_failure_announced',
      'Field_names_case',
      'Fit_failure_announced',
      'PredictionChange_notify',
      'Prediction_created',
      'Prediction_erased',
      'Prediction_moved',
      'Prediction_names_case',
      'Promotion_announced',
      'Review_created',
      'Review_marks_prediction',
      'Review_names_case',
      'Review_withdrawn',
      'Review_withdrawn_in_reading',
      'TrainingRun_failure_announced',
    ];
    expect(rows).toEqual(recording.map((name) => ({ name })));
  });

  it('has functions that read the real tables, not temporary ones of the same name', async () => {
    const rows = await asOwner(`
      SELECT proname AS name FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
      WHERE pronamespace = 'public'::regnamespace AND lanname IN ('sql', 'plpgsql')
        AND NOT coalesce('search_path=pg_catalog, public, pg_temp' = ANY(proconfig), false)`);
    expect(rows).toEqual([]);
  });
});
