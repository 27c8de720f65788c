import { crossValidationTable } from './cross-validate.js';
import { evaluate, type Scored } from '../../evaluation/measure-scores.js';

it('states the folds, groups and images that the metrics are based on', () => {
  const scored = [0.9, 0.4, 0.1].map((probability): Scored => ({
    isPositive: probability > 0.3,
    probability,
    calledPositive: probability >= 0.5,
    abstained: false,
    group: `patient ${probability}`,
  }));
  const metrics = evaluate(scored, { classes: ['normal', 'blast'], seed: 1 });
  const table = crossValidationTable({
    folds: 3,
    results: [{ scanner: null, metrics, selectiveError: 0.25 }],
  });
  expect(table).toMatch(/^Out of fold, 3 folds by 3 groups, 3 images:\n\n\| images \|/);
});
