import { summarise } from './test-report.mjs';

const outcome = (status, fullName = status) => ({ status, fullName });
const report = (...files) => ({ testResults: files });
const file = (name, status, ...assertionResults) => ({ name, status, assertionResults });
const here = { reasonFor: (name) => (name.includes('s3') ? 'needs S3' : undefined), inCi: false };

test('sums up files and their tests', () => {
  const sums = summarise(
    report(
      file('a', 'passed', outcome('passed'), outcome('passed')),
      file('b', 'failed', outcome('passed'), outcome('failed')),
    ),
    here,
  );
  expect(sums).toMatchObject({ passed: 3, failed: 1, skipped: 0, skips: [] });
});

test('counts a file that did not load as a failure', () => {
  expect(summarise(report(file('a', 'failed')), here)).toMatchObject({ passed: 0, failed: 1 });
});

test('takes a skip for one only with a reason', () => {
  const sums = summarise(
    report(file('x.s3', 'passed', outcome('pending')), file('y', 'passed', outcome('todo'))),
    here,
  );
  expect(sums).toMatchObject({ passed: 0, failed: 1, skipped: 1 });
  expect(sums.skips).toEqual([
    { file: 'x.s3', title: 'pending', reason: 'needs S3' },
    { file: 'y', title: 'todo', reason: undefined },
  ]);
});

test('takes no skip in CI', () => {
  const sums = summarise(report(file('x.s3', 'passed', outcome('pending'))), { ...here, inCi: true });
  expect(sums).toMatchObject({ failed: 1, skipped: 0 });
});
