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
  'history',
] as const;
export type PartName = (typeof PARTS)[number];

const count = z.coerce.number().int().positive();

const Options = z.object({
  /** A folder of JPEG images, with sub-folders; not given: drawn cells. */
  images: z.string().nullable().default(null),
  /** Where the figures go as JSON. */
  out: z.string().default('benchmarks/results/serving.json'),
  /** Objects in S3 (Ceph, on this machine) instead of a folder. */
  s3: z.boolean().default(false),
  /** A measurement of throughput, of latency, of one raw variant takes this long; half of it goes before as warm-up. */
  seconds: count.default(20),
  /** Numbers of clients at once. */
  clients: z
    .string()
    .default('8,32')
    .transform((list) => list.split(',').map((item) => count.parse(item))),
  /** Promotions under load, one every three seconds. */
  promotions: count.default(20),
  /** Classifications whose memory is watched. */
  classifications: count.default(100_000),
  /** The small network of the tests instead of the 195 million multiply-accumulates: for trial runs. */
  small: z.boolean().default(false),
  /** The server's CPU profiles go to this folder. */
  profile: z.string().nullable().default(null),
});
export type Options = z.infer<typeof Options>;

const USAGE = `npm run bench -- [${PARTS.join(' ')}] [--images FOLDER] [--out FILE] [--s3] [--seconds N] [--clients 8,32]
  [--promotions N] [--classifications N] [--small] [--profile FOLDER]`;

/**
 * The parts to measure (default: all) and how.
 * @throws Error with the usage, where the arguments are wrong
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
      },
    });
    const chosen = z.array(z.enum(PARTS)).parse(positionals);
    const parts = PARTS.filter((part) => chosen.length === 0 || chosen.includes(part));
    return { parts, options: Options.parse(values) };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${reason}\nUsage: ${USAGE}`, { cause: error });
  }
}
