import { randomFrom } from '../../server/imaging/seeded-random.js';
import { outOfDistributionScore } from '../../server/decision/interpret.js';
import { eigen, fitOutOfDistribution } from './out-of-distribution.js';

/** A sum of twelve uniforms: close enough to a normal deviate. */
function deviate(random: ReturnType<typeof randomFrom>): number {
  return Array.from({ length: 12 }, () => random.next()).reduce((sum, value) => sum + value, -6);
}

describe('fitOutOfDistribution', () => {
  // Four dimensions of which the first varies a hundred times as widely as the last.
  const spread = [10, 3, 1, 0.1];
  const random = randomFrom('embeddings');
  const draw = () => spread.map((width, dimension) => 5 * dimension + width * deviate(random));
  const model = {
    method: 'mahalanobis' as const,
    ...fitOutOfDistribution(Array.from({ length: 2000 }, draw), Array.from({ length: 1000 }, draw)),
  };

  it('finds few images of the same kind beyond the threshold', () => {
    const beyond = Array.from({ length: 2000 }, draw).filter(
      (embedding) => outOfDistributionScore(model, embedding) > 1,
    ).length;
    expect(beyond).toBeLessThan(40);
  });

  it('measures by how far each direction varies', () => {
    expect(outOfDistributionScore(model, [8, 5, 10, 15])).toBeLessThan(1);
    expect(outOfDistributionScore(model, [0, 5, 18, 15])).toBeGreaterThan(1);
  });
});

test('eigen gives values from the largest and unit vectors', () => {
  const { values, vectors } = eigen([
    [2, 1, 0],
    [1, 2, 0],
    [0, 0, 5],
  ]);
  expect(values[0]).toBeCloseTo(5, 12);
  expect(values[1]).toBeCloseTo(3, 12);
  expect(values[2]).toBeCloseTo(1, 12);
  const [, second] = vectors;
  expect(Math.abs(second?.[0] ?? 0)).toBeCloseTo(Math.SQRT1_2, 12);
  expect(second?.[0]).toBeCloseTo(second?.[1] ?? NaN, 12);
});
