import { randomArtifact } from '../server/artifact/testing.js';
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
  bestEpoch: 4,
  epochs: 9,
  simulated: [{ scanner: 'pale stain', auc: 0.97, balancedAccuracy: 0.91, coverage: 0.8 }],
  parity: 2e-6,
};

it('states data, figures with their intervals, and limits', () => {
  const card = modelCard(manifest, facts);
  expect(card).toContain('Not a medical device');
  expect(card).toContain('| train | 700 | 300 | 40 |');
  expect(card).toContain('| AUC | 0.9000 (0.8500–0.9400) |');
  expect(card).toContain('No group is in two splits.');
  expect(card).toContain('## Limits');
});

it('says where patients are not known that the figures may flatter', () => {
  const splits = facts.splits.map((split) => ({ ...split, groups: null }));
  expect(modelCard(manifest, { ...facts, splits })).toContain('every figure below may flatter');
});

it('names a folder without saying where it lies', () => {
  const card = modelCard(manifest, facts);
  expect(card).toContain('file:…/spring');
  expect(card).not.toContain('somebody');
});
