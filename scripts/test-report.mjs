/**
 * Counts the results in Jest's JSON report. A file that failed without a failed test (it did not load or did not finish)
 * counts as one failure. `reasonFor(file)` returns why a test of that file may be skipped on this machine; a skip without a
 * reason counts as failed, and so does every skip in CI, where everything is installed.
 *
 * @returns {{ passed: number, failed: number, skipped: number, skips: { file: string, title: string, reason?: string }[] }}
 */
export function summarise(report, { reasonFor, inCi }) {
  const counts = { passed: 0, failed: 0, skipped: 0, skips: [] };
  for (const { name: file, status, assertionResults } of report.testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed').length;
    counts.failed += failed;
    if (status === 'failed' && failed === 0) counts.failed += 1;
    for (const { status, fullName: title } of assertionResults) {
      if (status === 'failed') continue;
      if (status === 'passed') {
        counts.passed += 1;
        continue;
      }
      const reason = reasonFor(file);
      counts.skips.push({ file, title, reason });
      if (inCi || !reason) counts.failed += 1;
      else counts.skipped += 1;
    }
  }
  return counts;
}
