import pg from 'pg';

/**
 * Fills a migrated, empty database with `count` predictions over three years and what they refer to, and gathers the
 * statistics that autovacuum would have gathered by then. What correlates in life does here: versions follow one another,
 * each model has its own labels, the doubtful answers are the less confident ones and get reviewed, one case and one
 * image are a program's that never changes them. The same count gives the same history.
 */
export async function fillHistory(url: string, count: number, say: (message: string) => void): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    // Without checking constraints, and with the indices built afterwards, this takes minutes instead of hours.
    await client.query(`SET session_replication_role = replica; SET synchronous_commit = off`);
    await client.query(`SET maintenance_work_mem = '1GB'; SELECT setseed(0.5)`);
    await client.query(PARENTS);
    await client.query(
      `INSERT INTO "Image" (sha256, width, height, "byteSize", "mediaType")
       SELECT ${imageOf('n')}, 224, 224, 50000, 'image/png' FROM generate_series(0, $1::int) n`,
      [Math.ceil(count / IMAGE_REPEATS)],
    );
    say('images are there');

    const { rows: indices } = await client.query<{ name: string; definition: string }>(
      `SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       WHERE i.indrelid = '"Prediction"'::regclass AND NOT i.indisprimary`,
    );
    for (const { name } of indices) await client.query(`DROP INDEX "${name}"`);
    for (let begin = 0; begin < count; begin += BATCH) {
      await client.query(PREDICTIONS, [begin, Math.min(begin + BATCH, count), count]);
      say(`${Math.min(begin + BATCH, count)} predictions are there`);
    }
    for (const { name, definition } of indices) {
      await client.query(definition);
      say(`${name} is built`);
    }
    await client.query(REVIEWS);
    await client.query(`VACUUM (ANALYZE) "Prediction"`);
    await client.query(`VACUUM (ANALYZE) "Review"`);
    await client.query('ANALYZE; CHECKPOINT');
    say('statistics are gathered');
  } finally {
    await client.end();
  }
}

const BATCH = 500_000;
/** How often an image is sent on average. */
const IMAGE_REPEATS = 8;
const BEGIN_MS = Date.UTC(2024, 0, 1);
const YEARS_MS = 3 * 365 * 86_400_000;

const imageOf = (number: string) => `md5('image ' || ${number}) || md5('other ' || ${number})`;

/** The labels of the newest version, which names cell types. */
const CELL_TYPES = `ARRAY['basophil', 'blast', 'monocyte', 'neutrophil (seg)']`;

const PARENTS = `
  INSERT INTO "User" (id, email, "displayName", "passwordHash", roles)
  SELECT 'user_' || md5(n::text), n || '@example.org', 'User ' || n, '', '{CLINICIAN}' FROM generate_series(0, 19) n;
  INSERT INTO "Model" (id, name)
  SELECT 'model_' || md5(name), name FROM unnest(ARRAY['blast', 'lineage', 'granulocyte']) AS name;
  INSERT INTO "ModelVersion" (id, "modelId", version, status, digest, manifest, classes, "positiveLabel", "inputSize",
    "decisionThreshold", "abstentionBand", "modelCard", "cellTypes")
  SELECT 'mver_' || md5(model || version), 'model_' || md5(model), version, 'READY', md5(model || version) || md5(model),
    '{}', classes, classes[2], 224, 0.5, '{0.4,0.6}', '', CASE WHEN model = 'blast' AND version = 3 THEN ${CELL_TYPES} ELSE '{}' END
  FROM (VALUES ('blast', 1, ARRAY['normal', 'blast']), ('blast', 2, ARRAY['normal', 'blast']),
    ('blast', 3, ARRAY['normal', 'blast']), ('lineage', 1, ARRAY['lymphoid', 'myeloid']),
    ('granulocyte', 1, ARRAY['neutrophil', 'eosinophil', 'basophil'])) AS v (model, version, classes)`;

/** Inserts rows $1 to $2 of $3. The confidence is uniform where the model is doubtful, and near 1 elsewhere. */
const PREDICTIONS = `
  INSERT INTO "Prediction" (id, "createdAt", "createdById", "caseReference", "fileName", "imageSha256", "modelVersionId",
    outcome, label, confidence, probabilities, "cellTypes", "cellType", "outOfDistributionScore", "qualityWarnings", evidence,
    "decodeMs", "queueMs", "inferenceMs", "totalMs", reviewed)
  SELECT 'pred_' || lpad(to_hex(ms), 12, '0') || '7' || substr(md5(n::text), 1, 19),
    to_timestamp(ms / 1000.0) + interval '20 ms',
    'user_' || md5(floor(20 * power(r[1], 3))::int::text),
    CASE WHEN r[2] < 0.02 THEN 'demo' WHEN r[2] < 0.6 THEN 'case ' || floor(2000 * power(r[3], 2)) END,
    'cell ' || n || '.png',
    CASE WHEN r[4] < 0.002 THEN ${imageOf('0')} ELSE ${imageOf(`floor(r[5] * $3::int / ${IMAGE_REPEATS})::int`)} END,
    'mver_' || md5(model || version), outcome::"PredictionOutcome", label, confidence,
    ARRAY[1 - confidence, confidence],
    CASE WHEN model = 'blast' AND version = 3 THEN ARRAY[0.05, 0.05, 0.1, 0.8] ELSE '{}' END,
    CASE WHEN model = 'blast' AND version = 3 AND outcome = 'CLASSIFIED' THEN
      CASE WHEN label = 'blast' THEN 'blast' WHEN r[9] < 0.001 THEN 'basophil' WHEN r[9] < 0.2 THEN 'monocyte'
        WHEN r[9] < 0.8 THEN 'neutrophil (seg)' END END,
    CASE outcome WHEN 'OUT_OF_DISTRIBUTION' THEN 1.5 ELSE 0.3 END,
    CASE WHEN r[6] < 0.1 THEN ARRAY['BLURRED'] ELSE '{}' END,
    '\\x08000800'::bytea || decode(repeat(md5(n::text), 16), 'hex'), 2.5, 0.2, 4.5, 9.1,
    outcome = 'INDETERMINATE' AND part < 0.95 AND r[7] < 0.3
  FROM (
    SELECT n, r, ms, part, model, version, outcome,
      CASE model WHEN 'blast' THEN CASE WHEN r[8] < 0.3 THEN 'blast' ELSE 'normal' END
        WHEN 'lineage' THEN CASE WHEN r[8] < 0.4 THEN 'lymphoid' ELSE 'myeloid' END
        ELSE (ARRAY['neutrophil', 'eosinophil', 'basophil'])[1 + floor(3 * power(r[8], 4))::int] END AS label,
      CASE outcome WHEN 'INDETERMINATE' THEN 0.5 + 0.15 * r[9] ELSE 1 - 0.35 * power(r[9], 4) END AS confidence
    FROM (
      SELECT n, r, ms, part,
        CASE WHEN r[10] < 0.1 THEN 'lineage' WHEN r[10] < 0.13 AND part BETWEEN 0.1 AND 0.2 THEN 'granulocyte'
          ELSE 'blast' END AS model,
        CASE WHEN r[10] < 0.1 OR (r[10] < 0.13 AND part BETWEEN 0.1 AND 0.2) THEN 1
          ELSE 1 + (part > 0.3)::int + (part > 0.6)::int END AS version,
        CASE WHEN r[11] < 0.07 THEN 'INDETERMINATE' WHEN r[11] < 0.08 THEN 'OUT_OF_DISTRIBUTION'
          ELSE 'CLASSIFIED' END AS outcome
      FROM (
        SELECT n, n::float / $3::int AS part, ${BEGIN_MS} + (n::float / $3::int * ${YEARS_MS})::bigint AS ms,
          ARRAY(SELECT random() + 0 * n FROM generate_series(1, 11)) AS r
        FROM generate_series($1::int, $2::int - 1) AS n
      ) AS drawn
    ) AS answered
  ) AS labelled ORDER BY n`;

const REVIEWS = `
  INSERT INTO "Review" (id, "createdAt", "predictionId", "reviewerId", label, verdict, "agreesWithModel")
  SELECT 'rev_' || substr(id, 6), "createdAt" + interval '1 day', id, 'user_' || md5('1'), label, verdict, verdict = 'LABEL'
  FROM (
    SELECT id, "createdAt", label,
      (CASE WHEN hashtext(id) % 20 = 0 THEN 'NOT_A_CELL' WHEN hashtext(id) % 500 = 1 THEN 'CANNOT_TELL' ELSE 'LABEL' END)::"ReviewVerdict" AS verdict
    FROM "Prediction" WHERE reviewed
  ) AS reviewed`;
