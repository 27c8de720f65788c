// Serving performance, each figure compared with its target, also as JSON:
//   npm run bench -- [raw generator throughput latency promotions memory replicas folder start history peer growth] [--images FOLDER] [--out FILE] …
// benchmarks/README.md describes the parts and their figures.
import { measureFolder } from './folder.js';
import { measureGenerator } from './generator.js';
import { measureGrowth } from './growth.js';
import { measureHistory } from './history.js';
import { loadImages } from './images.js';
import { measureLatency } from './latency.js';
import { measureMemory } from './memory.js';
import { measuredArtifact } from './network.js';
import { type PartName, readOptions } from './options.js';
import { measurePeer } from './peer.js';
import { measurePromotions } from './promotions.js';
import { measureRawLimit, reportRawLimit } from './raw-limit.js';
import { measureReplicas } from './replicas.js';
import { type Part, tableOf, writeReport } from './report.js';
import { openSite } from './site.js';
import { measureStart } from './start.js';
import { measureThroughput } from './throughput.js';
import { prepareSite, type Workbench } from './workbench.js';

const ON_A_SERVER: Partial<Record<PartName, (bench: Workbench) => Promise<Part>>> = {
  throughput: measureThroughput,
  latency: measureLatency,
  promotions: measurePromotions,
  memory: measureMemory,
  replicas: measureReplicas,
  folder: measureFolder,
  start: measureStart,
  peer: measurePeer,
  growth: measureGrowth,
};
/** Each variant of the raw loop is measured for this share of the time. */
const RAW_SHARE = 0.25;
const GENERATOR_SHARE = 0.25;

const begin = performance.now();
const say = (line: string) =>
  process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(args: string[]): Promise<void> {
  const { parts, options } = readOptions(args);
  const images = await loadImages(options.images);
  const artifacts = [measuredArtifact(options.small, 1), measuredArtifact(options.small, 2)] as const;
  const measured: Record<string, Part> = {};
  const add = async (name: PartName, part: Part) => {
    measured[name] = part;
    process.stdout.write(`\n${tableOf(part.rows)}\n\n`);
    await writeReport(options.out, { options: { ...options, images: images.length }, parts: measured });
  };

  if (parts.some((part) => part !== 'history')) {
    say('raw limit'); // always: a share of it is valid only if the limit was measured in the same run
    const limit = await measureRawLimit(artifacts[0], images, options.seconds * RAW_SHARE);
    await add('raw', reportRawLimit(limit));
    if (parts.includes('generator')) {
      say('generator');
      await add(
        'generator',
        await measureGenerator(images, options.clients, options.seconds * GENERATOR_SHARE),
      );
    }
    if (parts.some((part) => part in ON_A_SERVER)) {
      const site = await openSite(options.s3);
      try {
        const bench = { options, images, site, limit, say, ...(await prepareSite(site, artifacts)) };
        for (const part of parts) {
          const measure = ON_A_SERVER[part];
          if (!measure) continue;
          say(part);
          await add(part, await measure(bench));
        }
      } finally {
        await site.close();
      }
    }
  }
  if (parts.includes('history')) await add('history', await measureHistory());
  say(`figures in ${options.out}`);
}
