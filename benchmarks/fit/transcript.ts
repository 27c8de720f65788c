// A fit from start to promotion, through the API of a real server, as a transcript on standard output:
//   node scripts/run.mjs benchmarks/fit/transcript --source ../shared/data/deepapl-discovery [--scanner "blue stain"] [--epochs 12]
// The server trains a base version on every second image of three quarters of the patients. It has never seen the other patients. Their cells are
// drawn as one of the further scanners would show them: 60 cells of half of these patients are classified, reviewed, looked at
// again and fitted. The next 240 cells are of the other half. They are classified before and after the promotion of the fit.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import sharp from 'sharp';
import { z } from 'zod';
import { CloseStack } from '../../server/close-stack.js';
import { loadConfig } from '../../server/config.js';
import { createTestClient } from '../../server/http/testing.js';
import { randomFrom, shuffle } from '../../server/imaging/seeded-random.js';
import { startServer } from '../../server/main.js';

import { type Variant, variantPainter } from '../../training/dataset/variant.js';
import { FURTHER_SCANNERS } from './further-scanners.js';

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    scanner: { type: 'string', default: 'blue stain' },
    epochs: { type: 'string', default: '12' },
  },
});
if (!values.source) throw new Error('--source is required.');
const source = path.resolve(values.source);
const variant = FURTHER_SCANNERS.find(({ name }) => name === values.scanner)?.variant;
if (!variant) throw new Error(`The scanners are: ${FURTHER_SCANNERS.map(({ name }) => name).join(', ')}.`);
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };
const POSITIVE = 'blast';
const MODEL = 'screening';
const REVIEWED = 60;
const NEXT = 240;

interface Cell {
  key: string;
  label: string;
  patient: string;
}

/** Probability of the positive label and outcome of a classified cell. */
interface Answer {
  isPositive: boolean;
  probability: number;
  threshold: string;
  outcome: string;
}

const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' });
const WithId = z.object({ id: z.string() });
const Version = z.object({ id: z.string(), version: z.int() });
const Job = z.object({ status: z.string() });
/** What a mutation returns whose result is not needed, if it succeeded. */
const Done = z.object({ userErrors: z.array(z.unknown()).length(0) });
const Prediction = z.object({
  ...{ id: z.string(), outcome: z.string(), thresholdLabel: z.string() },
  probabilities: z.array(z.object({ label: z.string(), probability: z.number() })),
});
const Estimate = z.object({ estimate: z.number() });
const Rates = z.object({
  ...{ sensitivity: Estimate, specificity: Estimate, balancedAccuracy: Estimate },
  ...{ expectedCalibrationError: z.number(), abstentionRate: z.number() },
});
const Difference = z.object({ estimate: z.number(), interval: z.array(z.number()).nullable() });
const FitFigures = z.object({
  ...{ isClearlyBetter: z.boolean(), notes: z.array(z.string()), before: Rates, after: Rates },
  difference: z.object({ brierScore: Difference, balancedAccuracy: Difference }),
});

const parts = new CloseStack(log);
try {
  await run(variant);
} finally {
  await parts.close();
}

async function run(look: Variant): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-transcript-'));
  parts.add(folder, (it) => rm(it, { recursive: true, force: true }));
  const { training, first, next } = chooseCells(await readCells());
  await writeFolder(path.join(folder, 'sets', 'training'), training, (cell) =>
    readFile(path.join(source, cell.key)),
  );
  const scanned = (cell: Cell) => asScanned(path.join(source, cell.key), look);
  await writeFolder(path.join(folder, 'sets', 'next'), next, scanned);

  const config = loadConfig({
    DATA_DIR: path.join(folder, 'data'),
    PORT: '0',
    WORKER: 'embedded',
    INGEST_ROOTS: path.join(folder, 'sets'),
    DEFAULT_MODEL: MODEL,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    LOG_LEVEL: 'silent',
  });
  const server = parts.add(await startServer(config, log, () => {}), (it) => it.stop());
  const client = createTestClient(server.url);
  await client.signIn(ADMIN);
  /** Runs an operation with one field, and parses what it returns. */
  const api = async <Result>(
    result: z.ZodType<Result>,
    operation: string,
    variables: Record<string, unknown> = {},
  ): Promise<Result> => {
    const answer = await client.graphql(operation, variables);
    const parsed = z.object({ data: z.record(z.string(), result) }).safeParse(answer);
    const [value] = Object.values(parsed.data?.data ?? {});
    if (value === undefined) throw new Error(JSON.stringify(answer));
    return value;
  };
  const finished = async <Result extends { status: string }>(
    result: z.ZodType<Result>,
    operation: string,
    id: string,
  ): Promise<Result> => {
    for (;;) {
      const job = await api(result, operation, { id });
      if (!['QUEUED', 'RUNNING', 'INGESTING'].includes(job.status)) {
        if (job.status !== 'SUCCEEDED' && job.status !== 'READY') throw new Error(JSON.stringify(job));
        return job;
      }
      await sleep(500);
    }
  };
  const ingest = async (name: string) => {
    const input = { name, source: `file:${path.join(folder, 'sets', name)}`, groupsCsv: 'groups.csv' };
    const { datasetSnapshot } = await api(
      z.object({ datasetSnapshot: WithId }),
      `mutation ($input: CreateDatasetSnapshotInput!) { createDatasetSnapshot(input: $input) { datasetSnapshot { id } userErrors { message } } }`,
      { input },
    );
    return finished(
      z.object({
        ...{ id: z.string(), status: z.string() },
        findings: z.array(z.object({ check: z.string(), severity: z.string() })),
      }),
      'query ($id: ID!) { datasetSnapshot(id: $id) { id status itemCount findings { check severity } } }',
      datasetSnapshot.id,
    );
  };

  say(`Base: ${training.length} images of ${patientsOf(training)} patients, unchanged.`);
  const snapshot = await ingest('training');
  const warnings = snapshot.findings.filter(({ severity }) => severity === 'WARNING');
  const { trainingRun } = await api(
    z.object({ trainingRun: WithId }),
    `mutation ($input: StartTrainingInput!) { startTraining(input: $input) { trainingRun { id } userErrors { message } } }`,
    {
      input: {
        ...{ datasetSnapshotId: snapshot.id, modelName: MODEL, positiveLabel: POSITIVE, seed: 1 },
        epochs: Number(values.epochs),
        acknowledgedFindings: warnings.map(({ check }) => check),
      },
    },
  );
  const trained = await finished(
    z.object({ status: z.string(), modelVersion: Version.nullable() }),
    'query ($id: ID!) { trainingRun(id: $id) { status error modelVersion { id version } } }',
    trainingRun.id,
  );
  const base = trained.modelVersion;
  if (!base) throw new Error('The training run made no version.');
  await promote(base.id, 'The first version of this server.', true);
  say(`Version ${base.version} is trained (${values.epochs} epochs) and champion.`);

  say(`\nScanner: ${values.scanner}. None of its patients was in the training data.`);
  const ids: string[] = [];
  for (const cell of first) ids.push((await classify(cell)).id);
  for (const [index, id] of ids.entries()) {
    const label = classOf(first[index]);
    const input = { predictionId: id, label, origin: 'WHOLE_SET', blind: true };
    await api(
      Done,
      `mutation ($input: ReviewPredictionInput!) { reviewPrediction(input: $input) { userErrors { message } } }`,
      { input },
    );
  }
  say(
    `${ids.length} cells of ${patientsOf(first)} patients classified and reviewed (${first.filter(isPositive).length} ${POSITIVE}).`,
  );

  const reviews = { modelName: MODEL };
  await lookAgain(base.id, new Map(ids.map((id, index) => [id, classOf(first[index])])));
  const input = {
    modelVersionId: base.id,
    reviews,
    description: `Fitted to the scanner '${values.scanner}'.`,
  };
  const started = performance.now();
  const { fit } = await api(
    z.object({ fit: WithId }),
    `mutation ($input: FitModelVersionInput!) { fitModelVersion(input: $input) { fit { id } userErrors { message } } }`,
    { input },
  );
  const RATES =
    'sensitivity { estimate } specificity { estimate } balancedAccuracy { estimate } expectedCalibrationError abstentionRate';
  const fitted = await finished(
    z.object({
      ...{ status: z.string(), warnings: z.array(z.string()), fittedVersion: Version.nullable() },
      ...{ cells: z.record(z.string(), z.unknown()), figures: FitFigures.nullable() },
    }),
    `query ($id: ID!) { fit(id: $id) { status error warnings fittedVersion { id version }
      cells { cellCount positiveCount patientCount relabelledCount excluded { reason count } }
      figures { isClearlyBetter notes before { ${RATES} } after { ${RATES} }
        difference { brierScore { estimate interval } balancedAccuracy { estimate interval } } } } }`,
    fit.id,
  );
  const { figures, fittedVersion } = fitted;
  if (!figures || !fittedVersion) throw new Error('The fit made no version.');
  say(`Version ${fittedVersion.version} is fitted in ${seconds(started)}: ${JSON.stringify(fitted.cells)}.`);
  say(`  before ${ratesText(figures.before)}\n  after  ${ratesText(figures.after)}`);
  say(
    `  difference of the Brier score ${JSON.stringify(figures.difference.brierScore)}; clearly better: ${figures.isClearlyBetter}`,
  );
  for (const sentence of [...figures.notes, ...fitted.warnings]) say(`  ${sentence}`);

  say(`\nThe next ${next.length} cells are of ${patientsOf(next)} other patients.`);
  const before = await answersOf(next);
  const { id: nextId } = await ingest('next');
  for (const { id, version } of [base, fittedVersion]) {
    const { evaluation } = await api(
      z.object({ evaluation: WithId }),
      `mutation ($input: EvaluateModelVersionInput!) { evaluateModelVersion(input: $input) { evaluation { id } userErrors { message } } }`,
      { input: { modelVersionId: id, datasetSnapshotId: nextId } },
    );
    await finished(Job, 'query ($id: ID!) { evaluation(id: $id) { status error } }', evaluation.id);
    say(`Version ${version} is evaluated on them.`);
  }
  const gates = await api(
    z.array(z.object({ gate: z.string(), passed: z.boolean(), message: z.string() })),
    'query ($id: ID!) { promotionGates(modelVersionId: $id, alias: CHAMPION) { gate passed message } }',
    { id: fittedVersion.id },
  );
  for (const { gate, passed, message } of gates) say(`  ${passed ? 'passed' : 'FAILED'} ${gate}: ${message}`);
  const isOverridden = gates.some(({ passed }) => !passed);
  await promote(fittedVersion.id, 'Fitted to this scanner.', isOverridden);
  say(
    `Version ${fittedVersion.version} is champion${isOverridden ? ', by an override of the failed gates' : ''}.`,
  );
  const after = await answersOf(next);
  say(`before ${figuresText(before)}\nafter  ${figuresText(after)}`);

  async function promote(modelVersionId: string, reason: string, overrideGates: boolean): Promise<void> {
    const promotion = { modelVersionId, alias: 'CHAMPION', reason, overrideGates };
    await api(
      Done,
      `mutation ($input: PromoteModelVersionInput!) { promoteModelVersion(input: $input) { promotion { id } userErrors { message } } }`,
      { input: promotion },
    );
  }

  async function classify(cell: Cell): Promise<z.infer<typeof Prediction>> {
    const answer = await client.upload(
      `mutation ($image: Upload!, $input: ClassifyInput) { classify(image: $image, input: $input) {
        prediction { id outcome thresholdLabel modelVersion { id } probabilities { label probability } } userErrors { message } } }`,
      await scanned(cell),
      { input: { caseReference: cell.patient } },
    );
    const parsed = z.object({ data: z.object({ classify: z.object({ prediction: Prediction }) }) });
    return parsed.parse(answer).data.classify.prediction;
  }

  async function answersOf(cells: readonly Cell[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const cell of cells) {
      const { outcome, thresholdLabel, probabilities } = await classify(cell);
      const positive = probabilities.find(({ label }) => label === POSITIVE);
      answers.push({
        isPositive: isPositive(cell),
        probability: positive?.probability ?? NaN,
        threshold: thresholdLabel,
        outcome,
      });
    }
    return answers;
  }

  /** The second look: every cell gets its label again, as a reviewer who is right would give it. */
  async function lookAgain(baseId: string, labels: ReadonlyMap<string, string>): Promise<void> {
    const { secondLook, userErrors } = await api(
      z.object({
        secondLook: z
          .object({
            id: z.string(),
            cells: z.array(z.object({ place: z.int(), pictureUrl: z.string() })),
          })
          .nullable(),
        userErrors: z.array(z.object({ message: z.string() })),
      }),
      `mutation ($input: StartSecondLookInput!) { startSecondLook(input: $input) {
        secondLook { id cells { place pictureUrl } } userErrors { message } } }`,
      { input: { modelVersionId: baseId, reviews } },
    );
    if (!secondLook) {
      say(`Second look: ${userErrors[0]?.message}`);
      return;
    }
    for (const { place, pictureUrl } of secondLook.cells) {
      const label = labels.get(/pred_[0-9a-f]+/.exec(pictureUrl)?.[0] ?? '');
      await api(
        Done,
        `mutation ($input: GiveSecondLabelInput!) { giveSecondLabel(input: $input) { userErrors { message } } }`,
        { input: { secondLookId: secondLook.id, place, verdict: 'LABEL', label } },
      );
    }
    const { result } = await api(
      z.object({ result: z.record(z.string(), z.int()) }),
      'query ($id: ID!) { secondLook(id: $id) { result { keptCount changedCount withoutLabelCount } } }',
      { id: secondLook.id },
    );
    say(`Second look at ${secondLook.cells.length} cells, blind: ${JSON.stringify(result)}.`);
  }
}

async function readCells(): Promise<Cell[]> {
  const [, ...lines] = (await readFile(path.join(source, 'metadata.csv'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const [key = '', label = '', , patient = ''] = line.split(',');
    return { key, label, patient };
  });
}

/** Every fourth patient is held out of the training; every second one of these is fitted. */
function chooseCells(cells: readonly Cell[]) {
  const random = randomFrom(1, 'transcript');
  const patients = shuffle([...new Set(cells.map(({ patient }) => patient))].sort(), random);
  const placeOf = new Map(patients.map((patient, place) => [patient, place % 8]));
  const of = (places: readonly number[]) =>
    shuffle(
      cells.filter(({ patient }) => places.includes(placeOf.get(patient) ?? -1)),
      random,
    );
  return {
    training: of([1, 2, 3, 5, 6, 7]).filter((_, index) => index % 2 === 0),
    first: halfPositive(of([0]), REVIEWED),
    next: halfPositive(of([4]), NEXT),
  };
}

/** As many cells of both classes, patients in turn. */
function halfPositive(cells: readonly Cell[], count: number): Cell[] {
  return [true, false].flatMap((positive) => {
    const turn = new Map<string, number>();
    return cells
      .filter((cell) => isPositive(cell) === positive)
      .map((cell) => {
        const place = turn.get(cell.patient) ?? 0;
        turn.set(cell.patient, place + 1);
        return { cell, place };
      })
      .toSorted((a, b) => a.place - b.place)
      .slice(0, count / 2)
      .map(({ cell }) => cell);
  });
}

async function writeFolder(
  folder: string,
  cells: readonly Cell[],
  bytesOf: (cell: Cell) => Promise<Uint8Array>,
) {
  for (const cell of cells) {
    const file = path.join(folder, cell.key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, await bytesOf(cell));
  }
  const rows = cells.map(({ key, patient }) => `${key},${patient}`);
  await writeFile(path.join(folder, 'groups.csv'), `${['file,patient', ...rows].join('\n')}\n`);
}

/** The middle square of an image as a scanner shows it, as a PNG. */
async function asScanned(file: string, look: Variant): Promise<Buffer> {
  const bytes = await readFile(file);
  const { width, height } = await sharp(bytes).metadata();
  const side = Math.min(width, height);
  const part = { left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side };
  const pixels = await sharp(bytes).extract(part).removeAlpha().toColourspace('srgb').raw().toBuffer();
  const levels = new Float32Array(pixels.length);
  variantPainter(side)(pixels, look, levels);
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(Uint8ClampedArray.from(levels, Math.round), { raw }).png().toBuffer();
}

function isPositive(cell: Cell): boolean {
  return cell.label === POSITIVE;
}

function classOf(cell: Cell | undefined): string {
  return cell && isPositive(cell) ? POSITIVE : `not ${POSITIVE}`;
}

function patientsOf(cells: readonly Cell[]): number {
  return new Set(cells.map(({ patient }) => patient)).size;
}

function ratesText({
  sensitivity,
  specificity,
  expectedCalibrationError,
  abstentionRate,
}: z.infer<typeof Rates>): string {
  return (
    `sensitivity ${sensitivity.estimate.toFixed(3)}, specificity ${specificity.estimate.toFixed(3)}, ` +
    `ECE ${expectedCalibrationError.toFixed(3)}, coverage ${(1 - abstentionRate).toFixed(3)}`
  );
}

/** The figures of classified cells, computed from their predictions. */
function figuresText(answers: readonly Answer[]): string {
  const share = (of: readonly Answer[], condition: (answer: Answer) => boolean) =>
    of.length === 0 ? NaN : of.filter(condition).length / of.length;
  const isRight = (answer: Answer) => (answer.threshold === POSITIVE) === answer.isPositive;
  const given = answers.filter(({ outcome }) => outcome === 'CLASSIFIED');
  const bins = Array.from({ length: 10 }, (_, bin) =>
    answers.filter(({ probability }) => Math.min(9, Math.floor(probability * 10)) === bin),
  );
  const miss = (of: readonly Answer[]) =>
    Math.abs(of.reduce((sum, answer) => sum + answer.probability - Number(answer.isPositive), 0));
  const figures = {
    sensitivity: share(
      answers.filter((answer) => answer.isPositive),
      isRight,
    ),
    specificity: share(
      answers.filter((answer) => !answer.isPositive),
      isRight,
    ),
    ECE: bins.reduce((sum, bin) => sum + miss(bin), 0) / answers.length,
    coverage: given.length / answers.length,
    'wrong among the answered': share(given, (answer) => !isRight(answer)),
  };
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(3)}`)
    .join(', ');
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
