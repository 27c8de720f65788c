import { createHash } from 'node:crypto';
import { Manifest, manifestBytes, manifestDigest } from './manifest.js';
import { calibratedCellTypes } from '../decision/decision-rules.js';
import { randomArtifact } from './testing.js';

const { manifest, digest } = randomArtifact();

test('the digest is the SHA-256 of the canonical JSON: it ignores the order of keys and spaces', () => {
  const reversed = Object.fromEntries(Object.entries(manifest).reverse());
  expect(manifestDigest(Manifest.parse(JSON.parse(JSON.stringify(reversed, null, 2))))).toBe(digest);
  expect(createHash('sha256').update(manifestBytes(manifest)).digest('hex')).toBe(digest);
  expect(manifestBytes(manifest).toString()).toMatch(
    /^\{"abstentionBand":\[0\.5,0\.5\],"calibration":\{"intercept":0,/,
  );
  expect(manifestDigest({ ...manifest, decisionThreshold: 0.5000001 })).not.toBe(digest);
});

test('the same seed gives the same digest, another seed another', () => {
  expect(randomArtifact().digest).toBe(digest);
  expect(randomArtifact({ seed: 2 }).digest).not.toBe(digest);
});

describe('Manifest refuses', () => {
  const outOfDistribution = {
    method: 'mahalanobis',
    mean: new Array<number>(16).fill(0),
    components: [],
    variances: [],
    residualVariance: 1,
    typicalDistance: 0,
    threshold: 1e6,
  };
  const cellTypes = {
    labels: ['band', 'blast', 'monocyte'],
    weights: new Array(3).fill(new Array(16).fill(0)),
    biases: [0, 0, 0],
    temperature: 1.5,
    thresholds: [null, 0.8, 0.9],
  };
  const ofTypes = { itemCount: 0, types: [], confusionMatrix: [] };
  it('new parts in the old format, with the format that they need', () => {
    const old = { ...manifest, format: 'cytograph-model/1' };
    expect(Manifest.safeParse(old).success).toBe(true);
    const frame = { kind: 'cell', micrometres: 20, diameters: 1.35 };
    const changes: [string, object][] = [
      ['preprocessing.frame', { preprocessing: { ...manifest.preprocessing, frame } }],
      ['cellTypes', { cellTypes }],
      [
        'metrics.validation.cellTypes',
        {
          metrics: {
            ...manifest.metrics,
            validation: { ...manifest.metrics.validation, cellTypes: ofTypes },
          },
        },
      ],
      [
        'provenance.trainingData',
        { provenance: { ...manifest.provenance, trainingData: { images: '', groups: '' } } },
      ],
    ];
    for (const [path, change] of changes) {
      expect(Manifest.safeParse({ ...manifest, ...change }).success).toBe(true);
      expect(
        Manifest.safeParse({ ...old, ...change }).error?.issues.map((issue) => [
          issue.path.join('.'),
          issue.message,
        ]),
      ).toEqual([[path, expect.stringMatching(/needs cytograph-model\/2/)]]);
    }
  });
  it('nothing of scores of cell types that fit', () => {
    expect(Manifest.safeParse({ ...manifest, cellTypes }).success).toBe(true);
  });
  it('no version whose cell types were trained before they had a temperature and thresholds, but does not use them', () => {
    const { temperature: _temperature, thresholds: _thresholds, ...earlier } = cellTypes;
    const parsed = Manifest.parse({ ...manifest, format: 'cytograph-model/2', cellTypes: earlier });
    expect(parsed.cellTypes).toEqual(earlier); // the digest is of these bytes
    expect(calibratedCellTypes(parsed)).toBeNull();
    expect(calibratedCellTypes({ cellTypes })).toEqual(cellTypes);
  });
  const { method: _, ...gaussian } = outOfDistribution;
  it.each<[string, object, RegExp]>([
    ['an unknown key, which the digest would otherwise miss', { note: 'x' }, /note/],
    ['one class twice', { classes: ['a', 'a'], positiveLabel: 'a' }, /classes.*same label twice/s],
    ['a positive label that is not the second class', { positiveLabel: 'normal' }, /second class, 'blast'/],
    ['a band that leaves out one half', { abstentionBand: [0.6, 0.7] }, /enclose 0.5/],
    [
      'a band that leaves out the decision threshold',
      { decisionThreshold: 0.3, abstentionBand: [0.4, 0.6] },
      /threshold, 0.3/,
    ],
    ['a probability above 1', { decisionThreshold: 1.1 }, /decisionThreshold/],
    ['a number that JSON does not have', { decisionThreshold: NaN }, /decisionThreshold/],
    ['a falling calibration', { calibration: { method: 'platt', slope: -1, intercept: 0 } }, /slope/],
    [
      'statistics of another embedding',
      { outOfDistribution: { ...outOfDistribution, mean: [1] } },
      /has 1 numbers, evidence.weights has 16/,
    ],
    [
      'a component of another length',
      { outOfDistribution: { ...outOfDistribution, components: [[1]], variances: [1] } },
      /not 16 numbers long/,
    ],
    [
      'variances without components',
      { outOfDistribution: { ...outOfDistribution, variances: [1] } },
      /as many as/,
    ],
    [
      'a threshold that is typical',
      { outOfDistribution: { ...outOfDistribution, typicalDistance: 1e6 } },
      /not above typicalDistance/,
    ],
    [
      'members whose blocks are not the embedding',
      { outOfDistribution: { method: 'mahalanobis-ensemble', members: [gaussian, gaussian] } },
      /has 32 numbers in its means, evidence.weights has 16/,
    ],
    [
      'an ensemble of one',
      { outOfDistribution: { method: 'mahalanobis-ensemble', members: [gaussian] } },
      /members/,
    ],
    ...(
      [
        ['for another embedding', { weights: [[1], [2], [3]] }, /not 3 rows of 16 numbers/],
        ['without weights of a label', { weights: [] }, /not 3 rows of 16 numbers/],
        ['without a bias of a label', { biases: [0, 0] }, /not 3 numbers/],
        ['without a threshold of a label', { thresholds: [null, 0.5] }, /not 3 numbers or nulls/],
        ['without the positive label', { labels: ['band', 'seg', 'monocyte'] }, /do not contain 'blast'/],
        ['with thresholds only', { temperature: undefined }, /have a temperature without thresholds, or/],
        ['with a temperature only', { thresholds: undefined }, /have a temperature without thresholds, or/],
        ['with a temperature of 0', { temperature: 0 }, /temperature/],
        ['with a label twice', { labels: ['blast', 'blast', 'band'] }, /has a label twice/],
      ] as const
    ).map(([what, change, message]): [string, object, RegExp] => [
      `scores of cell types ${what}`,
      { cellTypes: { ...cellTypes, ...change } },
      message,
    ]),
    [
      'a percentile that is a fraction of nothing',
      {
        preprocessing: {
          ...manifest.preprocessing,
          colour: { kind: 'white-balance', percentile: 0, target: 240 },
        },
      },
      /percentile/,
    ],
  ])('%s', (_what, change, message) => {
    const result = Manifest.safeParse({ ...manifest, ...change });
    expect(
      JSON.stringify(result.error?.issues.map(({ path, message: text }) => `${path.join('.')}: ${text}`)),
    ).toMatch(message);
  });
});
