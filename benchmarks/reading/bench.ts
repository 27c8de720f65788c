// How long a reader waits for the next cell of a reading, for a server that runs already (npm start) and has a champion:
//   CYTOGRAPH_PASSWORD=… node scripts/run.mjs benchmarks/reading/bench --url http://localhost:4000 [--email E] [--cells 100] [--images FOLDER] [--wait 0]
// Classifies cells as a new case: drawn ones, or the images of a folder. Then reads them in Chromium with the keyboard, --wait milliseconds
// after each cell is shown. Prints the time from the key to the next picture on the screen, and the time for the whole reading, which includes
// saving every decision.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { z } from 'zod';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { CHROMIUM_ARGUMENTS, findChromium } from '../chromium.js';
import { readCells } from './read-cells.js';

/** 100 cells in four minutes. */
const MOST_MS_PER_CELL = 2_400;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:4000' },
    email: { type: 'string', default: 'admin@cytograph.local' },
    cells: { type: 'string', default: '100' },
    images: { type: 'string' },
    wait: { type: 'string', default: '0' },
  },
});
const password = process.env.CYTOGRAPH_PASSWORD;
if (password === undefined) throw new Error('Set CYTOGRAPH_PASSWORD to the password of the account.');
const headers: Record<string, string> = { 'Apollo-Require-Preflight': 'true' };

await signIn({ email: values.email, password });
const size = Number(values.cells);
const reference = `Reading ${new Date().toISOString()}`;
console.log(`Classifying ${size} cells …`);
for await (const { name, bytes } of images(size)) await classify(name, bytes);
const readingId = await startReading();

const browser = await chromium.launch({
  executablePath: await findChromium(),
  args: CHROMIUM_ARGUMENTS,
});
const { waits, ms } = await readCells(browser, {
  address: new URL(`/readings/${readingId}`, values.url).href,
  cookie: headers.Cookie ?? '',
  cells: size,
  waitMs: Number(values.wait),
});
await browser.close();
console.table({
  'key to the next cell (ms)': {
    p50: quantile(waits, 0.5),
    p95: quantile(waits, 0.95),
    most: quantile(waits, 1),
  },
});
console.log(
  `${size} cells in ${(ms / 1000).toFixed(1)} s, ${Math.round(ms / size)} ms a cell. ` +
    `The reader has ${MOST_MS_PER_CELL} ms for each if 100 cells take four minutes.`,
);

async function api<Data>(query: string, variables: object, shape: z.ZodType<Data>): Promise<Data> {
  const response = await fetch(`${values.url}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const cookie = response.headers.get('Set-Cookie')?.split(';')[0];
  if (cookie !== undefined) headers.Cookie = cookie;
  return z.object({ data: shape }).parse(await response.json()).data;
}

async function signIn(account: { email: string; password: string }): Promise<void> {
  const { signIn } = await api(
    'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { viewer { id } } }',
    account,
    z.object({ signIn: z.object({ viewer: z.object({ id: z.string() }).nullable() }) }),
  );
  if (!signIn.viewer) throw new Error(`${account.email} could not sign in: check the password.`);
}

async function startReading(): Promise<string> {
  const { case: found } = await api(
    'query ($reference: String!) { case(reference: $reference) { id } }',
    { reference },
    z.object({ case: z.object({ id: z.string() }) }),
  );
  const { startReading } = await api(
    'mutation ($input: StartReadingInput!) { startReading(input: $input) { reading { id } userErrors { message } } }',
    { input: { filter: { caseId: found.id }, order: 'LEAST_CONFIDENT_FIRST', blind: false } },
    z.object({ startReading: z.object({ reading: z.object({ id: z.string() }) }) }),
  );
  return startReading.reading.id;
}

async function classify(name: string, bytes: Uint8Array): Promise<void> {
  const form = new FormData();
  form.append('caseReference', reference);
  form.append('image', new Blob([new Uint8Array(bytes)]), name);
  const response = await fetch(`${values.url}/predict`, { method: 'POST', headers, body: form });
  if (!response.ok) throw new Error(`${name} was refused: ${await response.text()}`);
}

async function* images(count: number): AsyncGenerator<{ name: string; bytes: Uint8Array }> {
  if (values.images === undefined) {
    for await (const { key, bytes } of drawDemoCells({ count, seed: 1 }))
      yield { name: path.basename(key), bytes };
    return;
  }
  const names = (await readdir(values.images))
    .filter((name) => /\.(jpe?g|png|tiff?)$/i.test(name))
    .slice(0, count);
  if (names.length < count) throw new Error(`The folder has only ${names.length} images.`);
  for (const name of names) yield { name, bytes: await readFile(path.join(values.images, name)) };
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
}
