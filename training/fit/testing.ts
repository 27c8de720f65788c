import { randomArtifact } from '../../server/artifact/testing.js';
import type { Manifest } from '../../server/artifact/manifest.js';
import { type Random, randomFrom } from '../../server/imaging/seeded-random.js';
import type { LocalCell } from './local-cell.js';

/** The dimensions of the embeddings of `fitBase`. */
const DIMENSIONS = 16;

/**
 * The manifest of a random network whose training embeddings have the mean 0, the variance 4 along the first dimension and 1 along all
 * others; its out-of-distribution threshold is at the distance 6. A third of its held-out images are positive.
 */
export function fitBase(): Manifest {
  const { manifest } = randomArtifact();
  const { validation } = manifest.metrics;
  return {
    ...manifest,
    decisionThreshold: 0.4,
    abstentionBand: [0.2, 0.8],
    outOfDistribution: {
      method: 'mahalanobis',
      mean: new Array<number>(DIMENSIONS).fill(0),
      components: [Array.from({ length: DIMENSIONS }, (_, d) => Number(d === 0))],
      variances: [4],
      residualVariance: 1,
      typicalDistance: 4,
      threshold: 6,
    },
    provenance: { ...manifest.provenance, parameters: { targetSensitivity: 0.95 } },
    metrics: {
      ...manifest.metrics,
      validation: {
        ...validation,
        itemCount: 300,
        confusionMatrix: [
          { actual: 'normal', predicted: 'normal', count: 180 },
          { actual: 'normal', predicted: 'blast', count: 20 },
          { actual: 'blast', predicted: 'normal', count: 10 },
          { actual: 'blast', predicted: 'blast', count: 90 },
        ],
      },
    },
  };
}

export interface LocalCellOptions {
  seed: number;
  positives: number;
  negatives: number;
  /** The cells take turns; null if the patients are unknown. */
  patients: number | null;
  /** The logit of a cell has a normal distribution around `slope` · ±1.5 + `intercept`. By default 2 and 0. */
  slope?: number;
  intercept?: number;
  /** Added to every dimension of the embeddings. */
  offset?: number;
}

/** Draws cells as another laboratory would show them to the network of `fitBase`. The same options draw the same cells. */
export function drawLocalCells(options: LocalCellOptions): LocalCell[] {
  const { seed, positives, negatives, patients, slope = 2, intercept = 0, offset = 0 } = options;
  const random = randomFrom(seed, 'local cells');
  return Array.from({ length: positives + negatives }, (_, index) => {
    const isPositive = index < positives;
    return {
      imageSha256: index.toString(16).padStart(4, '0').repeat(16),
      logit: slope * ((isPositive ? 1.5 : -1.5) + normal(random)) + intercept,
      embedding: Array.from({ length: DIMENSIONS }, (_, d) => (d === 0 ? 2 : 1) * normal(random) + offset),
      qualityWarnings: [],
      isPositive,
      cellTypeLabel: null,
      group: patients === null ? null : `patient ${index % patients}`,
    };
  });
}

/** A normal deviate, by Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
