import type { Survey } from '../survey-source.js';
import type { LabelCount } from '../types.js';
import { counted, type Finding, type Tally, tallyOf } from './finding.js';

/** What reading every image showed: those that are none, and classes of which nothing is left. */
export function checkReading(
  unreadable: Tally,
  survey: Survey,
  labelCounts: readonly LabelCount[],
): Finding[] {
  const findings: Finding[] = [];
  if (unreadable.count > 0) {
    findings.push({
      check: 'unreadable-image',
      severity: 'WARNING',
      message: `Left out, because they cannot be read as images: ${counted(unreadable.count, 'file')}.`,
      ...unreadable,
    });
  }
  const labels = new Set([...survey.folders.values()].map(({ label }) => label));
  const lost = [...labels].filter((label) => !labelCounts.some((counted) => counted.label === label));
  if (lost.length > 0) {
    findings.push({
      check: 'class-without-images',
      severity: 'ERROR',
      message: `Not one image can be read of: ${lost.join(', ')}. See what is said of the files that cannot be read.`,
      ...tallyOf(lost),
    });
  }
  return findings;
}
