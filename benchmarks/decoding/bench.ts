// CPU time for decoding an image and checking its file, compared with sharp only decoding the same file:
//   node scripts/run.mjs benchmarks/decoding/bench [--images FOLDER] [--against CLONE] [--rounds N] [--only PATTERN]
// --images   adds the JPEG files of a folder as a case
// --against  another clone of Cytograph, already set up (npm run setup), which is measured in alternation with this one
// --only     runs only the cases whose name matches this regular expression
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Case, decodingCases } from './cases.js';
import type { Answer, Order, Task } from './measuring-process.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string' },
    against: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '.' },
  },
});

/** Approximate CPU time of one measurement. */
const SECONDS = 0.4;

const here = fileURLToPath(new URL('../../', import.meta.url));
const ours = measuringProcess(here);
const theirs = values.against ? measuringProcess(path.resolve(values.against, 'dist')) : null;
const cases = decodingCases(values.images ?? null);
try {
  const rows: Record<string, Record<string, string>> = {};
  for (const each of cases.filter(({ name }) => new RegExp(values.only).test(name))) {
    rows[each.name] = await measureCase(each);
  }
  console.log('CPU time of an image in ms; in brackets the ratio to the bare decoding of the same run.');
  console.table(rows);
} finally {
  ours.end();
  theirs?.end();
}

async function measureCase({ images: load }: Case): Promise<Record<string, string>> {
  const images = await load();
  const tasks: Task[] = ['bare', 'classification', 'measurement', 'thumbnail', 'inspection', 'seam'];
  const found = new Map<string, number[]>();
  const note = (name: string, ms: number) => found.set(name, [...(found.get(name) ?? []), ms]);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const task of tasks) {
      note(task, await ours.measure({ task, images, seconds: SECONDS }));
      if (!theirs || task === 'inspection' || task === 'seam' || task === 'bare') continue;
      note(`${task} there`, await theirs.measure({ task, images, seconds: SECONDS }));
    }
  }
  // Other work on the machine only adds time, so the minimum over the rounds is the best estimate.
  const best = new Map([...found].map(([name, ms]) => [name, Math.min(...ms)]));
  const bare = best.get('bare') ?? NaN;
  const row: Record<string, string> = {};
  for (const [name, ms] of best) {
    row[name] = name === 'bare' ? ms.toFixed(2) : `${ms.toFixed(2)} (${(ms / bare).toFixed(2)})`;
  }
  return row;
}

function measuringProcess(root: string) {
  const child = fork(fileURLToPath(new URL('./measuring-process.js', import.meta.url)), [root], {
    serialization: 'advanced',
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  child.once('exit', (code) => {
    if (code) process.exit(1);
  });
  return {
    async measure(order: Order): Promise<number> {
      const answer = once(child, 'message') as Promise<[Answer]>;
      child.send(order);
      const [{ cpuMs }] = await answer;
      return cpuMs;
    },
    end: () => child.disconnect(),
  };
}
