import pg from 'pg';
import type { Prisma } from './generated/client.js';
import { withMigrationLock } from './migrate.js';

// The rights of the process's role: the Postgres role that the server and the worker use. It owns no table, so it cannot drop or
// change a table, disable a trigger or truncate. The owner grants these rights after each migration.

/**
 * What the process's role may do in each table. Grant DELETE and UPDATE only where the code uses them. Where a trigger protects
 * rows from a right listed here, the comment says which change it allows.
 */
export const tableRights: Record<Prisma.ModelName, string> = {
  User: 'SELECT, INSERT, UPDATE',
  UserIdentity: 'SELECT, INSERT, UPDATE ("linkedAt")',
  Site: 'SELECT, INSERT, UPDATE',
  Session: 'SELECT, INSERT, UPDATE, DELETE',
  FreshSignIn: 'SELECT, INSERT, UPDATE, DELETE',
  KnownDevice: 'SELECT, INSERT, UPDATE, DELETE',
  SignInFailures: 'SELECT, INSERT, UPDATE, DELETE',
  SecondFactor: 'SELECT, INSERT, UPDATE, DELETE',
  RecoveryCode: 'SELECT, INSERT, UPDATE, DELETE',
  ApiToken: 'SELECT, INSERT, UPDATE',

  // DELETE only of what the archive has (docs/decisions/0039-archived-audit-events.md).
  AuditEvent: 'SELECT, INSERT, DELETE',
  AuditSeal: 'SELECT, INSERT, DELETE',
  AuditArchive: 'SELECT, INSERT',
  AuditSealer: 'SELECT, UPDATE',
  AuditForwarder: 'SELECT, UPDATE',
  CaseKey: 'SELECT, INSERT, DELETE',

  DatasetSnapshot: 'SELECT, INSERT, UPDATE', // not of READY snapshots
  DatasetItem: 'SELECT, INSERT, DELETE', // of READY snapshots only in a recorded erasure
  DatasetItemReview: 'SELECT, INSERT',
  SkippedFile: 'SELECT, INSERT, DELETE',
  ValidationFinding: 'SELECT, INSERT, DELETE',

  TrainingRun: 'SELECT, INSERT, UPDATE',
  TrainingRunItem: 'SELECT, INSERT',
  TrainingEpoch: 'SELECT, INSERT, UPDATE',
  TrainingSchedule: 'SELECT, INSERT, UPDATE',
  Fit: 'SELECT, INSERT, UPDATE',
  FitCell: 'SELECT, INSERT',
  SecondLook: 'SELECT, INSERT',
  SecondLookCell: 'SELECT, INSERT, UPDATE',
  Reading: 'SELECT, INSERT, UPDATE',
  ReadingCell: 'SELECT, INSERT, UPDATE',
  DoubleReading: 'SELECT, INSERT, UPDATE', // UPDATE: only to lock a row
  JobAttempt: 'SELECT, INSERT, UPDATE, DELETE',

  Model: 'SELECT, INSERT, UPDATE ("description")', // Postgres requires UPDATE of a column to lock a row
  ModelVersion: 'SELECT, INSERT, UPDATE', // the status; what the digest covers is immutable
  ModelAliasAssignment: 'SELECT, INSERT, UPDATE, DELETE', // together with a row of Promotion
  ReplicaState: 'SELECT, INSERT, UPDATE, DELETE',
  Promotion: 'SELECT, INSERT',
  PromotionApproval: 'SELECT, INSERT',
  PromotionApprovalWithdrawal: 'SELECT, INSERT',
  Evaluation: 'SELECT, INSERT, UPDATE', // not after SUCCEEDED
  EvaluationAnswers: 'SELECT, INSERT',

  // DELETE only in a recorded erasure (docs/decisions/0034-recorded-erasure.md).
  Image: 'SELECT, INSERT, UPDATE, DELETE', // UPDATE: the measurements
  Prediction: 'SELECT, INSERT, UPDATE, DELETE', // UPDATE: the mark "reviewed", and evidence in a recorded erasure
  Field: 'SELECT, INSERT, UPDATE, DELETE', // UPDATE: only to lock a row
  Review: 'SELECT, INSERT, UPDATE ("withdrawnAt"), DELETE', // UPDATE: to withdraw it, once
  Case: 'SELECT, INSERT, UPDATE, DELETE', // UPDATE: state, comment and the rules of the differential
  CaseWorker: 'SELECT, INSERT',
  ReportDraft: 'SELECT, INSERT, UPDATE, DELETE',
  Report: 'SELECT, INSERT, DELETE',
  ErasedImage: 'SELECT, INSERT, UPDATE, DELETE',
  ShadowAnswer: 'SELECT, INSERT, DELETE',
  DeviceAnswer: 'SELECT, INSERT, DELETE',
  BulkClassification: 'SELECT, INSERT, UPDATE',
  BulkItem: 'SELECT, INSERT, DELETE',

  SavedView: 'SELECT, INSERT, UPDATE, DELETE',
  Webhook: 'SELECT, INSERT, UPDATE, DELETE',
  WebhookDelivery: 'SELECT, INSERT, UPDATE, DELETE',

  ClientRequest: 'SELECT, INSERT, UPDATE, DELETE', // DELETE: by a trigger, when expired
  PredictionChange: 'SELECT, INSERT',
  PredictionChangeOrder: 'SELECT, UPDATE',
};

const MIGRATIONS = '_prisma_migrations';

/**
 * Gives the role `role` the rights listed above, and those that the queue needs in its schema, and removes all its other rights
 * in these tables. One transaction, so that a running server never lacks a right that it has before and after.
 * @param ownerUrl the database, as the owner of its tables
 */
export async function grantProcessRights(ownerUrl: string, role: string): Promise<void> {
  await withMigrationLock(ownerUrl, async () => {
    const client = new pg.Client(ownerUrl);
    await client.connect();
    try {
      await client.query(grants(pg.escapeIdentifier(role)));
    } finally {
      await client.end();
    }
  });
}

/** Several statements without parameters are one transaction. */
function grants(role: string): string {
  const ofTables = Object.entries({ ...tableRights, [MIGRATIONS]: 'SELECT' }).flatMap(([table, rights]) => [
    `REVOKE ALL ON public."${table}" FROM ${role}`,
    `GRANT ${rights} ON public."${table}" TO ${role}`,
  ]);
  return `${[`GRANT USAGE ON SCHEMA public TO ${role}`, ...ofTables, ...grantsInQueue(role)].join(';\n')};`;
}

/**
 * graphile-worker has row-level security on its tables without a policy, so only their owner sees rows. With this policy, the
 * rights in the tables decide.
 */
function grantsInQueue(role: string): string[] {
  return [
    `GRANT USAGE ON SCHEMA graphile_worker TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA graphile_worker TO ${role}`,
    `REVOKE INSERT, UPDATE, DELETE ON graphile_worker.migrations FROM ${role}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA graphile_worker TO ${role}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA graphile_worker TO ${role}`,
    `DO $$
     DECLARE secured regclass;
     BEGIN
       FOR secured IN
         SELECT oid FROM pg_class t WHERE relnamespace = 'graphile_worker'::regnamespace AND relrowsecurity
           AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = t.oid AND polname = 'cytograph_process')
       LOOP
         EXECUTE format('CREATE POLICY cytograph_process ON %s USING (true)', secured);
       END LOOP;
     END $$`,
  ];
}

/** What a role may do in a database that has Cytograph's tables, or may get them. */
export interface RoleFacts {
  role: string;
  database: string;
  /** Whether the database has Cytograph's tables. */
  hasTables: boolean;
  /** Whether the role owns the tables or is a superuser; without tables, whether it may create them. */
  mayMigrate: boolean;
  /** The tables in which the role lacks a right. */
  lacking: string[];
}

/** Reads what the role of `url` may do. */
export async function roleFacts(url: string): Promise<RoleFacts> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<RoleFacts>(ROLE_FACTS, [JSON.stringify(NEEDED)]);
    const [facts] = rows;
    if (!facts) throw new Error('The query for the rights of the role returned no row.');
    return facts;
  } finally {
    await client.end();
  }
}

/** Pairs of a table and a right in it. The columns of a right are left out. */
const NEEDED = Object.entries(tableRights).flatMap(([table, rights]) =>
  rights
    .split(/,\s*(?=[A-Z])/)
    .map((right) => ({ table: `public."${table}"`, right: right.replace(/ .*/, '') })),
);

const ROLE_FACTS = `
  WITH migrations AS (SELECT to_regclass('public.${MIGRATIONS}') AS oid)
  SELECT current_user AS role, current_database() AS database, migrations.oid IS NOT NULL AS "hasTables",
    CASE WHEN migrations.oid IS NULL
      THEN has_schema_privilege('public', 'CREATE') AND has_database_privilege(current_database(), 'CREATE')
      ELSE (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE pg_class.oid = migrations.oid) END AS "mayMigrate",
    ARRAY(
      SELECT DISTINCT "table" FROM json_to_recordset($1) AS needed ("table" text, "right" text)
      WHERE to_regclass("table") IS NULL
        OR NOT (has_table_privilege(to_regclass("table"), "right")
          OR CASE WHEN "right" = 'DELETE' THEN false ELSE has_any_column_privilege(to_regclass("table"), "right") END)
      ORDER BY 1) AS lacking
  FROM migrations`;
