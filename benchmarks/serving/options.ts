import { parseArgs } from 'node:util';
import { z } from 'zod';

export const PARTS = [
  'raw',
  'generator',
  'throughput',
  'latency',
  'promotions',
  'memory',
  'replicas',
  'folder',
  'start',
  'history',
  'peer',
  'growth',
] as const;
export type PartName = (typeof PARTS)[number];

const count = z.coerce.number().int().positive();

const Options = z.object({
  /** A folder of JPEG images, including its sub-folders. Default: drawn cells. */
  images: z.string().nullable().default(null),
  /** The file for the figures as JSON. */
  out: z.string().default('benchmarks/results/serving.json'),
  /** Objects in S3 (Ceph, on this machine) instead of a folder. */
  s3: z.boolean().default(false),
  /** Duration of each measurement of throughput, latency or a raw variant. A warm-up of half this time precedes it. */
  seconds: count.default(20),
  /** Numbers of simultaneous clients to measure with. */
  clients: z
    .string()
    .default('8,32')
    .transform((list) => list.split(',').map((item) => count.parse(item))),
  /** Number of promotions under load, one every three seconds. */
  promotions: count.default(20),
  /** Number of classifications during which memory is sampled. */
  classifications: count.default(100_000),
  /** The small network of the tests instead of the 195 million multiply-accumulates: for trial runs. */
  small: z.boolean().default(false),
  /** The folder for the server's CPU profiles. */
  profile: z.string().nullable().default(null),
  /** The folder of the program to compare with, and of its load generator. */
  peer: z.string().nullable().default(null),
  /** The Python of that program. */
  python: z.string().default('python3'),
  /** Seconds of load on each server that is compared, before the first round: Node compiles its code while it runs. */
  'warm-up': z.coerce.number().int().nonnegative().default(0),
  /** The folder of a site with a large history, which is filled if it is empty, and kept. */
  grown: z.string().nullable().default(null),
  /** Predictions of that site, if it has to be filled. */
  rows: count.default(10_000_000),
});
export type Options = z.infer<typeof Options>;

const USAGE = `npm run bench -- [${PARTS.join(' ')}] [--images FOLDER] [--out FILE] [--s3] [--seconds N] [--clients 8,32]
  [--promotions N] [--classifications N] [--small] [--profile FOLDER] [--peer FOLDER] [--python FILE] [--warm-up N]
  [--grown FOLDER] [--rows N]`;

/**
 * Reads which parts to measure (default: all but those that need a folder; given such a folder, only its part) and how.
 * @throws Error with the usage if the arguments are invalid
 */
export function readOptions(args: string[]): { parts: PartName[]; options: Options } {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        images: { type: 'string' },
        out: { type: 'string' },
        s3: { type: 'boolean' },
        seconds: { type: 'string' },
        clients: { type: 'string' },
        promotions: { type: 'string' },
        classifications: { type: 'string' },
        small: { type: 'boolean' },
        profile: { type: 'string' },
        peer: { type: 'string' },
        python: { type: 'string' },
        'warm-up': { type: 'string' },
        grown: { type: 'string' },
        rows: { type: 'string' },
      },
    });
    const options = Options.parse(values);
    const chosen = z.array(z.enum(PARTS)).parse(positionals);
    const folders: Partial<Record<PartName, string | null>> = { peer: options.peer, growth: options.grown };
    if (chosen.length === 0) chosen.push(...PARTS.filter((part) => typeof folders[part] === 'string'));
    const parts = PARTS.filter((part) => (chosen.length === 0 ? !(part in folders) : chosen.includes(part)));
    return { parts, options };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${reason}\nUsage: ${USAGE}`, { cause: error });
  }
}
