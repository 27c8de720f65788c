// What the pages of the web app cost a browser, for a server that runs already (npm start):
//   CYTOGRAPH_PASSWORD=… node scripts/run.mjs benchmarks/web-weight/bench --url http://localhost:4000 [--email E] [--runs 5] [--lighthouse]
// For each page: the bytes that a first visit transfers, compressed as sent, and the script time, as medians of the runs.
// With --lighthouse also the scores of Lighthouse 12, which npm installs into a temporary folder for this run (190 MB, too much
// for everyone who installs Cytograph). A case of 60 drawn cells is classified first, unless there is one.
import { parseArgs } from 'node:util';
import { findChromium } from '../chromium.js';
import { signInAndFill } from './prepare-server.js';
import { lighthouseScores } from './lighthouse.js';
import { type MeasuredPage, measurePage } from './measure-page.js';

/** 200 kB of scripts and styles until the page for classification can be used. */
const MOST_BYTES = 200_000;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:4000' },
    email: { type: 'string', default: 'admin@cytograph.local' },
    runs: { type: 'string', default: '5' },
    lighthouse: { type: 'boolean', default: false },
  },
});
const password = process.env.CYTOGRAPH_PASSWORD;
if (password === undefined) throw new Error('Set CYTOGRAPH_PASSWORD to the password of the account.');
const runs = Number(values.runs);

const { cookie, predictionId, caseId } = await signInAndFill(values.url, { email: values.email, password });
const pages: MeasuredPage[] = [
  { name: 'sign-in', path: '/', cookie: null },
  { name: 'classify', path: '/classify', cookie, usableWith: 'text=Drop cell images here' },
  { name: 'history', path: '/predictions', cookie },
  { name: 'case', path: `/cases/${caseId}`, cookie },
  { name: 'prediction', path: `/predictions/${predictionId}`, cookie },
  { name: 'models', path: '/models', cookie },
];
const chromium = await findChromium();

const weights: Record<string, Record<string, number>> = {};
for (const page of pages) {
  const measured = [];
  for (let run = 0; run < runs; run++) measured.push(await measurePage(chromium, values.url, page));
  weights[page.name] = {
    'scripts and styles (kB)': Math.round(median(measured.map(({ codeBytes }) => codeBytes)) / 1e3),
    'all (kB)': Math.round(median(measured.map(({ bytes }) => bytes)) / 1e3),
    requests: median(measured.map(({ requests }) => requests)),
    'script (ms)': Math.round(median(measured.map(({ scriptMs }) => scriptMs))),
  };
  if (page.name === 'classify') {
    const bytes = median(measured.map(({ codeBytesUntilUsable }) => codeBytesUntilUsable));
    console.log(
      `Classify takes files after ${bytes} bytes of scripts and styles; the aim is at most ${MOST_BYTES}.`,
    );
  }
}
console.table(weights);

if (values.lighthouse) {
  const rows: Record<string, Record<string, number>> = {};
  for (const { name, scores } of await lighthouseScores(chromium, values.url, pages, runs)) {
    rows[name] = Object.fromEntries(
      Object.keys(scores[0] ?? {}).map((score) => [score, median(scores.map((of) => of[score] ?? 0))]),
    );
  }
  console.table(rows);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
