/** The 0.975 quantile of the standard normal distribution. */
const Z = 1.959964;

/**
 * The 95 % confidence interval of a share of which `hits` in `count` cases were observed: Wilson's score interval (1927), which
 * stays within 0–1 and is meaningful for few cases and for shares of 0 and 1.
 */
export function wilsonInterval(
  hits: number,
  count: number,
): { estimate: number; lower: number; upper: number } {
  const share = hits / count;
  const spread = Z * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2));
  const scale = 1 + Z ** 2 / count;
  const centre = share + Z ** 2 / (2 * count);
  return {
    estimate: share,
    lower: Math.max(0, (centre - spread) / scale),
    upper: Math.min(1, (centre + spread) / scale),
  };
}
