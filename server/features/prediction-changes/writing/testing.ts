// A process that records predictions, for tests and benchmarks of programs that follow the history:
//   node dist/server/features/prediction-changes/writing/testing.js OPTIONS    a JSON object, see `Options`
// It records with the product's own code: one statement for concurrent predictions, as the API process does, or several
// predictions in one transaction, as the worker does for a folder.
import 'reflect-metadata';
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { grouped } from '../../../concurrency/grouped.js';
import { createDatabase, type Database } from '../../../database/client.js';
import { newId } from '../../../database/ids.js';
import { encodeEvidence } from '../../../pixels/evidence-map.js';
import { WHOLE_IMAGE } from '../../predictions/answer-image.js';
import {
  type NewPrediction,
  recordPredictions,
  recordPredictionsIn,
} from '../../predictions/record-predictions.js';

const Options = z.object({
  databaseUrl: z.string(),
  kind: z.enum(['api', 'folder']),
  /** Rows to record. */
  count: z.number(),
  /** Rows a second, on average. */
  rate: z.number(),
  modelVersionId: z.string(),
  userId: z.string(),
});
export type WriterOptions = z.infer<typeof Options>;

const ROWS_PER_TRANSACTION = 32;
/** The longest time between the first write of a transaction of a folder and its commit, as measured in the worker. */
const LONGEST_COMMIT_MS = 215;

function newPrediction({ modelVersionId, userId }: WriterOptions): NewPrediction {
  const imageSha256 = randomBytes(32).toString('hex');
  return {
    actor: { viewer: { id: userId }, ip: null },
    image: { sha256: imageSha256, width: 64, height: 64, byteSize: 9, mediaType: 'image/png' },
    evidence: encodeEvidence({ height: 8, width: 8, values: Float32Array.from({ length: 64 }, Math.random) }),
    prediction: {
      ...{ id: newId('pred'), imageSha256, modelVersionId, createdById: userId, siteId: null },
      ...{ caseReference: null, fileName: 'cell.png', outcome: 'CLASSIFIED', label: 'blast' },
      ...{ confidence: 0.9, probabilities: [0.1, 0.9], outOfDistributionScore: 0, qualityWarnings: [] },
      ...{ cellTypes: [], cellType: null },
      ...WHOLE_IMAGE,
      frame: [0, 0, 64, 64],
      ...{ repeatOfId: null, decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 3 },
    },
  };
}

/** Records single predictions that arrive at random times, as uploads do. */
async function writeUploads(database: Database, options: WriterOptions): Promise<void> {
  const record = grouped((news: readonly NewPrediction[]) => recordPredictions(database, news));
  const recording: Promise<unknown>[] = [];
  const begun = performance.now();
  let at = 0;
  for (let index = 0; index < options.count; index++) {
    at += (-1000 / options.rate) * Math.log(1 - Math.random());
    await sleep(Math.max(0, at - (performance.now() - begun)));
    recording.push(record(newPrediction(options)));
  }
  await Promise.all(recording);
}

/** Records predictions whose ids were made earlier, in transactions that commit late. */
async function writeFolder(database: Database, options: WriterOptions): Promise<void> {
  const begun = performance.now();
  for (let done = 0; done < options.count; done += ROWS_PER_TRANSACTION) {
    const length = Math.min(ROWS_PER_TRANSACTION, options.count - done);
    const news = Array.from({ length }, () => newPrediction(options));
    await sleep(Math.max(0, (1000 * done) / options.rate - (performance.now() - begun)));
    await database.$transaction(async (tx) => {
      await recordPredictionsIn(tx, news);
      await sleep(randomInt(LONGEST_COMMIT_MS));
    });
  }
}

const options = Options.parse(JSON.parse(process.argv[2] ?? ''));
const database = createDatabase(options.databaseUrl, 5);
await (options.kind === 'api' ? writeUploads : writeFolder)(database, options);
await database.$disconnect();
