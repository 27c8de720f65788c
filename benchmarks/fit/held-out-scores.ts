import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Manifest } from '../../server/artifact/manifest.js';
import type { Calibration } from '../../server/decision/decision-rules.js';
import { calibrate } from '../../training/calibration/calibrate.js';
import { SIMULATED_SCANNERS } from '../../training/dataset/simulated-scanners.js';
import type { LocalCell } from '../../training/fit/local-cell.js';

/** What `score-scanners.ts` records. */
const Scores = z.object({
  items: z.array(z.object({ label: z.string(), group: z.string().nullable(), member: z.int() })),
  scanners: z.array(z.object({ name: z.string(), every: z.int(), file: z.string(), count: z.int() })),
});

/** A member of an ensemble as a separate version, which was trained without the patients that it held out. */
export interface MemberVersion {
  /** The manifest of the ensemble with the out-of-distribution statistics of this member alone. */
  base: Manifest;
  /** By scanner, the cells of the held-out patients. The logit of a cell is that of this member, calibrated as in training. */
  cellsBy: Map<string, LocalCell[]>;
}

/** The scores of all members for the cells that they held out. */
export async function readHeldOutScores(folder: string, manifest: Manifest): Promise<MemberVersion[]> {
  const { items, scanners } = Scores.parse(JSON.parse(await readFile(join(folder, 'scores.json'), 'utf8')));
  const { evidence, outOfDistribution, positiveLabel } = manifest;
  if (outOfDistribution.method !== 'mahalanobis-ensemble')
    throw new Error('The version is not an ensemble, so it has no members that held out patients.');
  const { members } = outOfDistribution;
  let start = 0;
  const blocks = members.map(({ mean }) => {
    const from = start;
    start += mean.length;
    return { from, to: start };
  });

  const rawBy = members.map(() => new Map<string, LocalCell[]>());
  for (const { name, every, file } of scanners) {
    const bytes = await readFile(join(folder, file));
    const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    items.forEach(({ label, group, member }, index) => {
      const block = blocks[member];
      const byScanner = rawBy[member];
      if (!block || !byScanner || index % every !== 0) return;
      const row = (index / every) * evidence.weights.length;
      const embedding = numbers.slice(row + block.from, row + block.to);
      const weights = evidence.weights.slice(block.from, block.to);
      // The logit of the ensemble is the mean of the members' logits.
      const logit =
        members.length * weights.reduce((sum, weight, d) => sum + weight * (embedding[d] ?? NaN), 0);
      const cell = {
        imageSha256: index.toString(16).padStart(64, '0'),
        ...{ logit, embedding, group, cellTypeLabel: label },
        qualityWarnings: [],
        isPositive: label === positiveLabel,
      };
      const known = byScanner.get(name);
      if (known) known.push(cell);
      else byScanner.set(name, [cell]);
    });
  }
  return members.map((member, number) => {
    const cellsBy = rawBy[number] ?? new Map<string, LocalCell[]>();
    // The manifest has only the sum of the members' biases, so each is found again as in training.
    const own = calibrationOf(cellsBy);
    for (const [name, cells] of cellsBy)
      cellsBy.set(
        name,
        cells.map((cell) => ({ ...cell, logit: own.slope * cell.logit + own.intercept })),
      );
    return { base: { ...manifest, outOfDistribution: { method: 'mahalanobis', ...member } }, cellsBy };
  });
}

function calibrationOf(cellsBy: Map<string, LocalCell[]>): Calibration {
  const names = ['as they are', ...SIMULATED_SCANNERS.map(({ name }) => name)];
  const cells = names.flatMap((name) => cellsBy.get(name) ?? []);
  return calibrate(
    cells.map(({ logit }) => logit),
    cells.map(({ isPositive }) => isPositive),
  );
}
