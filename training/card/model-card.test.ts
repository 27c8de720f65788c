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

it('states how many images were erased before the training', () => {
  const digestOfOthers = 'e'.repeat(64);
  const provenance = { ...manifest.provenance, erased: { count: 3, digestOfOthers } };
  const card = modelCard({ ...manifest, provenance }, facts);
  expect(card).toContain('3 images were erased with their cases before the training');
  expect(card).toContain(digestOfOthers);
  expect(modelCard(manifest, facts)).not.toContain('erased');
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

it('says which part of the picture the network sees', () => {
  const seen = (preprocessing: Partial<typeof manifest.preprocessing>) =>
    modelCard({ ...manifest, preprocessing: { ...manifest.preprocessing, ...preprocessing } }, facts);
  const frame = { kind: 'cell' as const, micrometres: 20, diameters: 1.35 };
  expect(seen({ frame })).toContain('64 × 64 pixels of the square of 20 µm around the cell (1.35 times');
  expect(seen({ frame })).toContain('the pictures have no usual width');
  const usualPicture = { micrometres: 80, narrowest: 57, widest: 100 };
  expect(seen({ frame: { ...frame, usualPicture } })).not.toContain('no usual width');
  expect(seen({ crop: 0.6 })).toContain('64 × 64 pixels of the inner 60.0 % of the image');
  expect(seen({ crop: 1 })).not.toContain('pixels of the');
});

it('lists the cell types with threshold and figures, if the version knows them', () => {
  const cellTypes = {
    labels: ['band', 'blast', 'seg'],
    weights: [],
    biases: [],
    temperature: 1.25,
    thresholds: [null, 0.75, 0.5],
  };
  const share = { estimate: 0.9, lower: 0.8, upper: 0.95 };
  const ofType = (label: string) => ({ label, itemCount: 50, namedCount: 50, auc: 0.97, sensitivity: share });
  const ofTypes = {
    itemCount: 200,
    types: [
      {
        ...ofType('band'),
        namedCount: 0,
        sensitivity: { estimate: 0, lower: 0, upper: 0.0713 },
        precision: null,
      },
      { ...ofType('blast'), precision: share },
      { ...ofType('giant'), auc: null, sensitivity: null, precision: null },
    ],
    confusionMatrix: [],
  };
  const metrics = { validation: { ...manifest.metrics.validation, cellTypes: ofTypes }, test: null };
  const card = modelCard({ ...manifest, cellTypes, metrics }, facts);
  expect(card).toContain('| type | threshold | images (validation) |');
  expect(card).toContain('| band | never named | 50 | 0.9700 | 0.0 % (0.0 %–7.1 %) | – |');
  expect(card).toContain(
    '| blast | 75.0 % | 50 | 0.9700 | 90.0 % (80.0 %–95.0 %) | 90.0 % (80.0 %–95.0 %) |',
  );
  expect(card).toContain('| giant | unknown type | 50 | – | – | – |');
  expect(card).toContain('one temperature, 1.25');
  expect(modelCard(manifest, facts)).not.toContain('Cell types');
});
