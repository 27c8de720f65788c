/** How often two raters gave a pair of labels. */
export interface LabelPair {
  actual: string;
  predicted: string;
  count: number;
}

/**
 * Cohen's κ of a confusion matrix (Cohen 1960): the agreement of actual and predicted labels beyond chance,
 * (observed − expected) / (1 − expected), from −1 to 1. Null if it is not defined: without images, or if all have the same actual
 * and the same predicted label.
 */
export function cohensKappa(cells: readonly LabelPair[]): number | null {
  return kappaOf(sharesOf(cells));
}

/** How far two raters agree. */
export interface Agreement {
  /** The number of cells that both rated. */
  count: number;
  /** The number of these with the same label from both. */
  agreeing: number;
  /** Cohen's κ, −1 to 1; null if it is not defined, see {@link cohensKappa}. */
  kappa: number | null;
  /** Of κ for a large number of cells; null if κ is. It is 0 if all labels agree, which says nothing about κ in other cells. */
  standardError: number | null;
  /** The limits of the 95 % interval of κ, −1 to 1: 1.96 standard errors on either side. Null if κ is. */
  lower: number | null;
  upper: number | null;
}

/** The 0.975 quantile of the standard normal distribution. */
const Z = 1.959964;

/**
 * The agreement of two raters, with the standard error of κ that Fleiss, Cohen and Everitt derived for large samples when κ is not assumed
 * to be 0 ("Large sample standard errors of kappa and weighted kappa", Psychological Bulletin 72, 1969, 323–327, equation 13). With shares
 * p of all cells, rows i of the first rater and columns j of the second:
 * n (1 − expected)² var = Σ pᵢᵢ (1 − (pᵢ. + p.ᵢ)(1 − κ))² + (1 − κ)² Σᵢ≠ⱼ pᵢⱼ (p.ᵢ + pⱼ.)² − (κ − expected (1 − κ))².
 */
export function agreementOf(cells: readonly LabelPair[]): Agreement {
  const shares = sharesOf(cells);
  const { total, observed, expected, first, second } = shares;
  const agreeing = Math.round(observed * total);
  const kappa = kappaOf(shares);
  if (kappa === null)
    return { count: total, agreeing, kappa: null, standardError: null, lower: null, upper: null };

  const terms = cells.map(({ actual, predicted, count }) => {
    const share = count / total;
    return actual === predicted
      ? share * (1 - (first(actual) + second(actual)) * (1 - kappa)) ** 2
      : share * (1 - kappa) ** 2 * (second(actual) + first(predicted)) ** 2;
  });
  const sum = terms.reduce((before, term) => before + term, 0) - (kappa - expected * (1 - kappa)) ** 2;
  const standardError = Math.sqrt(Math.max(0, sum) / total) / (1 - expected);
  return {
    ...{ count: total, agreeing, kappa, standardError },
    lower: Math.max(-1, kappa - Z * standardError),
    upper: Math.min(1, kappa + Z * standardError),
  };
}

interface Shares {
  total: number;
  /** The share of equal labels, and that expected by chance, 0 to 1. 0 without cells. */
  observed: number;
  expected: number;
  /** The share of cells with this label: of the actual and of the predicted ones. */
  first: (label: string) => number;
  second: (label: string) => number;
}

function sharesOf(cells: readonly LabelPair[]): Shares {
  const sumOf = (chosen: (cell: LabelPair) => boolean) =>
    cells.filter(chosen).reduce((sum, { count }) => sum + count, 0);
  const total = sumOf(() => true);
  const shareOf = (chosen: (cell: LabelPair) => boolean) => (total === 0 ? 0 : sumOf(chosen) / total);
  const first = (label: string) => shareOf(({ actual }) => actual === label);
  const second = (label: string) => shareOf(({ predicted }) => predicted === label);
  const labels = [...new Set(cells.flatMap(({ actual, predicted }) => [actual, predicted]))];
  return {
    ...{ total, first, second },
    observed: shareOf(({ actual, predicted }) => actual === predicted),
    expected: labels.reduce((sum, label) => sum + first(label) * second(label), 0),
  };
}

function kappaOf({ total, observed, expected }: Shares): number | null {
  return total === 0 || expected === 1 ? null : (observed - expected) / (1 - expected);
}
