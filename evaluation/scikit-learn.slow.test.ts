import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { randomFrom } from '../server/imaging/seeded-random.js';
import { cohensKappa } from './cohens-kappa.js';
import { evaluate, type Scored } from './measure-scores.js';

// The figures of an evaluation against those of scikit-learn for the same scores.

const PYTHON = path.resolve('.cache/scikit-learn/bin/python');
const describeWithScikitLearn = existsSync(path.resolve('.cache/scikit-learn/installed.txt'))
  ? describe
  : describe.skip;

const PROGRAM = `
import json, sys
from sklearn import metrics
answers = []
for case in json.load(sys.stdin):
    truth, scores, called = case["truth"], case["scores"], case["called"]
    x, y, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    answers.append({
        "auc": metrics.roc_auc_score(truth, scores),
        "rocCurve": [list(point) for point in zip(x.tolist(), y.tolist())],
        "brierScore": metrics.brier_score_loss(truth, scores),
        "confusionMatrix": metrics.confusion_matrix(truth, called).ravel().tolist(),
        "sensitivity": metrics.recall_score(truth, called),
        "specificity": metrics.recall_score(truth, called, pos_label=0),
        "balancedAccuracy": metrics.balanced_accuracy_score(truth, called),
        "cohensKappa": metrics.cohen_kappa_score(truth, called),
    })
json.dump(answers, sys.stdout)
`;

interface Reference {
  auc: number;
  rocCurve: [number, number][];
  brierScore: number;
  confusionMatrix: number[];
  sensitivity: number;
  specificity: number;
  balancedAccuracy: number;
  cohensKappa: number;
}

/** Scores of both classes; with `steps`, many are tied. */
function drawCase(seed: number, count: number, prevalence: number, steps: number | null): Scored[] {
  const random = randomFrom(seed, 'scikit-learn');
  const threshold = random.between(0.2, 0.8);
  return Array.from({ length: count }, (_, index) => {
    const isPositive = index < 2 ? index === 0 : random.next() < prevalence;
    const score = Math.min(1, Math.max(0, random.next() * 0.7 + (isPositive ? 0.3 : 0)));
    const probability = steps === null ? score : Math.round(score * steps) / steps;
    return {
      isPositive,
      probability,
      calledPositive: probability >= threshold,
      abstained: false,
      group: null,
    };
  });
}

const classes = ['normal', 'blast'] as const;
const LIMIT = 1e-6;

describeWithScikitLearn('scikit-learn', () => {
  it('gives the same AUC, ROC curve, Brier score, confusion matrix, rates and κ for the same scores', () => {
    const cases = [
      drawCase(1, 60, 0.5, null),
      drawCase(2, 150, 0.1, null),
      drawCase(3, 400, 0.3, 10), // many ties
      drawCase(4, 3, 0.5, 2),
      drawCase(5, 5000, 0.02, null), // more thresholds than the curve has points
      drawCase(6, 2000, 0.9, 100),
    ];
    const input = JSON.stringify(
      cases.map((scored) => ({
        truth: scored.map(({ isPositive }) => Number(isPositive)),
        scores: scored.map(({ probability }) => probability),
        called: scored.map(({ calledPositive }) => Number(calledPositive)),
      })),
    );
    const references = JSON.parse(
      execFileSync(PYTHON, ['-c', PROGRAM], { input, encoding: 'utf8', timeout: 300_000 }),
    ) as Reference[];
    expect(references).toHaveLength(cases.length);

    cases.forEach((scored, index) => {
      const reference = references[index];
      if (!reference) throw new Error('A case has no reference.');
      const metrics = evaluate(scored, { classes, seed: 1, replicates: 2 });
      const figures = {
        auc: metrics.auc?.estimate,
        brierScore: metrics.brierScore,
        sensitivity: metrics.sensitivity?.estimate,
        specificity: metrics.specificity?.estimate,
        balancedAccuracy: metrics.balancedAccuracy?.estimate,
        cohensKappa: cohensKappa(metrics.confusionMatrix),
      };
      for (const [name, value] of Object.entries(figures)) {
        const expected = reference[name as keyof typeof figures];
        expect([index, name, Math.abs((value ?? NaN) - expected) < LIMIT]).toEqual([index, name, true]);
      }
      expect(metrics.confusionMatrix.map(({ count }) => count)).toEqual(reference.confusionMatrix);
      // Our curve has up to about 200 of the points, and all of them if there are not more.
      const { rocCurve } = metrics;
      const isPoint = ({ x, y }: { x: number; y: number }) =>
        reference.rocCurve.some(([fpr, tpr]) => Math.abs(fpr - x) < LIMIT && Math.abs(tpr - y) < LIMIT);
      expect(rocCurve.filter((point) => !isPoint(point))).toEqual([]);
      if (reference.rocCurve.length <= 200) expect(rocCurve).toHaveLength(reference.rocCurve.length);
      else expect(rocCurve.length).toBeGreaterThan(90);
      expect([rocCurve[0], rocCurve.at(-1)]).toEqual([
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ]);
    });
  }, 400_000);
});
