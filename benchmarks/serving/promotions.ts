import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { monotonicMs } from './clock.js';
import { markedImage } from './images.js';
import { type Answer, measureLoad } from './load.js';
import type { Part } from './report.js';
import { promote } from './site.js';
import { distributionOf } from './statistics.js';
import { type Workbench, withServer } from './workbench.js';

const CLIENTS = 8;
const SECONDS_BETWEEN = 3;
const MOST_P99_RATIO = 1.5;
/** Tolerance: float32 sums depend on the batch. The answers of two versions differ by far more, which is checked. */
const SAME_ANSWER = 1e-4;

/** When a version may have been champion: from the request for its promotion to the response to the next promotion. */
interface Reign {
  versionId: string;
  from: number;
  until: number;
}

/** The correct confidence of the positive label, by version and image. */
type References = ReadonlyMap<string, readonly number[]>;

/** Compares full load during promotions back and forth between two versions with the same load without promotions. */
export async function measurePromotions(bench: Workbench): Promise<Part> {
  const { site, images, token, options, versionIds } = bench;
  const seconds = options.promotions * SECONDS_BETWEEN;
  return withServer(bench, async (server) => {
    const references = await classifyByBoth(bench, server.url);
    const difference = leastDifference(references);
    const load = async (duration: number) =>
      measureLoad([server], await site.postgresPid(), {
        token,
        api: 'graphql',
        clients: CLIENTS,
        images,
        warmUpSeconds: options.seconds / 2,
        until: { seconds: duration },
      });

    bench.say('undisturbed');
    const calm = await load(options.seconds);
    bench.say(`${options.promotions} promotions in ${seconds} s`);
    const begin = monotonicMs();
    const [busy, reigns] = await Promise.all([
      load(seconds),
      sleep((options.seconds * 1000) / 2).then(() => promoteByTurns(bench, server.url, begin)),
    ]);

    const mixed = busy.answers.filter((answer) => !isRight(answer, reigns, references));
    const p99 = [calm, busy].map(
      ({ answers }) => distributionOf(answers.map(({ sentAt, receivedAt }) => receivedAt - sentAt)).p99,
    );
    const [calmP99 = NaN, busyP99 = NaN] = p99;
    const byVersion = versionIds.map((id) => busy.answers.filter(({ versionId }) => versionId === id).length);
    const promotions = reigns.length - 1;
    return {
      rows: [
        {
          figure: `${promotions} promotions in ${seconds} s, ${CLIENTS} clients: failed`,
          measured: [`${busy.failed} of ${busy.answered}`, ...busy.failures.slice(0, 1)].join(': '),
          aim: '0',
          met: busy.failed === 0,
        },
        {
          figure: 'mixed or of the wrong version',
          measured: `${mixed.length} of ${busy.answers.length} (by version ${byVersion.join(' and ')}; least difference between the versions' confidences ${difference.toExponential(1)})`,
          aim: '0',
          met: mixed.length === 0 && difference > 10 * SAME_ANSWER,
        },
        {
          figure: 'p99, undisturbed and with promotions',
          measured: `${calmP99.toFixed(1)} and ${busyP99.toFixed(1)} ms: × ${(busyP99 / calmP99).toFixed(2)}`,
          aim: `≤ × ${MOST_P99_RATIO}`,
          met: busyP99 <= MOST_P99_RATIO * calmP99,
        },
        {
          figure: 'images/s, undisturbed and with promotions',
          measured: [calm, busy].map((it) => (it.answers.length / it.seconds).toFixed(1)).join(' and '),
        },
      ],
      data: {
        promotions,
        seconds,
        failed: busy.failed,
        failures: busy.failures,
        answered: busy.answered,
        mixed: mixed.slice(0, 20),
        mixedCount: mixed.length,
        byVersion,
        leastDifference: difference,
        p99Ms: { undisturbed: calmP99, promoting: busyP99 },
      },
    };
  });
}

/** Each promotion starts at its scheduled time, or when the previous one has been answered if that is later. */
async function promoteByTurns(
  { token, options, versionIds }: Workbench,
  url: string,
  begin: number,
): Promise<Reign[]> {
  const [first, second] = versionIds;
  const reigns: Reign[] = [{ versionId: first, from: begin, until: Infinity }];
  const start = monotonicMs();
  for (let turn = 0; turn < options.promotions; turn++) {
    await sleep(Math.max(0, start + (turn + 0.5) * SECONDS_BETWEEN * 1000 - monotonicMs()));
    const versionId = turn % 2 === 0 ? second : first;
    const from = monotonicMs();
    await promote(url, token, versionId);
    const before = reigns.at(-1);
    if (before) before.until = monotonicMs();
    reigns.push({ versionId, from, until: Infinity });
  }
  return reigns;
}

function isRight(answer: Answer, reigns: readonly Reign[], references: References): boolean {
  const wasChampion = reigns.some(
    ({ versionId, from, until }) =>
      versionId === answer.versionId && from <= answer.receivedAt && until >= answer.sentAt,
  );
  const expected = references.get(answer.versionId ?? '')?.[answer.image] ?? NaN;
  return wasChampion && Math.abs(positive(answer) - expected) <= SAME_ANSWER;
}

/** The answer of each version for each image, requested by the version's id. */
async function classifyByBoth({ images, token, versionIds }: Workbench, url: string): Promise<References> {
  const references = new Map<string, number[]>();
  for (const versionId of versionIds) {
    const answers: number[] = [];
    for (const [index, image] of images.entries())
      answers.push(positive(await classifyBy(url, token, versionId, markedImage(image, 0, index))));
    references.set(versionId, answers);
  }
  return references;
}

const Classified = z.object({
  data: z.object({
    classify: z.object({ prediction: z.object({ label: z.string(), confidence: z.number() }) }),
  }),
});

async function classifyBy(url: string, token: string, modelVersionId: string, image: Buffer) {
  const query =
    'mutation ($image: Upload!, $input: ClassifyInput) { classify(image: $image, input: $input) { prediction { label confidence } } }';
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { image: null, input: { modelVersionId } } }));
  form.set('map', '{"0":["variables.image"]}');
  form.set('0', new Blob([Uint8Array.from(image)]), 'cell.jpg');
  const headers = { authorization: `Bearer ${token}`, 'apollo-require-preflight': 'true' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: form });
  return Classified.parse(await response.json()).data.classify.prediction;
}

/** The probability of 'blast', which is the positive label of both versions. */
function positive({ label, confidence }: { label: string; confidence: number }): number {
  return label === 'blast' ? confidence : 1 - confidence;
}

/** The smallest difference between the answers of two versions, over all images. */
function leastDifference(references: References): number {
  const [one = [], other = []] = [...references.values()];
  return Math.min(...one.map((value, index) => Math.abs(value - (other[index] ?? NaN))));
}
