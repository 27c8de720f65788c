import { ClassMapping, classOf } from '../../datasets/class-mapping.js';
import { wilsonInterval } from '../../../artifact/wilson-interval.js';
import {
  type ComparedAnswer,
  type Comparison,
  comparedAnswers,
  type ComparedVersionView,
} from './compare-versions.js';

/** How often a version was right on some of the compared images. */
export interface AnswerCounts {
  versionId: string;
  /** Images whose label by the threshold is right, withheld or not, as in sensitivity and specificity. */
  correctCount: number;
  withheldCount: number;
  /** The share of correct images with Wilson's 95 % interval, which treats the images as independent. */
  correctRate: { estimate: number; lower: number; upper: number };
}

/** Some of the compared images: of one patient, or of one folder. */
export interface ComparedPart {
  name: string;
  imageCount: number;
  positiveCount: number;
  /** Of the versions with an evaluation, in the order of the comparison. */
  versions: AnswerCounts[];
}

/**
 * The compared images by cell type: by the folder that they came from, in alphabetical order. With several folders for one
 * label, each is listed.
 */
export function comparedCellTypes(comparison: Comparison): ComparedPart[] {
  const classes = ClassMapping.parse(comparison.snapshot.classes);
  return partsBy(comparison, ({ key, label }) => classOf(classes, key)?.folder ?? label).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/**
 * The compared images by group (patient or slide), worst first: the groups where another version is correct less often than the
 * first, then those where it is correct least often. Images without a group, and images of other sites, are left out.
 */
export function comparedGroups(comparison: Comparison): ComparedPart[] {
  const rates = ({ versions }: ComparedPart) => versions.map(({ correctRate }) => correctRate.estimate);
  const lowest = (part: ComparedPart) => Math.min(...rates(part));
  const fall = (part: ComparedPart) => (rates(part)[0] ?? 0) - lowest(part);
  return partsBy(comparison, ({ key, group }) => (comparison.hidden.has(key) ? null : group)).sort(
    (a, b) => fall(b) - fall(a) || lowest(a) - lowest(b) || (a.name < b.name ? -1 : 1),
  );
}

function partsBy(
  { items, compared, versions }: Comparison,
  nameOf: (item: Comparison['items'][number]) => string | null,
): ComparedPart[] {
  const positions = new Map<string, number[]>();
  for (const position of compared) {
    const item = items[position];
    const name = item ? nameOf(item) : null;
    if (name === null) continue;
    const others = positions.get(name);
    if (others) others.push(position);
    else positions.set(name, [position]);
  }
  const evaluated = versions.filter(({ evaluation }) => evaluation !== null);
  return [...positions].map(([name, of]) => {
    const countsOf = ({ version, answers }: ComparedVersionView): AnswerCounts => {
      const own = of.flatMap((position) => answers[position] ?? []);
      const correctCount = own.filter(
        ({ calledPositive, isPositive }) => calledPositive === isPositive,
      ).length;
      return {
        versionId: version.id,
        correctCount,
        withheldCount: own.filter(({ abstained }) => abstained).length,
        correctRate: wilsonInterval(correctCount, own.length),
      };
    };
    const [first] = evaluated;
    return {
      name,
      imageCount: of.length,
      positiveCount: of.filter((position) => first?.answers[position]?.isPositive).length,
      versions: evaluated.map(countsOf),
    };
  });
}

const SCORE_BINS = 20;

/** The number of images of each class whose probability is between two limits. */
export interface ScoreBin {
  lower: number;
  upper: number;
  negativeCount: number;
  positiveCount: number;
}

/** How the probabilities of each class are distributed: 20 bins of equal width. Empty without an evaluation. */
export function scoreDistribution(version: ComparedVersionView): ScoreBin[] {
  if (version.evaluation === null) return [];
  const binOf = ({ probability }: ComparedAnswer) =>
    Math.min(SCORE_BINS - 1, Math.floor(probability * SCORE_BINS));
  const bins = Array.from({ length: SCORE_BINS }, (_, index) => ({
    lower: index / SCORE_BINS,
    upper: (index + 1) / SCORE_BINS,
    negativeCount: 0,
    positiveCount: 0,
  }));
  for (const answer of comparedAnswers(version)) {
    const bin = bins[binOf(answer)];
    if (bin) bin[answer.isPositive ? 'positiveCount' : 'negativeCount']++;
  }
  return bins;
}
