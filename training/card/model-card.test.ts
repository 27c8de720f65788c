import { randomArtifact } from '../../server/artifact/testing.js';
import { type CardFacts, modelCard } from './model-card.js';

const { manifest } = randomArtifact();
const facts: CardFacts = {
  modelName: 'cells',
  snapshot: { name: 'spring', version: 3, source: 'file:/home/somebody/data/spring' },
  splits: [
    { name: 'train', images: 700, positives: 300, groups: 40 },
    { name: 'validation', images: 100, positives: 50, groups: 10 },
    { name: 'test', images: 0, positives: 0, groups: null },
  ],
  bestEpochs: [4],
  epochs: 9,
  results: {
    heldOut: [],
    test: [null, 'pale stain'].map((scanner) => ({
      scanner,
      metrics: manifest.metrics.validation,
      selectiveError: 0.02,
    })),
  },
  parity: 2e-6,
};

it('states data, figures with their intervals, and limits', () => {
  const card = modelCard(manifest, facts);
  expect(card).toContain('Not a medical device');
  expect(card).toContain('| train | 700 | 300 | 40 |');
  expect(card).toContain('| AUC | 0.9000 (0.8500–0.9400) |');
  expect(card).toContain('No group is in two splits.');
  expect(card).toContain('The test split as simulated scanners would show them');
  expect(card).toContain('| pale stain | 0.9000 | 0.8500 | 0.8000 | 0.9000 | 0.0500 | 1.0000 | 0.0200 |');
  expect(card).toContain('## Limits');
});

it('states that the metrics of an ensemble are out of fold', () => {
  const card = modelCard(manifest, { ...facts, bestEpochs: [4, 7] });
  expect(card).toContain('there is no test split');
  expect(card).toContain('An ensemble of 2 convolutional networks');
  expect(card).toContain('|  | out of fold |');
  expect(card).toContain('answered by the one member that\nhad not seen its group');
  expect(card).toContain('best of 9 epochs: 4, 7.');
  expect(modelCard(manifest, facts)).not.toContain('out of fold');
});

it('warns that figures may be too optimistic if the patients are unknown', () => {
  const splits = facts.splits.map((split) => ({ ...split, groups: null }));
  expect(modelCard(manifest, { ...facts, splits })).toContain('every figure below may be too optimistic');
});

it('shows the name of a folder without its path', () => {
  const card = modelCard(manifest, facts);
  expect(card).toContain('file:…/spring');
  expect(card).not.toContain('somebody');
});
